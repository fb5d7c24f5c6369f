"""Pictures with a mask of the same name for each, in folders beside each other.

    images/a.jpg        masks/a.png              also image, imgs; mask, label, labels, annotations, ...
    train/images/a.jpg  train/masks/a.png        with splits
    images/train/a.jpg  masks/train/a.png        likewise
    train/a.jpg         trainannot/a.png         SegNet's CamVid: trainannot, train_masks, train_labels

A mask is called as its picture, or with an ending such as _mask, _label or _gt. Numbers that are not named by
``--classes`` or by a file such as classes.txt beside the folders are classes of their own.
"""

import re
from collections.abc import Collection, Iterator
from pathlib import Path
from typing import NamedTuple

import numpy as np

from striate.data.annotations.mask_annotations import MaskAnnotations
from striate.data.checks.findings import Finding, Findings
from striate.data.decode import EXTENSIONS
from striate.data.formats.index import Found
from striate.data.formats.mask_files import (
    UNUSABLE,
    MaskFiles,
    census,
    meaning,
    unnamed_findings,
    values_note,
)
from striate.data.formats.split_names import SPLIT_WORDS, SPLITS, UNSAID
from striate.data.image_store import Files
from striate.data.mask_classes import FILES, MaskClasses, read_classes
from striate.data.picture_files import ending_of
from striate.errors import DataError
from striate.files.walk import Walk

IMAGES = frozenset(
    ("images", "image", "imgs", "img", "photos", "pictures", "jpegimages", "leftimg8bit", "rgb")
)
MASKS = frozenset(
    (
        *("masks", "mask", "labels", "label", "annotations", "annotation", "annot", "gt", "groundtruth"),
        *("ground_truth", "segmentation", "segmentations", "segmentationclass", "gtfine", "masks_semantic"),
    )
)
BESIDE = ("annot", "_annot", "_mask", "_masks", "masks", "_label", "_labels", "labels", "_gt", "-masks")
"""What a folder of masks adds to the name of the split whose pictures lie beside it."""

ENDING = re.compile(r"(?i)[ ._-](mask|masks|label|labels|l|gt|seg|segmentation|gtfine_labelids|labelids)$")
OF_PICTURE = re.compile(r"(?i)[ ._-](leftimg8bit|image|img|rgb|sat)$")
"""What masks and pictures have at the end of a common name."""

LEFT_OUT = {
    "not-annotated": "pictures without a mask",
    "no-picture": "masks without a picture",
    "unreadable": "masks that cannot be read",
    "mask-size": "masks of another size than their picture",
    "mask-values": "masks with values that are no class",
}
"""Kinds of findings whose pictures are not learned from, and what a note says of them."""

NAMED = 5
"""Files that a note names."""

LOOKED_AT = 2_000
"""Names of a folder among which a picture is looked for."""


class Pair(NamedTuple):
    """A folder of pictures and its folder of masks, below the root, and the split that they belong to."""

    images: str
    masks: str
    split: str | None


def mask_pairs(path: Path) -> list[Pair]:
    """The folders of pictures and masks of a data set; none if it is of another kind.

    >>> mask_pairs(Path("nowhere"))
    []
    """
    if not path.is_dir():
        return []
    folders = _folders(path)
    splits = [name for name in folders if name.lower() in SPLIT_WORDS]
    beside = [
        Pair(name, other, SPLIT_WORDS[name.lower()])
        for name in splits
        for other in folders
        if other.lower() in {name.lower() + ending for ending in BESIDE}
    ]
    inside = [pair for name in splits for pair in _named(path, name)]
    for pairs in (_named(path, ""), inside, beside):
        filled = [
            pair for pair in pairs if _has_picture(path, pair.images) and _has_picture(path, pair.masks)
        ]
        if filled:
            return filled
    return []


def _named(root: Path, below: str) -> list[Pair]:
    """The pair of folders that are called images and masks, or the like."""
    folders = _folders(root / below)
    images = next((name for name in folders if name.lower() in IMAGES), None)
    masks = next(
        (name for name in folders if name.lower() in MASKS and _has_picture(root / below, name)), None
    )
    if images is None or masks is None:
        return []
    prefix = f"{below}/" if below else ""
    return [Pair(prefix + images, prefix + masks, SPLIT_WORDS.get(below.lower()))]


def _folders(path: Path) -> list[str]:
    listing = Walk(path).listing()
    return sorted((*listing.folders, *listing.links))


def _has_picture(root: Path, folder: str) -> bool:
    names = Walk(root).files(folder)
    return any(ending_of(name) in EXTENSIONS for name, _ in zip(names, range(LOOKED_AT), strict=False))


