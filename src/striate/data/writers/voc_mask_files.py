"""Masks of Pascal VOC: two PNGs with a palette for each picture whose objects all have a mask.

    SegmentationObject/a.png    0 nothing, 1 the first object of the XML file, 2 the second, ...
    SegmentationClass/a.png     0 nothing, 1 the first class, 2 the second, ..., 255 a crowd region
    ImageSets/Segmentation/     the names of these pictures by split

A pixel belongs to the last of the objects that share it. Where an object would have no pixel at all, or there
are more than 254, the picture gets no files: nobody could tell which number is whose.

Source: Everingham et al. 2010, section 2.3, and VOCcode/VOClabelcolormap.m for the palette.
"""

from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from striate.data.checks.mask_findings import has_mask, mask_problem
from striate.data.writers.layout import Labelled, details_of, marked
from striate.data.writers.mask_pixels import pixels_of

NOT_SAID = 255
MOST = 254
"""Objects of a picture, and classes, that a byte can number beside 0 and 255."""


class Drawn(NamedTuple):
    """What was written of the masks of a picture.

    Args:
        written: masks in the files.
        shared: masks that lost pixels to others.
    """

    written: int = 0
    shared: int = 0


def write_masks(flat: Labelled, index: int, root: Path) -> Drawn:
    """Write both files of a picture, if they can be read again.

    Args:
        flat: the data.
        index: of the picture.
        root: the folder of the data set.
    """
    rows, annotations = flat.rows(index), flat.annotations
    if not 0 < len(rows) <= MOST or len(annotations.classes) > MOST:
        return Drawn()
    height, width = annotations.pictures["size"][index].tolist()
    objects, kinds = np.zeros((height, width), np.uint8), np.zeros((height, width), np.uint8)
    covered = np.zeros(len(rows) + 1, np.int64)
    for number, row in enumerate(rows, start=1):
        mask = _usable(details_of(annotations, row), (height, width))
        if mask is None:
            return Drawn()
        pixels = pixels_of(mask, (height, width))
        covered[number] = pixels.sum()
        objects[pixels] = number
        crowd = marked(annotations, "crowd")[row]
        kinds[pixels] = NOT_SAID if crowd else int(annotations.labels[row]) + 1
    visible = np.bincount(objects.ravel(), minlength=len(rows) + 1)
    if not visible[1:].all():
        return Drawn()
    for folder, numbers in (("SegmentationObject", objects), ("SegmentationClass", kinds)):
        _save(numbers, (root / folder / flat.names[index]).with_suffix(".png"))
    return Drawn(len(rows), int((visible[1:] < covered[1:]).sum()))


def _usable(details: dict[str, Any], size: tuple[int, int]) -> Any:
    """Polygons or run lengths that fit the picture; None without."""
    mask = details.get("segmentation")
    return mask if has_mask(details) and not mask_problem(mask, size) else None


def _save(numbers: NDArray[np.uint8], file: Path) -> None:
    file.parent.mkdir(exist_ok=True)
    picture = Image.fromarray(numbers)
    picture.putpalette(palette().ravel().tolist())
    picture.save(file)


def palette() -> NDArray[np.uint8]:
    """uint8 (256, 3): the colors of VOC. Bits of a number go to red, green and blue in turns, highest first.

    >>> palette()[[0, 1, 2, 8, 255]].tolist()
    [[0, 0, 0], [128, 0, 0], [0, 128, 0], [64, 0, 0], [224, 224, 192]]
    """
    numbers, colors = np.arange(256), np.zeros((256, 3), np.int64)
    for bit in range(8):
        for channel in range(3):
            colors[:, channel] |= ((numbers >> (3 * bit + channel)) & 1) << (7 - bit)
    return colors.astype(np.uint8)
