"""COCO's key points: every annotated object is cut from its picture by its box.

    {"categories": [{"id": 3, "name": "cat", "keypoints": ["nose", ...], "skeleton": [[1, 2], ...]}],
     "annotations": [{"image_id": 7, "category_id": 3, "bbox": [x, y, w, h], "keypoints": [x, y, v, ...]}]}

The numbers of a skeleton begin at 1. Source: https://cocodataset.org/#format-data.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from striate.data.annotations.point_annotations import PointAnnotations
from striate.data.checks.findings import Findings
from striate.data.crops import CROP_MARGIN, Crops
from striate.data.formats.coco import TRIED, coco_files, folder_of, no_annotations, root_of, split_of
from striate.data.formats.coco_table import read_members
from striate.data.formats.index import Found
from striate.data.formats.json_stream import JsonStream, Progress
from striate.data.formats.picture_paths import existing
from striate.data.image_store import Files
from striate.data.joints import Joints, mirror_pairs
from striate.errors import DataError
from striate.formatting import plural

LARGEST = 1e30
"""Of a coordinate; NaN is below nothing."""

OF_POINTS = ("id", "image_id", "category_id", "bbox", "keypoints")
"""What is kept of an annotation."""


@dataclass(frozen=True)
class Document:
    """One file, its parts by number; of the annotations those with key points."""

    path: Path
    images: dict[Any, dict[str, Any]] = field(default_factory=dict)
    categories: dict[Any, dict[str, Any]] = field(default_factory=dict)
    annotations: list[dict[str, Any]] = field(default_factory=list)

    def add(self, member: str, value: Any) -> None:
        """One element of a list."""
        if member == "images":
            self.images[value["id"]] = {**value, "file_name": str(value["file_name"])}
        elif member == "categories":
            self.categories[value["id"]] = _with_points(value)
        elif member == "annotations" and value.get("keypoints"):
            self.annotations.append({key: value[key] for key in OF_POINTS if key in value})


def _with_points(category: dict[str, Any]) -> dict[str, Any]:
    """A category whose points are texts, and whose skeleton is pairs of their numbers.

    Raises:
        ValueError, TypeError: they are not.
    """
    names = category.get("keypoints")
    if not names:
        return category
    if not isinstance(names, list):
        raise TypeError("the keypoints of a category are no list")
    skeleton = [(int(first), int(second)) for first, second in category.get("skeleton", ())]
    if any(not 1 <= end <= len(names) for line in skeleton for end in line):
        raise ValueError(f"a skeleton names points beyond 1..{len(names)}")
    return {**category, "keypoints": list(map(str, names)), "skeleton": skeleton}


def read_document(path: Path, progress: Progress | None = None) -> Document:
    """One file.

    Raises:
        DataError: it is no JSON, or lacks a list.
    """
    document = Document(path)
    read_members(path, JsonStream(path, progress), document.add)
    return document


def read_coco_points(path: Path, *, progress: Progress | None = None) -> Found:
    """The key points of every annotated object; each is cut from its picture by its box.

    Raises:
        DataError: there is no such file, or none has key points.
    """
    read = (read_document(file, progress) for file in coco_files(path))
    documents = [document for document in read if document.categories and document.annotations]
    if not documents:
        raise no_annotations(path, "keypoints")
    joints, findings, root = _joints(documents), Findings(), root_of(path)
    rows = [row for document in documents for row in _rows(document, root, len(joints.names), findings)]
    names = list(dict.fromkeys(row[0] for row in rows))
    numbers = {name: number for number, name in enumerate(names)}
    boxes = np.array([row[1] for row in rows], np.float32).reshape(-1, 4)
    values = np.array([row[2] for row in rows], np.float32).reshape(-1, len(joints.names), 3)
    store = Crops(Files(root, names), np.array([numbers[row[0]] for row in rows], np.int64), boxes)
    annotations = PointAnnotations(
        values[..., :2] - store.corners[:, None],
        values[..., 2] > 0,
        np.sqrt(np.maximum(boxes[:, 2] - boxes[:, 0], 0) * np.maximum(boxes[:, 3] - boxes[:, 1], 0)),
        joints,
    )
    split = np.array([row[3] for row in rows], np.int8)
    note = (
        f"read as COCO key points: {', '.join(one.path.name for one in documents)}, "
        f"{plural(len(rows), 'object')} with {plural(len(joints.names), 'point')}, each cut from its picture "
        f"by its box and {CROP_MARGIN:.0%} around it",
    )
    return Found(store, annotations, split, tuple(findings), note)


def _joints(documents: list[Document]) -> Joints:
    """The points of the categories, which must be the same for all."""
    known = {
        (tuple(one["keypoints"]), tuple(map(tuple, one.get("skeleton", ()))))
        for document in documents
        for one in document.categories.values()
        if one.get("keypoints")
    }
    if len({names for names, _ in known}) != 1:
        raise DataError(
            f"the categories of {documents[0].path.name} have {len(known)} lists of key points",
            "one list of points, the same for all categories",
            "split the file by category",
        )
    names, lines = sorted(known)[0]
    skeleton = tuple((first - 1, second - 1) for first, second in lines)
    return Joints(tuple(map(str, names)), mirror_pairs(names), skeleton)


Row = tuple[str, tuple[float, float, float, float], list[float], int]
"""Path of the picture, box, x y v of every point, split."""


def _rows(document: Document, root: Path, count: int, findings: Findings) -> Iterator[Row]:
    """The annotations with key points; those that cannot be used become findings."""
    written = {number: image["file_name"] for number, image in enumerate(document.images.values())}
    folder = folder_of(document.path, root, list(written.values())[:TRIED])
    there = existing(root, folder, written)
    for kind, names in (("missing", there.missing), ("outside", there.outside)):
        for name in names:
            findings.add(kind, name, "the picture of an annotation")
    of_number = dict(zip(there.numbers, there.names, strict=True))
    files = {key: of_number.get(number) for number, key in enumerate(document.images)}
    split = split_of(document.path)
    for number, annotation in enumerate(document.annotations):
        where = f"{document.path}: annotation {annotation.get('id', number)}"
        values, image = annotation["keypoints"], annotation.get("image_id")
        if image not in document.images:
            findings.add("missing", where, f"there is no image {image!r}")
        elif not _are_numbers(values, 3 * count):
            shown = len(values) if isinstance(values, list) else str(values)[:40]
            findings.add("unlabelled", where, f"{shown} values, not {3 * count} numbers")
        elif (box := _box(annotation, document.images[image])) is None:
            findings.add("unlabelled", where, f"bbox is {str(annotation.get('bbox'))[:60]}, not 4 numbers")
        elif not any(values[2::3]):
            findings.add("unlabelled", where, "no point is visible")
        elif file := files[image]:
            yield file, box, values, split


def _are_numbers(values: Any, count: int) -> bool:
    """Whether these are so many numbers that a float32 can hold."""
    return (
        isinstance(values, list)
        and len(values) == count
        and all(isinstance(one, int | float) and abs(one) < LARGEST for one in values)
    )


def _box(annotation: dict[str, Any], image: dict[str, Any]) -> tuple[float, float, float, float] | None:
    """x1, y1, x2, y2; the whole picture where the annotation has no box; None where that is no box."""
    values = annotation.get("bbox") or [0, 0, image.get("width"), image.get("height")]
    if not _are_numbers(values, 4):
        return None
    x, y, width, height = values
    return (x, y, x + width, y + height)
