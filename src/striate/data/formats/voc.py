"""Pascal VOC's layout: a picture, and an XML file of the same name with its boxes.

    JPEGImages/a.jpg      Annotations/a.xml      ImageSets/Main/train.txt (names of one split; may be absent)

Boxes of an XML file are pixels. VOC's own count from 1 and include both ends, most tools since write edges; a
difference of one pixel that no file tells. They are taken as edges, x1, y1, x2, y2, as they are written.

Source: Everingham, Van Gool, Williams, Winn, Zisserman 2010, section 2 and the development kit.
"""

import json
import os
import re
from array import array
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import numpy as np
from numpy.typing import NDArray

from striate.data.annotations.box_annotations import BoxAnnotations
from striate.data.annotations.origin import Origin
from striate.data.checks.findings import Findings
from striate.data.formats.index import Found
from striate.data.formats.split_names import SPLITS, UNSAID
from striate.data.formats.voc_masks import object_masks
from striate.data.image_store import Files
from striate.data.picture_size import picture_size
from striate.errors import DataError
from striate.files.regular import read_regular
from striate.files.text_store import Text, TextStore
from striate.formatting import plural

MOST_BYTES = 16 * 1024**2
ENDINGS = (".jpg", ".jpeg", ".png", ".bmp", ".tif", ".tiff", ".webp")
PICTURES = ("JPEGImages", "images", "Images", "")
ANNOTATIONS = ("Annotations", "annotations", "xmls", "")
ENTITY = re.compile(rb"<!(?:DOCTYPE|ENTITY)", re.IGNORECASE)
"""What an annotation never needs; entities could grow without bound, or read other files."""

OBJECT = re.compile(rb"<object[\s>/]")

KEPT = ("pose", "truncated", "occluded")
"""Words about an object that are kept as details."""


@dataclass(frozen=True)
class VocObject:
    """One object of a file: class, x1 y1 x2 y2, marks, line, and other words about it as JSON text."""

    name: str
    box: tuple[float, float, float, float]
    difficult: bool
    crowd: bool
    line: int
    details: str


def voc_root(path: Path) -> Path | None:
    """The folder above the XML files: the path, or one below ``VOCdevkit``; None if there is none."""
    if not path.is_dir():
        return None
    candidates = [path, *sorted(path.glob("VOC*")), *sorted(path.glob("VOCdevkit/VOC*"))]
    return next((folder for folder in candidates if folder.is_dir() and _xml_folder(folder)), None)


def _xml_folder(root: Path) -> Path | None:
    folders = [root / name for name in ANNOTATIONS]
    return next((one for one in folders if one.is_dir() and next(one.glob("*.xml"), None)), None)


def read_voc(path: Path, *, details: bool = False) -> Found:
    """The boxes of every XML file.

    Args:
        path: the folder, or one above it.
        details: whether other words about the objects, and their masks, are kept.

    Raises:
        DataError: there is no XML file.
    """
    root = voc_root(path)
    if root is None:
        raise DataError(
            f"{path} has no XML files", "Annotations/*.xml beside JPEGImages/", "name another format"
        )
    findings, splits, files, sources, split = Findings(), _splits(root), [], [], []
    counts, sizes, rows = [], [], list[VocObject]()
    for name, xml, size, boxes in _pictures(root, findings):
        files.append(name)
        sources.append(xml.relative_to(root).as_posix())
        split.append(splits.get(xml.stem, UNSAID))
        sizes.append(size)
        counts.append(len(boxes))
        rows += boxes
    not_annotated(root, files, findings)
    classes = tuple(sorted({row.name for row in rows}))
    numbers = {name: number for number, name in enumerate(classes)}
    columns: dict[str, NDArray[Any]] = {
        "difficult": np.array([row.difficult for row in rows], np.bool_),
        "crowd": np.array([row.crowd for row in rows], np.bool_),
        "line": np.array([row.line for row in rows], np.int64),
    }
    if details:
        columns["details"] = np.array(_with_masks(root, sources, counts, rows), object)
    annotations = BoxAnnotations(
        np.array(array("f", (side for row in rows for side in row.box)), np.float32).reshape(-1, 4),
        np.array([numbers[row.name] for row in rows], np.int32),
        np.cumsum(counts, dtype=np.int64),
        classes,
        columns,
        {"size": np.array(sizes, np.int32).reshape(-1, 2), "file": np.arange(len(files), dtype=np.int32)},
        Origin(Files(root, sources)),
    )
    of_classes = f"{plural(len(rows), 'box')} of {plural(len(classes), 'class')}"
    note = f"read as Pascal VOC: {plural(len(files), 'picture')}, {of_classes}"
    return Found(Files(root, files), annotations, np.array(split, np.int8), tuple(findings), (note,))


