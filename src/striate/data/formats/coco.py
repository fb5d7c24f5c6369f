"""COCO's JSON: pictures, categories, and annotations with a box, key points or a mask.

    {"images": [{"id": 7, "file_name": "a.jpg", "width": 640, "height": 480}],
     "categories": [{"id": 3, "name": "cat", "supercategory": "animal"}],
     "annotations": [{"image_id": 7, "category_id": 3, "bbox": [x, y, w, h], "iscrowd": 0}]}

Files are read piece by piece, of any size. Boxes become x1, y1, x2, y2. Two categories of one name are one
class. Source: https://cocodataset.org/#format-data.
"""

from collections import Counter
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from striate.data.annotations.box_annotations import BoxAnnotations
from striate.data.annotations.origin import Origin
from striate.data.checks.findings import Findings
from striate.data.formats.coco_table import CocoTable, read_table
from striate.data.formats.index import Found
from striate.data.formats.json_stream import Progress
from striate.data.formats.picture_paths import existing, picture_folder
from striate.data.formats.split_names import SPLIT_WORDS, SPLITS, UNSAID
from striate.data.image_store import Files
from striate.errors import DataError
from striate.formatting import plural

TRIED = 50
"""Pictures that are looked for to find their folder."""


def split_of(path: Path) -> int:
    """The number of the split that the file's name or folder says, or ``UNSAID``."""
    words = path.stem.lower().replace("-", "_").replace(".", "_").split("_")
    plain = [word.rstrip("0123456789") for word in (path.parent.name.lower(), *words)]
    named = [SPLIT_WORDS[word] for word in plain if word in SPLIT_WORDS]
    return SPLITS.index(named[-1]) if named else UNSAID


def coco_files(path: Path) -> list[Path]:
    """The JSON files that look like COCO: the file, or those of a folder, its splits or annotations."""
    if path.is_file():
        return [path] if path.suffix.lower() == ".json" and _looks_like_coco(path) else []
    names = ("", "annotations", *SPLIT_WORDS)
    folders = [folder for folder in (path / name for name in names) if folder.is_dir()]
    return [file for folder in folders for file in sorted(folder.glob("*.json")) if _looks_like_coco(file)]


def _looks_like_coco(file: Path) -> bool:
    """Whether a file has the three lists; large ones are judged by their first bytes."""
    try:
        with file.open("rb") as stream:
            start = stream.read(1 << 16)
    except OSError:
        return False
    return start.lstrip(b"\xef\xbb\xbf \t\r\n")[:1] == b"{" and any(
        key in start for key in (b'"images"', b'"annotations"', b'"info"')
    )


def root_of(path: Path) -> Path:
    """The folder of a data set: that of a file is above ``annotations``."""
    folder = path if path.is_dir() else path.parent
    return folder.parent if path.is_file() and folder.name == "annotations" else folder


def folder_of(file: Path, root: Path, names: list[str]) -> Path:
    """The folder of the pictures of a file: a usual one, or one of the file's own name."""
    ending = file.stem.split("_")[-1]
    more = (ending, f"images/{ending}", *(() if file.parent == root else (file.parent.name,)))
    return picture_folder(root, names, more)


def read_coco_boxes(path: Path, *, details: bool = False, progress: Progress | None = None) -> Found:
    """All boxes of the files of a data set.

    Args:
        path: a file or a folder.
        details: whether masks, key points and all else that is known is kept, as JSON text.
        progress: called now and then with (bytes read, bytes in all), file by file.

    Raises:
        DataError: there is no such file, or none has boxes.
    """
    tables = [read_table(file, details=details, progress=progress) for file in coco_files(path)]
    tables = [one for one in tables if one.categories and (len(one.image) or one.names)]
    if any(len(one.image) for one in tables):  # a file of captions or the like has pictures alone
        tables = [one for one in tables if len(one.image)]
    repeated = [(one, other) for one in tables for other in tables if _repeats(one, other)]
    for one, other in repeated:
        other.take_details(one)
    tables = [one for one in tables if all(one is not again for again, _ in repeated)]
    if not tables:
        raise no_annotations(path, "bbox")
    return _gathered(root_of(path), tables)


def no_annotations(path: Path, key: str) -> DataError:
    """The error of a path without files of a kind."""
    return DataError(
        f"{path} has no COCO annotations with {key!r}",
        f"a JSON file whose annotations have {key!r}",
        "--task localize for its boxes, or another file" if key == "keypoints" else "another file or format",
    )


def _repeats(table: CocoTable, other: CocoTable) -> bool:
    """Whether a file adds key points to boxes that another one has: all its objects are there too."""
    if table is other or not table.key_points or other.key_points:
        return False
    return set(table.ids) <= set(other.ids) and table.images.keys() <= other.images.keys()