def read_masks(path: Path, *, classes: str | None = None, accept: Collection[str] = ()) -> Found:
    """Pictures and masks.

    Args:
        path: the folder.
        classes: what the values of the masks mean, as ``read_classes`` takes it; None for a file beside them,
            or for the values themselves.
        accept: findings; masks with one that makes them unusable are left out.

    Raises:
        DataError: there are no such folders, or no picture has a mask.
        SettingError: ``classes`` cannot be understood.
    """
    pairs = mask_pairs(path)
    if not pairs:
        raise DataError(
            f"{path} has no folders of pictures and masks",
            "images/ beside masks/, or train/ beside trainannot/",
            "name them so, or another format",
        )
    findings, notes = Findings(), list[str]()
    rows = [row for pair in pairs for row in rows_of(path, pair, findings)]
    if not rows:
        raise DataError(
            f"{path}: no picture of {pairs[0].images}/ has a mask in {pairs[0].masks}/",
            "masks with the names of their pictures",
            "images/a.jpg and masks/a.png",
        )
    named = named_classes(path, classes, notes)
    if named is None and all(pair.masks == f"{pair.images}annot" for pair in pairs):
        named = read_classes("camvid")
        notes.append("trainannot/ is how SegNet has CamVid: its 11 classes are taken; --classes names others")
    note = f"read as masks: {', '.join(f'{one.images}/ with {one.masks}/' for one in pairs)}"
    return gathered(path, rows, named, (note, *notes), tuple(findings), accept)


def named_classes(path: Path, classes: str | None, notes: list[str]) -> MaskClasses | None:
    """What the user says of the values, or a file beside the folders; None for nothing."""
    if classes is not None:
        return read_classes(classes)
    file = next((path / name for name in FILES if (path / name).is_file()), None)
    if file is None:
        return None
    notes.append(f"classes are those of {file.name}")
    return read_classes(str(file))


class Row(NamedTuple):
    """A picture and its mask, below the root, and the number of its split."""

    picture: str
    mask: str
    split: int


def gathered(
    root: Path,
    rows: list[Row],
    named: MaskClasses | None,
    notes: tuple[str, ...],
    findings: tuple[Finding, ...],
    accept: Collection[str] = (),
) -> Found:
    """Pictures with masks as a data set: their values are counted and named.

    Raises:
        DataError: no mask can be used.
    """
    accepted = {kind for kind in UNUSABLE if kind in accept}
    files = Files(root, (row.mask for row in rows))
    counted = census(files, Files(root, (row.picture for row in rows)), named, every=bool(accepted))
    classes, assumed = meaning(counted, named, root)
    unnamed_findings(counted, classes)
    left = np.array([counted.unusable.get(row) not in accepted for row in range(len(rows))], np.bool_)
    if not left.any():
        raise DataError(
            f"{root} has no mask that can be used, as {next(iter(counted.findings))}",
            "masks of the size of their picture, with a class at every pixel",
            f"mend them, and leave out --accept {min(accepted)}",
        )
    kept = np.flatnonzero(left)
    pixels = counted.pixel_counts(classes).of(kept)
    annotations = MaskAnnotations(MaskFiles(files, classes), kept, classes.names, pixels)
    findings = (*findings, *counted.findings)
    every = (*notes, *assumed, values_note(counted, classes), *left_out(findings, accepted))
    pictures = Files(root, (rows[row].picture for row in kept.tolist()))
    split = np.array([rows[row].split for row in kept.tolist()], np.int8)
    return Found(pictures, annotations, split, findings, every)


def left_out(findings: Collection[Finding], accepted: Collection[str]) -> Iterator[str]:
    """A note for each kind of pictures and masks that are left out, with the names of some."""
    for kind, words in LEFT_OUT.items():
        names = [one.source for one in findings if one.kind == kind]
        if names and (kind not in UNUSABLE or kind in accepted):
            more = ", ...; `striate check` has all" if len(names) > NAMED else ""
            yield f"left out, {words}: {', '.join(names[:NAMED])}{more}"


def rows_of(root: Path, pair: Pair, findings: Findings) -> Iterator[Row]:
    """The pictures of one folder that have a mask in the other."""
    masks = {_common(name, pair.masks, ENDING): name for name in _pictures(root, pair.masks)}
    used = set[str]()
    for name in _pictures(root, pair.images):
        common = _common(name, pair.images, OF_PICTURE)
        if common not in masks:
            findings.add("not-annotated", str(root / name), "has no mask, and is left out")
            continue
        used.add(common)
        first = name[len(pair.images) + 1 :].split("/")[0].lower()
        split = pair.split or (SPLIT_WORDS.get(first) if "/" in name[len(pair.images) + 1 :] else None)
        yield Row(name, masks[common], SPLITS.index(split) if split else UNSAID)
    for common, name in masks.items():
        if common not in used:
            findings.add("no-picture", str(root / name), "there is no picture of that name")


def _pictures(root: Path, folder: str) -> Iterator[str]:
    return (name for name in Walk(root).files(folder) if ending_of(name) in EXTENSIONS)


def _common(name: str, folder: str, ending: re.Pattern[str]) -> str:
    """What a picture and its mask have in common: the path in their folder without endings.

    >>> _common("masks/a/b_mask.png", "masks", ENDING), _common("images/a/b.jpg", "images", OF_PICTURE)
    ('a/b', 'a/b')
    """
    return ending.sub("", name[len(folder) + 1 :].rpartition(".")[0])