def _with_masks(root: Path, sources: list[str], counts: list[int], rows: list[VocObject]) -> list[Text | str]:
    """The details of every object, with its mask where there is one."""
    texts: list[Text | str] = [row.details for row in rows]
    store, ends = TextStore(), np.cumsum(counts).tolist()
    for source, count, end in zip(sources, counts, ends, strict=True):
        file = root / "SegmentationObject" / f"{Path(source).stem}.png"
        masks = object_masks(file, count) if count and file.is_file() else []
        for row, mask in zip(range(end - count, end), masks, strict=False):
            known = json.loads(rows[row].details) if rows[row].details else {}
            texts[row] = store.add(json.dumps({**known, "segmentation": mask}))
    return texts


def _splits(root: Path) -> dict[str, int]:
    """The split of every name that ``ImageSets/Main`` lists; a name in several is in the last, test."""
    found: dict[str, int] = {}
    for number, split in enumerate(SPLITS):
        file = root / "ImageSets" / "Main" / f"{split}.txt"
        if file.is_file():
            lines = read_regular(file, MOST_BYTES).decode("utf-8", "replace").splitlines()
            found |= {line.split()[0]: number for line in lines if line.strip()}
    return found


def _pictures(root: Path, findings: Findings) -> Iterator[tuple[str, Path, tuple[int, int], list[VocObject]]]:
    """Every XML file with its picture, below the root, the size (H, W) and the objects."""
    folder = _xml_folder(root)
    assert folder is not None
    for xml in sorted(folder.glob("*.xml")):
        try:
            text = read_regular(xml, MOST_BYTES)
            tree = parse(text)
        except (ElementTree.ParseError, ValueError, OSError) as reason:
            findings.add("unlabelled", str(xml), f"no XML that can be read ({reason})")
            continue
        picture = _picture(root, xml, tree.findtext("filename"))
        if picture is None:
            findings.add("missing", str(xml), "there is no picture of that name")
            continue
        size = _size(tree) or picture_size(root / picture) or (0, 0)
        yield picture, xml, size, list(_objects(tree, text, xml, findings))


def parse(text: bytes) -> ElementTree.Element:
    """The tree of a file.

    Raises:
        ValueError: it declares entities, which are never expanded.
        ParseError: it is no XML.
    """
    if ENTITY.search(text.replace(b"\0", b"")):  # UTF-16 has a zero beside each letter
        raise ValueError("it declares entities, which are not expanded")
    return ElementTree.fromstring(text)


def _size(tree: ElementTree.Element) -> tuple[int, int] | None:
    """Height and width, as the file says them."""
    try:
        height, width = (int(tree.findtext(f"size/{side}") or 0) for side in ("height", "width"))
    except ValueError:
        return None
    return (height, width) if 0 < height < 2**31 and 0 < width < 2**31 else None


def _picture(root: Path, xml: Path, named: str | None) -> str | None:
    """The picture's path below the root: of the XML's own name, or as the XML names it."""
    names = [xml.stem + ending for ending in ENDINGS] + ([Path(named).name] if named else [])
    tried = (f"{folder}/{name}".lstrip("/") for folder in PICTURES for name in names)
    return next((name for name in tried if (root / name).is_file()), None)


def not_annotated(root: Path, files: list[str], findings: Findings) -> None:
    """Pictures beside those of the XML files, which are left out."""
    folder_of_xml, known = _xml_folder(root), set(files)
    assert folder_of_xml is not None
    for folder in {name.rpartition("/")[0] for name in files}:
        for entry in sorted(os.listdir(root / folder)):
            name = f"{folder}/{entry}".lstrip("/")
            if name in known or Path(entry).suffix.lower() not in ENDINGS:
                continue
            if not (folder_of_xml / f"{Path(entry).stem}.xml").is_file():
                findings.add("not-annotated", str(root / name), "has no XML file, and is left out")


def _objects(tree: ElementTree.Element, text: bytes, xml: Path, findings: Findings) -> Iterator[VocObject]:
    things, begins = list(tree.iter("object")), [one.start() for one in OBJECT.finditer(text)]
    lines = (
        [text.count(b"\n", 0, at) + 1 for at in begins] if len(begins) == len(things) else [1] * len(things)
    )
    for line, thing in zip(lines, things, strict=True):
        name, box = (thing.findtext("name") or "").strip(), thing.find("bndbox")
        try:
            if box is None or not name:
                raise ValueError("no name or no bndbox")
            x1, y1, x2, y2 = (float(box.findtext(side) or "") for side in ("xmin", "ymin", "xmax", "ymax"))
        except ValueError as reason:
            findings.add("unlabelled", f"{xml}:{line}", str(reason))
            continue
        others = {key: word.strip() for key in KEPT if (word := thing.findtext(key))}
        difficult, crowd = ((thing.findtext(mark) or "0").strip() == "1" for mark in ("difficult", "crowd"))
        details = json.dumps(others) if others else ""
        yield VocObject(name, (x1, y1, x2, y2), difficult and not crowd, crowd, line, details)
