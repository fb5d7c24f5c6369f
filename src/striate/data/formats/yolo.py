"""YOLO's layout: a picture, and a text of the same name with a line for each object.

    images/train/a.jpg   labels/train/a.txt        or        train/images/a.jpg   train/labels/a.txt

    3 0.5 0.4 0.2 0.1                              class, centre and size as shares of the sides
    3 0.1 0.1 0.4 0.1 0.3 0.5                      class and a polygon: x y of three points or more
    0 0.5 0.4 0.2 0.1 0.4 0.3 2 0.6 0.3 1 ...      class, box and key points, where data.yaml says kpt_shape

An empty text says that nothing is there; a picture without one is taken so too, and named. Source: the
labels of darknet, and https://docs.ultralytics.com/datasets.
"""

import json
from array import array
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath
from typing import Any

import numpy as np
from numpy.typing import NDArray

from striate.data.annotations.box_annotations import BoxAnnotations
from striate.data.annotations.origin import Origin
from striate.data.checks.findings import Findings
from striate.data.formats.data_yaml import DataYaml, names_beside, read_data_yaml, yaml_of
from striate.data.formats.index import Found, sorted_classes
from striate.data.formats.yolo_pictures import label_of, listed_pictures, pictures_without_yaml
from striate.data.image_store import Files
from striate.data.picture_size import picture_size
from striate.errors import DataError
from striate.files.regular import read_regular
from striate.files.text_store import Text, TextStore
from striate.formatting import plural

MOST_BYTES = 64 * 1024**2
BOX = 5
"""Numbers of a line with a box."""

LARGEST_CLASS = 2**31

LARGEST_SHARE = 2.0
"""Shares above this are pixels."""


def yolo_root(path: Path) -> Path | None:
    """The folder of a YOLO data set; None if the path is none."""
    file = yaml_of(path)
    if file is not None:
        return file.parent
    if not path.is_dir():
        return None
    folders = [path, *(path / split for split in ("train", "valid", "val", "test"))]
    known = any((one / "images").is_dir() and _has_text(one / "labels") for one in folders)
    return path if known else None


def _has_text(folder: Path) -> bool:
    return folder.is_dir() and next(folder.rglob("*.txt"), None) is not None


@dataclass
class YoloRows:
    """Boxes as they are read, picture by picture.

    Args:
        data: names and key points.
        findings: what cannot be used.
        keeps: whether polygons and key points are kept, as JSON text.
    """

    data: DataYaml
    findings: Findings
    keeps: bool = False
    boxes: "array[float]" = field(default_factory=lambda: array("f"))
    classes: "array[int]" = field(default_factory=lambda: array("q"))
    lines: "array[int]" = field(default_factory=lambda: array("q"))
    details: list[Text | str] = field(default_factory=list)
    pixels: str = ""
    texts: TextStore = field(default_factory=TextStore)

    def add(self, text: str, file: str, size: tuple[int, int]) -> int:
        """The lines of one picture of (H, W); returns how many have a box."""
        before = len(self.classes)
        for number, line in enumerate(text.splitlines(), 1):
            if line.strip():
                try:
                    self._line(line.split(), number, f"{file}:{number}", size)
                except ValueError as reason:
                    self.findings.add("unlabelled", f"{file}:{number}", str(reason))
        return len(self.classes) - before

    def _line(self, cells: list[str], number: int, place: str, size: tuple[int, int]) -> None:
        kind, values = _class(cells[0]), [float(cell) for cell in cells[1:]]
        height, width = size
        box, details = _shape(values, width, height, self.data.key_points)
        if not self.pixels and max(values) > LARGEST_SHARE:
            self.pixels = f"{place}: {max(values):g}"
        self.boxes.extend(box)
        self.classes.append(kind)
        self.lines.append(number)
        if self.keeps:
            text = json.dumps(details, separators=(",", ":")) if details else ""
            self.details.append(self.texts.add(text))


def _class(cell: str) -> int:
    number = float(cell)
    if not number.is_integer() or not 0 <= number < LARGEST_CLASS:
        raise ValueError(f"the class is {cell}, not 0, 1, 2, ...")
    return int(number)


def _shape(
    values: list[float], width: int, height: int, key_points: tuple[int, int]
) -> tuple[tuple[float, float, float, float], dict[str, Any]]:
    """Two corners in pixels, and the polygon or the key points."""
    points, numbers = key_points
    if points and len(values) == BOX - 1 + points * numbers:
        return _corners(values[:4], width, height), {
            "keypoints": _key_points(values[4:], numbers, width, height)
        }
    if len(values) == BOX - 1:
        return _corners(values, width, height), {}
    if len(values) == BOX:
        raise ValueError("6 numbers: a box and a score, as predictions have it")
    if len(values) < 6 or len(values) % 2:
        raise ValueError(f"{len(values) + 1} numbers: neither a box (5) nor a polygon (7, 9, ...)")
    x, y = [one * width for one in values[::2]], [one * height for one in values[1::2]]
    polygon = [side for point in zip(x, y, strict=True) for side in point]
    return (min(x), min(y), max(x), max(y)), {"segmentation": [polygon]}


def _corners(values: list[float], width: int, height: int) -> tuple[float, float, float, float]:
    x, y, w, h = values
    return ((x - w / 2) * width, (y - h / 2) * height, (x + w / 2) * width, (y + h / 2) * height)


