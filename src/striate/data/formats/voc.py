"""Pascal VOC's layout: a picture, and an XML file of the same name with its boxes.

    JPEGImages/a.jpg      Annotations/a.xml      ImageSets/Main/train.txt (names of one split; may be absent)

Boxes of an XML file are pixels. VOC's own count from 1 and include both ends, most tools since write edges; a
difference of one pixel that no file tells. They are taken as edges, x1, y1, x2, y2, as they are written.

Source: Everingham, Van Gool, Williams, Winn, Zisserman 2010, section 2 and the development kit.
"""

import re
from collections.abc import Iterator
from pathlib import Path
from xml.etree import ElementTree

import numpy as np

from striate.data.annotations.box_annotations import BoxAnnotations
from striate.data.checks.findings import Finding
from striate.data.formats.index import Found
from striate.data.formats.split_names import SPLITS, UNSAID
from striate.data.image_store import Files
from striate.errors import DataError
from striate.files.regular import read_regular

MOST_BYTES = 16 * 1024**2
ENDINGS = (".jpg", ".jpeg", ".png", ".bmp", ".tif", ".tiff", ".webp")
PICTURES = ("JPEGImages", "images", "Images", "")
ANNOTATIONS = ("Annotations", "annotations", "xmls", "")
ENTITY = re.compile(rb"<!(?:DOCTYPE|ENTITY)", re.IGNORECASE)
"""What an annotation never needs; entities could grow without bound, or read other files."""

Box = tuple[str, tuple[float, float, float, float], bool]
"""Class name, x1 y1 x2 y2, difficult."""


def voc_root(path: Path) -> Path | None:
    """The folder above the XML files: the path, or one below ``VOCdevkit``; None if there is none."""
    if not path.is_dir():
        return None
    candidates = [path, *sorted(path.glob("VOC*")), *sorted(path.glob("VOCdevkit/VOC*"))]
    return next((folder for folder in candidates if folder.is_dir() and _xml_folder(folder)), None)


def _xml_folder(root: Path) -> Path | None:
    folders = [root / name for name in ANNOTATIONS]
    return next((one for one in folders if one.is_dir() and next(one.glob("*.xml"), None)), None)


def read_voc(path: Path) -> Found:
    """The boxes of every XML file.

    Raises:
        DataError: there is no XML file.
    """
    root = voc_root(path)
    if root is None:
        raise DataError(
            f"{path} has no XML files", "Annotations/*.xml beside JPEGImages/", "name another format"
        )
    findings: list[Finding] = []
    files: list[str] = []
    counts: list[int] = []
    rows: list[Box] = []
    splits = _splits(root)
    split = []
    for name, xml, boxes in _pictures(root, findings):
        files.append(name)
        split.append(splits.get(xml.stem, UNSAID))
        counts.append(len(boxes))
        rows += boxes
    classes = tuple(sorted({row[0] for row in rows}))
    numbers = {name: number for number, name in enumerate(classes)}
    annotations = BoxAnnotations(
        np.array([row[1] for row in rows], np.float32).reshape(-1, 4),
        np.array([numbers[row[0]] for row in rows], np.int32),
        np.cumsum(counts, dtype=np.int64),
        classes,
        {"difficult": np.array([row[2] for row in rows], np.bool_)},
    )
    note = f"read as Pascal VOC: {len(files)} pictures, {len(rows)} boxes of {len(classes)} classes"
    return Found(Files(root, files), annotations, np.array(split, np.int8), tuple(findings), (note,))


def _splits(root: Path) -> dict[str, int]:
    """The split of every name that ``ImageSets/Main`` lists; a name in several is in the last, test."""
    found: dict[str, int] = {}
    for number, split in enumerate(SPLITS):
        file = root / "ImageSets" / "Main" / f"{split}.txt"
        if file.is_file():
            lines = read_regular(file, MOST_BYTES).decode("utf-8", "replace").splitlines()
            found |= {line.split()[0]: number for line in lines if line.strip()}
    return found


def _pictures(root: Path, findings: list[Finding]) -> Iterator[tuple[str, Path, list[Box]]]:
    """Every XML file with its picture, below the root, and its boxes."""
    folder = _xml_folder(root)
    assert folder is not None
    for xml in sorted(folder.glob("*.xml")):
        try:
            tree = parse(xml)
        except (ElementTree.ParseError, ValueError, OSError) as reason:
            findings.append(Finding("unlabelled", str(xml), f"no XML that can be read ({reason})"))
            continue
        picture = _picture(root, xml, tree.findtext("filename"))
        if picture is None:
            findings.append(Finding("missing", str(xml), "there is no picture of that name"))
            continue
        yield picture, xml, list(_boxes(tree, xml, findings))


def parse(xml: Path) -> ElementTree.Element:
    """The tree of a file.

    Raises:
        ValueError: it declares entities, which are never expanded.
        ParseError: it is no XML.
    """
    text = read_regular(xml, MOST_BYTES)
    if ENTITY.search(text):
        raise ValueError("it declares entities, which are not expanded")
    return ElementTree.fromstring(text)


def _picture(root: Path, xml: Path, named: str | None) -> str | None:
    """The picture's path below the root: of the XML's own name, or as the XML names it."""
    names = [xml.stem + ending for ending in ENDINGS] + ([Path(named).name] if named else [])
    tried = (f"{folder}/{name}".lstrip("/") for folder in PICTURES for name in names)
    return next((name for name in tried if (root / name).is_file()), None)


def _boxes(tree: ElementTree.Element, xml: Path, findings: list[Finding]) -> Iterator[Box]:
    for number, thing in enumerate(tree.iter("object")):
        name, box = (thing.findtext("name") or "").strip(), thing.find("bndbox")
        try:
            if box is None or not name:
                raise ValueError("no name or no bndbox")
            sides = [float(box.findtext(side) or "") for side in ("xmin", "ymin", "xmax", "ymax")]
        except ValueError as reason:
            findings.append(Finding("unlabelled", f"{xml}: object {number}", str(reason)))
            continue
        yield (
            name,
            (sides[0], sides[1], sides[2], sides[3]),
            (thing.findtext("difficult") or "0").strip() == "1",
        )
