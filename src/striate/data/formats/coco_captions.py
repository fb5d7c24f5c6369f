"""COCO's sentences on pictures: one region as large as the picture, with all its sentences.

    {"images": [{"id": 7, "file_name": "a.jpg", "width": 640, "height": 480}],
     "annotations": [{"id": 1, "image_id": 7, "caption": "a cat on a mat"}, ...]}

An annotation with a bbox and a caption is a sentence on that region. Chen et al. 2015,
https://arxiv.org/abs/1504.00325.
"""

from collections import defaultdict
from pathlib import Path
from typing import Any

import numpy as np

from striate.data.annotations.caption_annotations import REGION, CaptionAnnotations, CaptionTexts
from striate.data.annotations.origin import Origin
from striate.data.checks.findings import Findings
from striate.data.formats.coco import coco_files, folder_of, no_annotations, root_of, split_of
from striate.data.formats.coco_table import read_members
from striate.data.formats.index import Found
from striate.data.formats.json_stream import JsonStream, Progress
from striate.data.formats.picture_paths import existing
from striate.data.image_store import Files
from striate.data.picture_size import picture_size
from striate.formatting import plural

LOOKED_AT = 1 << 16
"""Bytes at both ends of a file that tell whether it has captions."""

TRIED = 50
"""Pictures that are looked for to find their folder."""

Box = tuple[float, float, float, float]


def _ends(file: Path) -> bytes:
    """The first and the last bytes of a file."""
    with file.open("rb") as stream:
        start = stream.read(LOOKED_AT)
        stream.seek(max(0, file.stat().st_size - LOOKED_AT))
        return start + stream.read()


def caption_files(path: Path) -> list[Path]:
    """Those of COCO's files that have captions."""
    return [file for file in coco_files(path) if b'"caption"' in _ends(file)]


def coco_box_files(path: Path) -> list[Path]:
    """COCO's files, if any of them may have more than captions."""
    files = coco_files(path)
    captioned = [file for file in caption_files(path) if b'"bbox"' not in _ends(file)]
    return files if len(captioned) < len(files) else []


class _Table:
    """One file: names and sizes of pictures, and the sentences on each region of each."""

    def __init__(self, path: Path) -> None:
        self.path, self.findings = path, Findings()
        self.names: dict[Any, str] = {}
        self.sizes: dict[Any, tuple[int, int]] = {}
        self.regions: dict[Any, dict[Box | None, list[str]]] = defaultdict(dict)

    def add(self, member: str, value: Any) -> None:
        """One element of a list."""
        if member == "images":
            self.names[value["id"]] = str(value["file_name"])
            self.sizes[value["id"]] = int(value.get("height") or 0), int(value.get("width") or 0)
        elif member == "annotations" and "caption" in value:
            self.regions[value["image_id"]].setdefault(self._box(value), []).append(str(value["caption"]))

    def _box(self, value: dict[str, Any]) -> Box | None:
        """Two corners; None for the whole picture."""
        if not (box := value.get("bbox")):
            return None
        x, y, width, height = map(float, box)
        return x, y, x + width, y + height


def read_coco_captions(path: Path, *, progress: Progress | None = None) -> Found:
    """The sentences of all files of a data set.

    Args:
        path: a file or a folder.
        progress: called now and then with (bytes read, bytes in all), file by file.

    Raises:
        DataError: there is no such file, or it cannot be read.
    """
    root, parts = root_of(path), []
    for file in caption_files(path):
        table, stream = _Table(file), JsonStream(file, progress)
        read_members(file, stream, table.add)
        parts.append(_found(root, table))
    if not parts:
        raise no_annotations(path, "caption")
    annotations = parts[0].annotations.joined([one.annotations for one in parts[1:]])
    names = [name for one in parts for name in one.notes]
    findings = tuple(finding for one in parts for finding in one.findings)
    read = ", ".join(file.name for file in caption_files(path))
    note = f"read as COCO's captions: {read}, {plural(len(names), 'picture')}"
    return Found(
        Files(root, names), annotations, np.concatenate([one.split for one in parts]), findings, (note,)
    )


def _found(root: Path, table: _Table) -> Found:
    """The pictures of one file that are there; ``notes`` are their names."""
    names = dict(enumerate(table.names.values()))
    folder = folder_of(table.path, root, list(names.values())[:TRIED])
    there, ids = existing(root, folder, names), list(table.names)
    for name in there.missing:
        table.findings.add("missing", name, "there is no picture of that name")
    for name in there.outside:
        table.findings.add("outside", name, "lies outside of the folder of the data")
    for image in table.regions.keys() - table.names.keys():
        table.findings.add(
            "missing", f"{table.path}: image {image}", "a caption for a picture that is not there"
        )
    kept = [ids[number] for number in there.numbers]
    sizes = [_size(root / name, table.sizes[one]) for name, one in zip(there.names, kept, strict=True)]
    split = np.full(len(kept), split_of(table.path), np.int8)
    annotations = _annotations(table, kept, sizes)
    return Found(Files(root, there.names), annotations, split, tuple(table.findings), tuple(there.names))


def _size(path: Path, said: tuple[int, int]) -> tuple[int, int]:
    """(H, W) as the file says, else as the picture has it."""
    return said if all(said) else picture_size(path) or (0, 0)


def _annotations(table: _Table, kept: list[Any], sizes: list[tuple[int, int]]) -> CaptionAnnotations:
    """The regions of some pictures."""
    texts, boxes, counts = CaptionTexts(), list[Box](), list[int]()
    for one, (height, width) in zip(kept, sizes, strict=True):
        regions = table.regions.get(one, {})
        for box, captions in regions.items():
            boxes.append((0.0, 0.0, width, height) if box is None else box)
            texts.add(captions)
        counts.append(len(regions))
    return CaptionAnnotations(
        np.array(boxes, np.float32).reshape(-1, 4),
        np.zeros(len(boxes), np.int32),
        np.cumsum(np.array(counts, np.int64)),
        (REGION,),
        texts.columns(),
        {"file": np.zeros(len(kept), np.int32), "size": np.array(sizes, np.int32).reshape(-1, 2)},
        Origin(Files(table.path.parent, [table.path.name]), "image"),
        texts=texts.texts(),
    )