def _gathered(root: Path, tables: list[CocoTable]) -> Found:
    """The boxes of some files as one table, picture by picture."""
    names = sorted({one["name"] for table in tables for one in table.categories.values()})
    files, counts, columns, pictures = _Files(), [], [], []
    findings = Findings()
    for number, table in enumerate(tables):
        _of_categories(table, findings)
        part = _part(root, number, table, names, files)
        if table.details and 0 < table.without_mask < len(table.image):
            some = f"{table.without_mask:,} of {plural(len(table.image), 'object')}"
            findings.add("no-mask", str(table.path), some)
        for finding in table.findings:
            findings.add(finding.kind, finding.source, finding.detail)
        counts.append(part[0])
        columns.append(part[1])
        pictures.append(part[2])
    for name in files.missing:
        findings.add("missing", name, "there is no picture of that name")
    for name in files.outside:
        findings.add("outside", name, "lies outside of the folder of the data")
    joined = {key: np.concatenate([one[key] for one in columns]) for key in columns[0]}
    annotations = BoxAnnotations(
        joined.pop("box"),
        joined.pop("label"),
        np.cumsum(np.concatenate(counts), dtype=np.int64),
        tuple(names),
        joined,
        {key: np.concatenate([one[key] for one in pictures]) for key in pictures[0]},
        Origin(Files(Path(), [str(table.path) for table in tables]), "annotation"),
        _header(tables),
    )
    read = ", ".join(one.path.name for one in tables)
    boxes = plural(len(annotations.boxes), "box")
    note = f"read as COCO: {read}, {plural(len(files.names), 'picture')}, {boxes}"
    split = np.array(files.split, np.int8)
    return Found(Files(root, files.names), annotations, split, tuple(findings), (note,))


class _Files:
    """The pictures of all files."""

    def __init__(self) -> None:
        self.names: list[str] = []
        self.split: list[int] = []
        self.missing: list[str] = []
        self.outside: list[str] = []


def _part(
    root: Path, number: int, table: CocoTable, names: list[str], files: _Files
) -> tuple[NDArray[np.int64], dict[str, NDArray[Any]], dict[str, NDArray[Any]]]:
    """Boxes of each picture, columns of boxes and columns of pictures of one file."""
    folder = folder_of(table.path, root, list(table.names.values())[:TRIED])
    there = existing(root, folder, table.names)
    files.missing += there.missing
    files.outside += there.outside
    files.names += there.names
    files.split += [split_of(table.path)] * len(there.names)
    new = np.full(len(table.images) + 1, -1, np.int64)
    new[there.numbers] = np.arange(len(there.numbers))
    image = new[np.array(table.image, np.int64)]
    kept = table.known() & (image >= 0)
    order = np.flatnonzero(kept)[np.argsort(image[kept], kind="stable")]
    classes = {name: position for position, name in enumerate(names)}
    labels = np.zeros(len(table.category_numbers) + 1, np.int32)
    for key, category in table.categories.items():
        labels[table.category_numbers[key]] = classes[category["name"]]
    columns: dict[str, NDArray[Any]] = {
        "box": np.array(table.boxes, np.float32).reshape(-1, 4)[order],
        "label": labels[np.array(table.category, np.int64)[order]],
        "crowd": np.frombuffer(table.crowd, np.bool_)[order],
        "difficult": np.frombuffer(table.difficult, np.bool_)[order],
        "line": np.array(table.ids, np.int64)[order],
    }
    sizes = [table.sizes.get(one, (0, 0)) for one in there.numbers]
    pictures: dict[str, NDArray[Any]] = {
        "size": np.array(sizes, np.int32).reshape(-1, 2),
        "file": np.full(len(there.numbers), number, np.int32),
    }
    if table.details:
        columns["details"] = np.array(table.box_details, object)[order]
        described = [table.picture_details[one] for one in there.numbers]
        pictures["details"] = np.array(described, object)
        pictures["id"] = _ids(table, there.numbers)
    return np.bincount(image[kept], minlength=len(there.numbers)).astype(np.int64), columns, pictures


def _ids(table: CocoTable, numbers: list[int]) -> NDArray[Any]:
    """The ids of pictures, as they are written."""
    of_number = {number: key for key, number in table.images.items()}
    ids = np.empty(len(numbers), object)
    ids[:] = [of_number[number] for number in numbers]
    return ids


def _of_categories(table: CocoTable, findings: Findings) -> None:
    """Two categories of one name, and a class for what is nothing."""
    for name, count in Counter(one["name"] for one in table.categories.values()).items():
        if count > 1:
            ids = [str(key) for key, one in table.categories.items() if one["name"] == name]
            findings.add("same-category", f"{table.path}: {name}", f"categories {', '.join(ids)}")


def _header(tables: list[CocoTable]) -> dict[str, Any]:
    """Categories of all files, each once, and what the first file says of the whole."""
    categories = {str(one["id"]): one for table in reversed(tables) for one in table.categories.values()}
    return {**tables[0].header, "categories": list(categories.values())}