def _key_points(values: list[float], numbers: int, width: int, height: int) -> list[float]:
    """x, y, v of every point; without v each is visible."""
    result = []
    for at in range(0, len(values), numbers):
        seen = values[at + 2] if numbers == 3 else 2
        result += [values[at] * width, values[at + 1] * height, seen]
    return result


def read_yolo(path: Path, *, details: bool = False, outside: bool = False) -> Found:
    """The boxes of every text.

    Args:
        path: the folder, or its ``data.yaml``.
        details: whether polygons and key points are kept.
        outside: whether pictures outside of the folder are read.

    Raises:
        DataError: there is no such data set, or no picture of it.
    """
    root, file = yolo_root(path), yaml_of(path)
    if root is None:
        raise DataError(
            f"{path} has no labels of YOLO", "images/, labels/ and data.yaml", "name another format"
        )
    data = read_data_yaml(file) if file else names_beside(root)
    findings = Findings()
    rows, read = YoloRows(data, findings, details), _Pictures([], [], [], [], [])
    listed = listed_pictures(root, data, findings, outside) if data.splits else pictures_without_yaml(root)
    for name, split in listed:
        _read_one(root, name, split, rows, read)
    if not read.names:
        shown = "; ".join(map(str, list(findings)[:3]))
        raise DataError(
            f"{path} has no picture" + (f" ({shown})" if shown else ""), "images/*.jpg", "mend data.yaml"
        )
    if rows.pixels:
        findings.add("units", rows.pixels, "pixels, where shares of the sides are expected")
    return _found(root, data, rows, read, details)


@dataclass
class _Pictures:
    names: list[str]
    split: list[int]
    sizes: list[tuple[int, int]]
    counts: list[int]
    texts: list[str]


def _read_one(root: Path, name: str, split: int, rows: YoloRows, read: _Pictures) -> None:
    """A picture and its text."""
    label = label_of(PurePosixPath(name)).as_posix()
    file, text = root / label, ""
    size = picture_size(root / name)
    if size is None:
        rows.findings.add("unreadable", str(root / name), "its size is needed for its boxes")
        return
    if file.is_file():
        text = read_regular(file, MOST_BYTES).decode("utf-8-sig", "replace")
    else:
        rows.findings.add("not-annotated", str(root / name), "has no text of labels; read as background")
    read.counts.append(rows.add(text, str(file), size))
    read.names.append(name)
    read.split.append(split)
    read.sizes.append(size)
    read.texts.append(label)


def _found(root: Path, data: DataYaml, rows: YoloRows, read: _Pictures, details: bool) -> Found:
    numbers = np.array(rows.classes, np.int64)
    names, notes = _class_names(data, numbers, rows.findings)
    classes, _ = sorted_classes({name: place for place, name in enumerate(dict.fromkeys(names.values()))})
    positions = {name: position for position, name in enumerate(classes)}
    present, inverse = np.unique(numbers, return_inverse=True)
    labels = np.array([positions[names[one]] if one in names else -1 for one in present.tolist()], np.int32)
    columns: dict[str, NDArray[Any]] = {"line": np.array(rows.lines, np.int64)}
    if details:
        columns["details"] = np.array(rows.details, object)
    annotations = BoxAnnotations(
        np.array(rows.boxes, np.float32).reshape(-1, 4),
        labels[inverse],
        np.cumsum(read.counts, dtype=np.int64),
        classes,
        columns,
        {
            "size": np.array(read.sizes, np.int32).reshape(-1, 2),
            "file": np.arange(len(read.names), dtype=np.int32),
        },
        Origin(Files(root, read.texts)),
        {"class_numbers": {name: number for number, name in names.items()}},
    )
    known = annotations.labels >= 0
    for row in np.flatnonzero(~known).tolist():
        wrong = f"class {numbers[row]}, and {len(names)} names ({min(names)}..{max(names)})"
        rows.findings.add("unlabelled", annotations.place(row), wrong)
    annotations = annotations.where(known)
    pictures, boxes = plural(len(read.names), "picture"), plural(len(annotations.boxes), "box")
    note = f"read as YOLO: {pictures}, {boxes} of {plural(len(classes), 'class')}"
    split = np.array(read.split, np.int8)
    return Found(
        Files(root, read.names), annotations, split, tuple(rows.findings), (note, *data.notes, *notes)
    )


def _class_names(
    data: DataYaml, numbers: NDArray[np.int64], findings: Findings
) -> tuple[dict[int, str], tuple[str, ...]]:
    """Names by number, and notes; whether numbers begin at 0 or at 1 is asked where it can be doubted."""
    if not data.names:
        return {number: str(number) for number in np.unique(numbers).tolist()}, ()
    names, most = data.names, len(data.names)
    for name, count in Counter(names.values()).items():
        if count > 1:
            findings.add("same-category", f"names: {name}", f"{count} numbers")
    if data.listed and len(numbers) and numbers.min() > 0:
        question = "write names: {1: " + names[0] + ", ...} in data.yaml if they begin at 1"
        if numbers.max() == most:
            findings.add("class-numbers", "labels", f"1..{most} for {most} names; {question}")
        elif most > 1:
            return names, (f"no box has class 0, {names[0]!r}; {question}",)
    return names, ()
