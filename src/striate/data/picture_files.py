"""The picture files below a folder, by one walk, for every verb that takes pictures."""

from collections import Counter
from dataclasses import dataclass
from pathlib import Path

from striate.data.decode import EXTENSIONS
from striate.data.decoding.file_kind import ENDINGS
from striate.errors import DataError
from striate.files.walk import Walk


@dataclass(frozen=True)
class PictureFiles:
    """What was found.

    Args:
        paths: sorted by folder and name.
        notes: what was left out.
    """

    paths: tuple[Path, ...]
    notes: tuple[str, ...]


def ending_of(name: str) -> str:
    """The ending of a name, in small letters.

    >>> ending_of("a/B.JPG"), ending_of("a.b/c")
    ('.jpg', '')
    """
    stem, dot, ending = name.rpartition("/")[2].rpartition(".")
    return f".{ending.lower()}" if dot and stem else ""


def pictures_below(folder: str | Path) -> PictureFiles:
    """The pictures in a folder and its folders.

    Raises:
        DataError: there is none, or a folder cannot be listed.
    """
    walk, paths, unread = Walk(Path(folder)), [], Counter[str]()
    try:
        for name in walk.files():
            ending = ending_of(name)
            if ending in EXTENSIONS:
                paths.append(Path(folder, name))
            elif ending in ENDINGS:
                unread[ENDINGS[ending].words] += 1
    except OSError as reason:
        raise DataError(
            f"{reason.filename or folder} cannot be listed ({reason.strerror})",
            "folders that you may read",
            "check its permissions",
        ) from reason
    notes = [f"left out, not read ({count:,}): {words}" for words, count in sorted(unread.items())]
    if not paths:
        more = f"; {'; '.join([*notes, *walk.sentences()])}" if notes or walk.skipped else ""
        attempt = "convert them to JPEG or PNG" if unread else "check the spelling"
        raise DataError(f"there is no picture in {folder}{more}", "files such as .jpg or .png", attempt)
    return PictureFiles(tuple(paths), (*notes, *walk.sentences()))
