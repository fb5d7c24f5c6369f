"""What a writer takes: pictures with names and splits, and their boxes; and where the pictures are put."""

import json
import os
import shutil
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from striate.data.annotations.box_annotations import BoxAnnotations
from striate.data.formats.split_names import SPLIT_WORDS, SPLITS, UNSAID

Pictures = Literal["copy", "link", "none"]
Put = Pictures | Literal["move"]
"""Files that were made for this take their place by a move."""


@dataclass(frozen=True)
class Labelled:
    """Pictures with boxes, ready to be written.

    Args:
        sources: paths of the pictures.
        names: what they shall be called, with ``/``, each once.
        split: int8 (N,), an index into ``SPLITS``, or ``UNSAID`` for all of them.
        annotations: their boxes, with ``size`` of every picture.
    """

    sources: list[str]
    names: list[str]
    split: NDArray[np.int8]
    annotations: BoxAnnotations

    def folder(self, index: int) -> str:
        """The split of a picture as the name of a folder; empty where there are none."""
        number = int(self.split[index])
        return "" if number == UNSAID else SPLITS[number]

    def splits(self) -> list[str]:
        """The splits that have pictures, in their order."""
        return [name for number, name in enumerate(SPLITS) if (self.split == number).any()]

    def rows(self, index: int) -> range:
        """The boxes of a picture."""
        end = int(self.annotations.ends[index])
        return range(end - int(self.annotations.numbers[index]), end)

    def without(self, left_out: NDArray[np.bool_]) -> "Labelled":
        """The same pictures without some boxes."""
        return replace(self, annotations=self.annotations.where(~left_out))

    def flat(self) -> "Labelled":
        """The same with names that have no folders and no two of which differ in the ending alone."""
        return replace(self, names=unique_names([name.replace("/", "_") for name in self.names]))


def names_of(relative: list[str], split: NDArray[np.int8]) -> list[str]:
    """Names below the folder that all share, without the folder of the split.

    >>> names_of(["images/train/a.jpg", "images/val/b.jpg"], np.array([0, 1], np.int8))
    ['a.jpg', 'b.jpg']
    >>> names_of(["../c/a.jpg", "d/b.jpg"], np.array([-1, -1], np.int8))  # nothing leads out of it
    ['c/a.jpg', 'd/b.jpg']
    """
    relative = ["/".join(part for part in name.split("/") if part != "..") for name in relative]
    folders = {name.rpartition("/")[0] for name in relative}
    shared = os.path.commonpath(list(folders)) if folders and all(folders) else ""
    below = [name[len(shared) :].lstrip("/") for name in relative]
    plain = [_without_split(name, number) for name, number in zip(below, split.tolist(), strict=True)]
    return unique_names(plain)


def _without_split(name: str, split: int) -> str:
    """``train/images/a.jpg`` in the split train is ``a.jpg``."""
    *folders, file = name.split("/")
    words = [SPLIT_WORDS.get(folder.lower().rstrip("0123456789")) for folder in folders]
    if split != UNSAID and SPLITS[split] in words:
        at = words.index(SPLITS[split])
        folders = [*folders[:at], *(one for one in folders[at + 1 :] if one != "images")]
    return "/".join([*folders, file])


def unique_names(names: list[str]) -> list[str]:
    """Names whose stems are different: one that is taken gets a number.

    >>> unique_names(["a.jpg", "a.png", "b.png"])
    ['a.jpg', 'a-2.png', 'b.png']
    """
    taken: set[str] = set()
    counts = Counter[str]()
    result = []
    for name in names:
        stem, dot, ending = name.rpartition(".")
        new = stem
        while new.lower() in taken:
            counts[stem] += 1
            new = f"{stem}-{counts[stem] + 1}"
        taken.add(new.lower())
        result.append(f"{new}{dot}{ending}")
    return result


def put(source: str, target: Path, pictures: Put) -> None:
    """Copy, link or move one picture.

    Raises:
        OSError: it cannot be read or written.
    """
    if pictures == "none":
        return
    target.parent.mkdir(parents=True, exist_ok=True)
    if pictures == "link":
        target.symlink_to(os.path.abspath(source))
    elif pictures == "move":
        os.replace(source, target)
    else:
        shutil.copyfile(source, target)


def details_of(annotations: BoxAnnotations, row: int) -> dict[str, Any]:
    """What else is known of a box, in COCO's words."""
    column = annotations.columns.get("details")
    text = "" if column is None else str(column[row] or "")
    values: dict[str, Any] = json.loads(text) if text else {}
    return values


def count_details(annotations: BoxAnnotations, has: Callable[[dict[str, Any]], bool]) -> int:
    """How many boxes have some details."""
    if "details" not in annotations.columns:
        return 0
    return sum(has(details_of(annotations, row)) for row in range(len(annotations.boxes)))


def marked(annotations: BoxAnnotations, name: str) -> NDArray[np.bool_]:
    """bool (M,): boxes with a mark, such as ``crowd``."""
    count = len(annotations.boxes)
    return np.asarray(annotations.columns.get(name, np.zeros(count, np.bool_)), np.bool_)
