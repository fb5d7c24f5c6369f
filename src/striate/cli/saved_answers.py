"""What becomes of answers with ``--save``: drawings on their pictures, or with ``--save-as`` labels."""

from collections.abc import Sequence
from itertools import chain, count
from pathlib import Path
from typing import TYPE_CHECKING

from striate.cli.pictures import save as save_picture
from striate.errors import SettingError
from striate.files.atomic import PICTURES, writable
from striate.formatting import plural

if TYPE_CHECKING:
    from striate.records import Record, Targets


class SavedAnswers:
    """A folder of drawings or of labels, or nothing.

    Args:
        folder: as ``--save``; None for nothing.
        layout: as ``--save-as``; None for drawings.
        images: what the user named, for the names of the files.
        top: how many classes a drawing names.

    Raises:
        SettingError: there is no such layout, or no folder is named for it.
        RunError, FileError: the folder cannot be written, or exists.
    """

    def __init__(self, folder: str | None, layout: str | None, images: Sequence[str], top: int) -> None:
        self._folder, self._layout, self._images, self._top = folder, layout, images, top
        self._labels, self._drawn = None, 0
        if layout:
            require_layout(layout, folder)
            from striate.data.writers.predicted import PredictedBoxes

            self._labels = PredictedBoxes()
        elif folder:
            writable(Path(folder) / "answer.png", PICTURES)

    def add(self, source: Path, answer: "Record") -> dict[str, str]:
        """Draw or remember one answer; what is to be said of it."""
        name = below(source, self._images)
        if self._labels is not None:
            self._labels.add(answer, name.as_posix())
        elif self._folder:
            self._drawn += 1
            return {"drawn": str(draw(answer, Path(self._folder), name, self._top))}
        return {}

    def end(self) -> tuple[str, ...]:
        """Write the labels, and say where they or the drawings are and what the layout cannot hold."""
        if self._labels is None:
            return (f"drawn: {plural(self._drawn, 'picture')} in {self._folder}",) if self._drawn else ()
        done = self._labels.write(Path(self._folder or ""), self._layout)  # type: ignore[arg-type]
        return (*done.notes, f"written: {done}")


def require_layout(layout: str, folder: str | None) -> None:
    """A layout and a new folder for it, before anything is predicted.

    Raises:
        SettingError: there is no such layout, or no folder is named.
        FileError: the folder exists.
    """
    from striate.data.writers.convert import WRITERS, refuse_existing

    if layout not in WRITERS:
        raise SettingError(f"save_as is {layout!r}", "one of: " + ", ".join(WRITERS), "--save-as coco")
    if folder is None:
        raise SettingError("save_as names no folder", "--save FOLDER with it", "--save labels")
    refuse_existing(Path(folder))


def below(source: Path, names: Sequence[str]) -> Path:
    """The path of a picture below the folder that was named, or its name.

    >>> below(Path("pets/cats/1.jpg"), ["pets"]), below(Path("pets/cats/1.jpg"), ["pets/cats/1.jpg"])
    (PosixPath('cats/1.jpg'), PosixPath('1.jpg'))
    """
    roots = [Path(name) for name in names if Path(name) != source and source.is_relative_to(name)]
    return source.relative_to(roots[0]) if roots else Path(source.name)


def draw(answer: "Record", folder: Path, name: Path, top: int, truth: "Targets | None" = None) -> Path:
    """Write the picture beside its answer, under its own name; one that is taken gets a number."""
    from striate.data.decode import decode
    from striate.draw.record_overlay import drawn

    names = (f"{name.stem}{ending}.png" for ending in chain([""], (f"-{number}" for number in count(2))))
    free = next(path for one in names if not (path := folder / name.parent / one).exists())
    save_picture(drawn(decode(Path(answer.source)), answer, truth, names=top), free, into_folder=True)
    return free
