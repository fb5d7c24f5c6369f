"""Where the pictures of an annotation file are: as it names them, or in the usual folders."""

import os
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
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
    tried += [name.replace("\\", "/") for name in tried if "\\" in name]
    return max(folders, key=lambda folder: sum((folder / name).is_file() for name in tried), default=root)


@dataclass(frozen=True)
class Existing:
    """Which of some pictures are there.

    Args:
        names: of those that are, below the root of the data.
        numbers: theirs.
        missing: paths of those that are not.
        outside: names that lead out of the root.
    """

    names: list[str]
    numbers: list[int]
    missing: list[str]
    outside: list[str]


def existing(root: Path, folder: Path, names: Mapping[int, str]) -> Existing:
    """Look for pictures in a folder below the root.

    Args:
        root: of the data.
        folder: below it.
        names: by number, relative to the folder.
    """
    found = Existing([], [], [], [])
    for number, name in names.items():
        path = os.path.normpath(os.path.join(folder, name))
        if "\\" in name and not os.path.exists(path):  # written by Windows
            path = os.path.normpath(os.path.join(folder, name.replace("\\", "/")))
        relative = os.path.relpath(path, root)
        if relative.startswith("..") or "\0" in name:
            found.outside.append(name)
        elif not os.path.isfile(path):
            found.missing.append(path)
        else:
            found.names.append(relative.replace(os.sep, "/"))
            found.numbers.append(number)
    return found
