"""COCO's JSON: pictures, categories, and annotations with a box, key points or a mask.

    {"images": [{"id": 7, "file_name": "a.jpg", "width": 640, "height": 480}],
     "categories": [{"id": 3, "name": "cat", "keypoints": ["nose", ...], "skeleton": [[1, 2], ...]}],
     "annotations": [{"image_id": 7, "category_id": 3, "bbox": [x, y, w, h], "keypoints": [x, y, v, ...]}]}

Source: https://cocodataset.org/#format-data. Boxes become x1, y1, x2, y2; those of a skeleton begin at 1.
"""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from striate.data.annotations.box_annotations import BoxAnnotations
from striate.data.annotations.point_annotations import PointAnnotations
from striate.data.checks.findings import Finding
from striate.data.crops import CROP_MARGIN, Crops
from striate.data.formats.index import Found
from striate.data.formats.picture_paths import picture_folder
from striate.data.formats.split_names import SPLIT_WORDS, SPLITS, UNSAID
from striate.data.image_store import Files
from striate.data.joints import Joints, mirror_pairs
from striate.errors import DataError
from striate.files.regular import read_regular

MOST_BYTES = 2 * 1024**3
TRIED = 50
"""Pictures that are looked for to find their folder."""


@dataclass(frozen=True)
class Document:
    """One file, its parts by number."""

    path: Path
    images: dict[Any, dict[str, Any]]
    categories: dict[Any, dict[str, Any]]
    annotations: list[dict[str, Any]]

    @property
    def split(self) -> int:
        """The number of the split that the file's name says, or ``UNSAID``."""
        words = self.path.stem.lower().replace("-", "_").split("_")
        named = [
            SPLIT_WORDS[word.rstrip("0123456789")]
            for word in words
            if word.rstrip("0123456789") in SPLIT_WORDS
        ]
        return SPLITS.index(named[-1]) if named else UNSAID


def coco_files(path: Path) -> list[Path]:
    """The JSON files that look like COCO: the file itself, or those of a folder or its ``annotations``."""
    if path.is_file():
        return [path] if path.suffix.lower() == ".json" and _looks_like_coco(path) else []
    folders = [folder for folder in (path, path / "annotations") if folder.is_dir()]
    return [file for folder in folders for file in sorted(folder.glob("*.json")) if _looks_like_coco(file)]


def _looks_like_coco(file: Path) -> bool:
    """Whether a file has the three lists; large ones are judged by their first bytes."""
    try:
        with file.open("rb") as stream:
            start = stream.read(1 << 16)
    except OSError:
        return False
    return start.lstrip()[:1] == b"{" and any(
        key in start for key in (b'"images"', b'"annotations"', b'"info"')
    )


def read_document(path: Path) -> Document:
    """One file.

    Raises:
        DataError: it is no JSON, or lacks a list.
    """
    try:
        values = json.loads(read_regular(path, MOST_BYTES))
        images = {one["id"]: one for one in values["images"]}
        categories = {one["id"]: one for one in values.get("categories", ())}
        annotations = list(values["annotations"])
    except (ValueError, KeyError, TypeError, RecursionError) as reason:
        raise DataError(
            f"{path} cannot be read as COCO ({type(reason).__name__}: {str(reason)[:100]})",
            'a JSON object with the lists "images", "categories" and "annotations"',
            "export the annotations again",
        ) from reason
    return Document(path, images, categories, annotations)


def read_coco_boxes(path: Path) -> Found:
    """All boxes of the files of a data set.

    Raises:
        DataError: there is no such file, or none has boxes.
    """
    return _gathered(path, _documents(path, "bbox"))


def read_coco_points(path: Path) -> Found:
    """The key points of every annotated object; each is cut from its picture by its box.

    Raises:
        DataError: there is no such file, or none has key points.
    """
    documents = _documents(path, "keypoints")
    joints = _joints(documents)
    findings: list[Finding] = []
    rows = [row for document in documents for row in _point_rows(document, len(joints.names), findings)]
    root = picture_folder(path if path.is_dir() else path.parent, [row[0] for row in rows[:TRIED]])
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
        f"read as COCO key points: {', '.join(one.path.name for one in documents)}, {len(rows)} objects with "
        f"{len(joints.names)} points, each cut from its picture by its box and {CROP_MARGIN:.0%} around it",
    )
    return Found(store, annotations, split, tuple(findings), note)


