"""Pictures with masks whose values are numbers of objects, as Penn-Fudan has them: 0 nothing, 1, 2, ...

    PNGImages/a.png    PedMasks/a_mask.png       Penn-Fudan's pedestrians
    images/a.jpg       instances/a.png           also instance_masks; with --format numbered-masks any pair
                                                 of folders that pictures and masks may have

The box of an object is that of its pixels; all objects are of one class.
Wang, Shi, Song, Shen 2007, https://www.cis.upenn.edu/~jshi/ped_html/
"""

import json
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray

from striate.data.annotations.box_annotations import BoxAnnotations
from striate.data.checks.findings import Findings
from striate.data.decode import opened
from striate.data.formats.index import Found
from striate.data.formats.masks import Pair, mask_pairs, rows_of
from striate.data.image_store import Files
from striate.errors import DataError, ImageError
from striate.files.text_store import Text, TextStore
from striate.files.walk import Walk
from striate.formatting import plural
from striate.records.instance_masks import BitMasks
from striate.records.mask_crops import MaskCrops

IMAGES = ("PNGImages", "images", "JPEGImages", "imgs")
MASKS = {"PedMasks": "person", "instances": "object", "instance_masks": "object"}
"""Folders of such masks, and the class of their objects."""

MOST_OBJECTS = 10_000
"""Of a mask; with more values it holds something else, such as colors."""


def numbered_pairs(path: Path) -> list[Pair]:
    """The folders of pictures and of masks with numbers of objects; none if there are none.

    >>> numbered_pairs(Path("nowhere"))
    []
    """
    if not path.is_dir():
        return []
    folders = Walk(path).listing().folders
    masks = [name for name in MASKS if name in folders]
    images = [name for name in IMAGES if name in folders]
    return [Pair(images[0], masks[0], None)] if masks and images else []


def read_numbered_masks(path: Path, *, details: bool = False) -> Found:
    """The objects of every mask.

    Args:
        path: the folder.
        details: whether the masks are kept, not their boxes alone.

    Raises:
        DataError: there are no such folders, or no mask has a picture.
    """
    pairs, findings = numbered_pairs(path) or mask_pairs(path), Findings()
    rows = [row for pair in pairs for row in rows_of(path, pair, findings)]
    if not rows:
        raise DataError(
            f"{path} has no pictures with masks of numbered objects",
            "PNGImages/a.png and PedMasks/a_mask.png, or images/ beside instances/",
            "name the folders so",
        )
    store, texts = TextStore(), list[Text | str]()
    boxes, counts, sizes = list[list[int]](), list[int](), list[tuple[int, int]]()
    for row in rows:
        crops = _objects(path / row.mask, findings)
        masks = BitMasks(crops)
        boxes += crops.windows.tolist()
        counts.append(len(crops))
        sizes.append(crops.size)
        if details:
            runs = map(masks.run_lengths, range(len(crops)))
            texts += [store.add(json.dumps({"segmentation": one})) for one in runs]
    name = next((MASKS[pair.masks] for pair in pairs if pair.masks in MASKS), "object")
    annotations = BoxAnnotations(
        np.array(boxes, np.float32).reshape(-1, 4),
        np.zeros(len(boxes), np.int32),
        np.cumsum(counts, dtype=np.int64),
        (name,),
        {"details": np.array(texts, object)} if details else {},
        {"size": np.array(sizes, np.int32).reshape(-1, 2)},
    )
    note = f"read as numbered masks: {plural(len(rows), 'picture')}, {plural(len(boxes), 'object')} of {name}"
    split = np.array([row.split for row in rows], np.int8)
    return Found(Files(path, [row.picture for row in rows]), annotations, split, tuple(findings), (note,))


def _objects(file: Path, findings: Findings) -> MaskCrops:
    """The objects of one mask, in the order of their numbers; none of a mask that cannot be used."""
    try:
        with opened(file) as picture:
            pixels = np.asarray(picture)
    except (ImageError, OSError) as reason:
        findings.add("bad-mask", str(file), f"cannot be read ({reason})")
        return MaskCrops.gathered([], (0, 0))
    numbers = np.unique(pixels) if pixels.ndim == 2 else np.zeros(0)
    if pixels.ndim != 2 or pixels.dtype.kind not in "uib" or len(numbers) > MOST_OBJECTS:
        findings.add("bad-mask", str(file), "is no picture of whole numbers, one for each object")
        return MaskCrops.gathered([], (0, 0))
    return _cut(pixels, [int(one) for one in numbers if one])


def _cut(pixels: NDArray[np.int64], numbers: list[int]) -> MaskCrops:
    """Each object in the window that holds it."""
    size, crops = (pixels.shape[0], pixels.shape[1]), []
    for number in numbers:
        own = pixels == number
        rows, columns = np.flatnonzero(own.any(1)), np.flatnonzero(own.any(0))
        left, top = int(columns[0]), int(rows[0])
        window = own[top : rows[-1] + 1, left : columns[-1] + 1].copy()
        crops.append((torch.from_numpy(window), left, top))
    return MaskCrops.gathered(crops, size)
