"""Where what is known of a picture is written: a file for each picture, and a line for each box."""

from dataclasses import dataclass

from striate.data.image_store import Files

WORDS = {"line": "{file}:{number}"}
"""How a place is written that editors open; every other one is "file: word number"."""


@dataclass(frozen=True)
class Origin:
    """Annotation files.

    Args:
        files: by number.
        word: what the numbers in them count: ``line``, or ``annotation`` where it is an id.
    """

    files: Files
    word: str = "line"

    def place(self, file: int, number: int | None = None) -> str:
        """A place in a file for messages; the file alone without a number.

        >>> from pathlib import Path
        >>> Origin(Files(Path("d"), ["a.txt"])).place(0, 3)
        'd/a.txt:3'
        >>> Origin(Files(Path("d"), ["a.json"]), "annotation").place(0, 3)
        'd/a.json: annotation 3'
        """
        name = self.files.name(file)
        if number is None:
            return name
        return WORDS.get(self.word, "{file}: {word} {number}").format(
            file=name, word=self.word, number=number
        )