def _documents(path: Path, key: str) -> list[Document]:
    """The files whose annotations have something."""
    read = map(read_document, coco_files(path))
    documents = [document for document in read if document.categories and _has(document, key)]
    if key == "bbox":  # a file of key points may repeat some objects of another one
        documents = [one for one in documents if not any(_repeats(one, other) for other in documents)]
    if not documents:
        raise DataError(
            f"{path} has no COCO annotations with {key!r}",
            f"a JSON file whose annotations have {key!r}",
            "name the file itself, or another format",
        )
    return documents


def _repeats(document: Document, other: Document) -> bool:
    """Whether a file adds key points to boxes that another one has: all its objects are there too."""
    if document is other or not _has(document, "keypoints") or _has(other, "keypoints"):
        return False
    boxes = {(one.get("image_id"), one.get("id")) for one in other.annotations}
    return all((one.get("image_id"), one.get("id")) in boxes for one in document.annotations)


def _has(document: Document, key: str) -> bool:
    return any(annotation.get(key) for annotation in document.annotations)


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
"""Name of the picture, box, x y v of every point, split."""


def _point_rows(document: Document, count: int, findings: list[Finding]) -> Iterator[Row]:
    """The annotations with key points; those that cannot be used become findings."""
    for number, annotation in enumerate(document.annotations):
        if not annotation.get("keypoints"):
            continue
        where = f"{document.path}: annotation {annotation.get('id', number)}"
        image = document.images.get(annotation.get("image_id"))
        values = annotation["keypoints"]
        if image is None:
            findings.append(Finding("missing", where, f"there is no image {annotation.get('image_id')!r}"))
        elif len(values) != 3 * count:
            findings.append(Finding("unlabelled", where, f"{len(values)} numbers, not {3 * count}"))
        elif not any(values[2::3]):
            findings.append(Finding("unlabelled", where, "no point is visible"))
        else:
            yield image["file_name"], _box(annotation, image), values, document.split


def _box(annotation: dict[str, Any], image: dict[str, Any]) -> tuple[float, float, float, float]:
    """x1, y1, x2, y2; the whole picture where the annotation has no box."""
    x, y, width, height = annotation.get("bbox") or (0, 0, image["width"], image["height"])
    return (x, y, x + width, y + height)


def _gathered(path: Path, documents: list[Document]) -> Found:
    """The boxes of some files as one table."""
    names = sorted({str(one["name"]) for document in documents for one in document.categories.values()})
    numbers = {name: number for number, name in enumerate(names)}
    findings: list[Finding] = []
    files, split, counts = [], [], []
    boxes: list[tuple[float, ...]] = []
    labels: list[int] = []
    crowd: list[bool] = []
    for document in documents:
        of_image: dict[Any, list[dict[str, Any]]] = {key: [] for key in document.images}
        for number, annotation in enumerate(document.annotations):
            if (
                annotation.get("image_id") in of_image
                and annotation.get("category_id") in document.categories
            ):
                of_image[annotation["image_id"]].append(annotation)
            else:
                where = f"{document.path}: annotation {annotation.get('id', number)}"
                findings.append(Finding("missing", where, "its image or category does not exist"))
        for key, image in document.images.items():
            rows = [one for one in of_image[key] if one.get("bbox")]
            files.append(image["file_name"])
            split.append(document.split)
            counts.append(len(rows))
            boxes += [_box(one, image) for one in rows]
            labels += [numbers[str(document.categories[one["category_id"]]["name"])] for one in rows]
            crowd += [bool(one.get("iscrowd")) for one in rows]
    root = picture_folder(path if path.is_dir() else path.parent, files[:TRIED])
    annotations = BoxAnnotations(
        np.array(boxes, np.float32).reshape(-1, 4),
        np.array(labels, np.int32),
        np.cumsum(counts, dtype=np.int64),
        tuple(names),
        {"crowd": np.array(crowd, np.bool_)},
    )
    read = ", ".join(one.path.name for one in documents)
    note = f"read as COCO: {read}, {len(files)} pictures, {len(boxes)} boxes"
    return Found(Files(root, files), annotations, np.array(split, np.int8), tuple(findings), (note,))
