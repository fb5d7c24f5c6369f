"""One COCO file as columns: what is read of each annotation is a few numbers, whatever else it says.

    {"image_id": 7, "category_id": 3, "bbox": [x, y, w, h]}  -->  image, category, x1 y1 x2 y2, crowd, id

An annotation may come before the picture that it names, and ids may be any numbers or words.
"""

import json
from array import array
from collections.abc import Callable, Collection
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from striate.data.checks.findings import Findings
from striate.data.checks.mask_findings import mask_problem
from striate.data.formats.json_stream import JsonStream, Progress
from striate.errors import DataError
from striate.files.regular import reason_of
from striate.files.text_store import Text, TextStore

KEPT = ("info", "licenses")
"""Members that say something of the whole."""

OWN = frozenset(("id", "image_id", "category_id", "bbox", "iscrowd", "difficult"))
OF_PICTURE = frozenset(("id", "file_name", "width", "height"))
"""Keys that have columns; what else there is are details."""

LARGEST_ID = 2**63


@dataclass
class CocoTable:
    """One file.

    Args:
        path: of the file.
        details: whether what has no column is kept, as JSON text.
    """

    path: Path
    details: bool = False
    findings: Findings = field(default_factory=Findings)
    header: dict[str, Any] = field(default_factory=dict)
    lists: Collection[str] = ()
    images: dict[Any, int] = field(default_factory=dict)  # id -> number, of all that were named
    names: dict[int, str] = field(default_factory=dict)  # number -> file, of those that are described
    sizes: dict[int, tuple[int, int]] = field(default_factory=dict)
    picture_details: dict[int, str] = field(default_factory=dict)
    categories: dict[Any, dict[str, Any]] = field(default_factory=dict)
    category_numbers: dict[Any, int] = field(default_factory=dict)
    boxes: "array[float]" = field(default_factory=lambda: array("f"))
    image: "array[int]" = field(default_factory=lambda: array("i"))
    category: "array[int]" = field(default_factory=lambda: array("i"))
    ids: "array[int]" = field(default_factory=lambda: array("q"))
    crowd: bytearray = field(default_factory=bytearray)
    difficult: bytearray = field(default_factory=bytearray)
    box_details: list[Text | str] = field(default_factory=list)
    texts: TextStore = field(default_factory=TextStore)
    key_points: int = 0
    without_mask: int = 0

    def add(self, member: str, value: Any) -> None:
        """One element of a list, or another member."""
        if member == "annotations":
            self._annotation(value)
        elif member == "images":
            self._picture(value)
        elif member == "categories":
            self.category_numbers.setdefault(value["id"], len(self.category_numbers))
            self.categories[value["id"]] = {**value, "name": str(value["name"])}
        elif member in KEPT and member in self.lists:
            self.header.setdefault(member, []).append(value)
        elif member in KEPT:
            self.header[member] = value

    def _picture(self, value: dict[str, Any]) -> None:
        number = self.images.setdefault(value["id"], len(self.images))
        if number in self.names:
            self.findings.add("repeated", f"{self.path}: image {value['id']}", "stands twice")
            return
        self.names[number] = str(value["file_name"])
        sides = value.get("height"), value.get("width")
        if all(type(side) is int and 0 < side < 2**31 for side in sides):
            self.sizes[number] = sides  # type: ignore[assignment]
        if self.details:
            self.picture_details[number] = _others(value, OF_PICTURE)

    def _annotation(self, value: dict[str, Any]) -> None:
        box, image = value.get("bbox"), value["image_id"]
        if value.get("keypoints"):
            self.key_points += 1
        size = self.sizes.get(self.images.get(image, -1))
        if problem := mask_problem(value.get("segmentation"), size):
            self.findings.add("bad-mask", self._place(value), problem)
        if not box:  # captions; a mask or joints without a box would be lost in silence
            names = (("segmentation", "a mask"), ("keypoints", "joints"))
            what = [name for word, name in names if value.get(word)]
            if what and "category_id" in value:
                self.findings.add("unlabelled", self._place(value), f"{' and '.join(what)} without a bbox")
            return
        try:
            x, y, width, height = box
            self.boxes.extend((x, y, x + width, y + height))
        except (TypeError, ValueError, OverflowError):
            del self.boxes[4 * len(self.image) :]
            self.findings.add("unlabelled", self._place(value), f"bbox is {str(box)[:60]}, not 4 numbers")
            return
        self.image.append(self.images.setdefault(image, len(self.images)))
        known, category = self.category_numbers, value["category_id"]
        self.category.append(known.setdefault(category, len(known)))
        number = value.get("id")
        self.ids.append(number if type(number) is int and abs(number) < LARGEST_ID else len(self.ids))
        self.crowd.append(bool(value.get("iscrowd")))
        self.difficult.append(bool(value.get("difficult")))
        self.without_mask += bool(problem) or not value.get("segmentation")
        if self.details:
            self.box_details.append(self.texts.add(_others(value, OWN)))

    def _place(self, value: dict[str, Any]) -> str:
        return f"{self.path}: annotation {value.get('id', len(self.ids))}"

    def take_details(self, other: "CocoTable") -> None:
        """What another file knows of the same annotations and categories, such as key points."""
        rows = {number: row for row, number in enumerate(self.ids)}
        for number, details in zip(other.ids, other.box_details, strict=False):
            self.box_details[rows[number]] = details
        for key, category in other.categories.items():
            if key in self.categories:
                self.categories[key] = {**self.categories[key], **category}

    def known(self) -> NDArray[np.bool_]:
        """bool (M,): boxes whose picture and category are described; the others become findings."""
        pictures = np.zeros(len(self.images) + 1, np.bool_)
        pictures[list(self.names)] = True
        categories = np.zeros(len(self.category_numbers) + 1, np.bool_)
        categories[[self.category_numbers[key] for key in self.categories]] = True
        described = pictures[np.array(self.image)] & categories[np.array(self.category)]
        for row in np.flatnonzero(~described).tolist():
            place = f"{self.path}: annotation {self.ids[row]}"
            self.findings.add("missing", place, "its image or category does not exist")
        return np.asarray(described, np.bool_)


def read_table(path: Path, *, details: bool = False, progress: Progress | None = None) -> CocoTable:
    """One file.

    Raises:
        DataError: it is no JSON, or lacks a list.
    """
    table, stream = CocoTable(path, details), JsonStream(path, progress)
    table.lists = stream.lists
    read_members(path, stream, table.add)
    return table


def read_members(path: Path, stream: JsonStream, add: Callable[[str, Any], None]) -> None:
    """Give every member of a file, one after the other, to what keeps them.

    Raises:
        DataError: it is no JSON, lacks a list, or a member is not what it should be.
    """
    try:
        for member, value in stream.members():
            add(member, value)
        for name in ("images", "annotations"):
            if name not in stream.lists:
                raise KeyError(name)
    except OSError as reason:
        raise unreadable(path, reason_of(reason)) from reason
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError, OverflowError) as reason:
        raise unreadable(path, f"{type(reason).__name__}: {str(reason)[:100]}") from reason


def unreadable(path: Path, reason: str) -> DataError:
    """The error of a file that is no COCO."""
    return DataError(
        f"{path} cannot be read as COCO ({reason})",
        'a JSON object with the lists "images", "categories" and "annotations"',
        "export the annotations again",
    )


def _others(value: dict[str, Any], known: frozenset[str]) -> str:
    """What else an entry says, as JSON text; empty for nothing."""
    others = {key: one for key, one in value.items() if key not in known}
    return json.dumps(others, separators=(",", ":")) if others else ""
