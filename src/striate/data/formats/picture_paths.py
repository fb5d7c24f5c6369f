"""Where the pictures of an annotation file are: as it names them, or in the usual folders."""

from collections.abc import Iterable
from pathlib import Path

FOLDERS = ("", "images", "JPEGImages", "imgs", "data")
"""Below the folder of the annotations, or the one above it; tried in this order."""


def picture_folder(root: Path, names: Iterable[str], more: Iterable[str] = ()) -> Path:
    """The folder below which most of some names exist; the root itself if none has any.

    Args:
        root: of the data set.
        names: a few of the pictures, as the annotations write them.
        more: further folders to look into.
    """
    tried = list(names)
    folders = [root / folder for folder in dict.fromkeys((*more, *FOLDERS))]
    return max(folders, key=lambda folder: sum((folder / name).is_file() for name in tried), default=root)
