"""A class for each pixel, from Python objects. A mask is read when a batch needs it, with its picture.

some of the masks --census--> the numbers that occur --> classes; 255 (or a negative number) is ignored
"""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from striate.data.annotations.mask_annotations import Mask, MaskAnnotations, PixelCounts
from striate.data.checks.statistics import sample
from striate.data.python_data.item_pictures import ItemPictures
from striate.data.python_data.one_target import described, plain
from striate.errors import DataError, ImageError, LabelError
from striate.records import MaskTargets

COUNTED = 2_000
"""Masks whose pixels are counted."""

KEPT_BYTES = 256 * 1024**2
"""Masks are kept in memory up to this size: each one else costs the decoding of its picture, too."""

IGNORED, MOST = 255, 255
BINARY, FOREGROUND = {0, 255}, ("background", "foreground")
"""The numbers of masks of two classes that hold these alone, and their names when nobody says."""

FORM = "whole numbers (H, W): 0..K-1, and 255 for pixels that do not count"


class ItemMasks:
    """The masks of a store of pictures.

    Args:
        pictures: whose targets are masks.
        values: the number of each class, ascending.
    """

    def __init__(self, pictures: ItemPictures, values: NDArray[np.int64]) -> None:
        self.pictures, self.values = pictures, values
        self._kept, self._bytes = dict[int, Mask](), 0

    def __len__(self) -> int:
        return len(self.pictures)

    def name(self, index: int) -> str:
        """That of its picture."""
        return self.pictures.name(index)

    def read(self, index: int) -> Mask:
        """(H, W): class numbers, or the ignored value.

        Raises:
            ImageError: the mask cannot be read, or has another size than its picture.
            LabelError: it holds a number that none of the counted masks holds.
        """
        if index in self._kept:
            return self._kept[index]
        mask = self._numbered(raw_mask(self.pictures, index), index)
        if self._bytes + mask.nbytes <= KEPT_BYTES:
            self._kept[index] = mask
            self._bytes += mask.nbytes
        return mask

    def _numbered(self, raw: NDArray[np.int64], index: int) -> Mask:
        places = np.searchsorted(self.values, raw).clip(max=len(self.values) - 1)
        strange = (self.values[places] != raw) & (raw != IGNORED) & (raw >= 0)
        if strange.any():
            raise LabelError(
                f"the mask of {self.name(index)} holds {int(raw[strange][0])}",
                "classes " + ", ".join(map(str, self.values.tolist()[:20])),
                "all classes in the first pictures, or fewer classes",
            )
        ignored = self.values[places] != raw
        if len(self.values) <= MOST:
            return np.where(ignored, IGNORED, places).astype(np.uint8)
        return np.where(ignored, -1, places).astype(np.int16)


def raw_mask(pictures: ItemPictures, index: int) -> NDArray[np.int64]:
    """The numbers of a mask (H, W), as somebody gave them.

    Raises:
        ImageError: it is none, or has another size than its picture.
    """
    picture, target = pictures.both(index)
    if isinstance(target, MaskTargets):
        masks = target.masks[0].long()
        target = masks.where(masks != target.ignored, IGNORED)
    mask: Any = plain(target)
    if isinstance(mask, np.ndarray) and mask.ndim == 3 and len(mask) == 1:
        mask = mask[0]
    if not isinstance(mask, np.ndarray) or mask.ndim != 2 or mask.dtype.kind not in "iub":
        wrong = f"the target of {pictures.name(index)} is {described(mask)}, and that of others a mask"
        raise ImageError(wrong, FORM, "one kind of target in a data set")
    if mask.shape != tuple(picture.shape[1:]):
        sizes = f"{mask.shape[0]}x{mask.shape[1]}, its picture {picture.shape[1]}x{picture.shape[2]}"
        raise ImageError(f"the mask of {pictures.name(index)} has {sizes}", "one size", "resize both alike")
    return mask.astype(np.int64)


def masks_of(pictures: ItemPictures) -> tuple[MaskAnnotations, tuple[str, ...]]:
    """The masks of all pictures, and sentences for the user.

    Raises:
        ImageError: a mask cannot be read.
        DataError: there are no classes, or too many.
    """
    rows, total = sample(len(pictures), COUNTED), dict[int, int]()
    counts = []
    for row in rows.tolist():
        values, pixels = np.unique(raw_mask(pictures, row), return_counts=True)
        counts.append(dict(zip(values.tolist(), pixels.tolist(), strict=True)))
        for value, count in counts[-1].items():
            total[value] = total.get(value, 0) + count
    values = np.array(sorted(value for value in total if value >= 0 and value != IGNORED), np.int64)
    named = pictures.items.classes
    if set(total) == BINARY:
        values, named = np.array(sorted(BINARY)), named or FOREGROUND
    elif named and len(values) and values[-1] < len(named):
        values = np.arange(len(named))
    if not len(values) or len(values) > 2**15:
        raise DataError(f"the masks of {pictures.origin} hold {len(values):,} classes", FORM, "check a mask")
    place = {value: number for number, value in enumerate(values.tolist())}
    table = np.zeros((len(rows), len(values)), np.int64)
    for row, found in zip(table, counts, strict=True):
        for value, count in found.items():
            if value in place:
                row[place[value]] = count
    names = named if len(named) == len(values) else tuple(map(str, values.tolist()))
    known = MaskAnnotations(
        ItemMasks(pictures, values), np.arange(len(pictures)), names, PixelCounts(rows, table)
    )
    counted = f"the classes of the masks are those of {len(rows):,} of {len(pictures):,}"
    return known, (f"{counted}: {', '.join(names[:20])}",)
