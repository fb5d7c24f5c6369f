"""What one picture is like: its size, its colors, what had to be converted, a number for what it shows."""

from dataclasses import dataclass

import numpy as np
from PIL import Image
from torch import Tensor

from striate.data.checks.content_hash import picture_number, strips
from striate.data.dataset import Dataset
from striate.data.decode import opened, pixels_of
from striate.data.decoding.deep_pixels import Scale, is_deep
from striate.data.decoding.metadata import orientation_of
from striate.data.image_store import Files

FEW_LEVELS = 16
"""Of 256: a picture that uses no more for 98 % of its pixels shows nearly nothing."""

Remark = tuple[str, str]
"""The kind of a finding, and its particulars."""


@dataclass(frozen=True, slots=True)
class ImageStats:
    """One picture, seen once.

    Args:
        size: (H, W), the right way up.
        mode: Pillow's word for how the file keeps colors, ``L`` or ``RGB`` for arrays.
        remarks: the findings about how the file keeps its pixels.
        identity: equal for pictures that are equal pixel by pixel.
        grey: red, green and blue are equal everywhere.
        total: the sums of red, green and blue.
        squares: the sums of their squares.
    """

    size: tuple[int, int]
    mode: str
    remarks: tuple[Remark, ...]
    identity: int
    grey: bool
    total: tuple[int, ...]
    squares: tuple[int, ...]


def stats_of(dataset: Dataset, index: int) -> ImageStats:
    """Read one picture at full size.

    Raises:
        ImageError: it cannot be decoded.
    """
    if not isinstance(dataset.store, Files):
        image = dataset.image(index)
        return measured(image, "RGB" if image.shape[0] == 3 else "L", ())
    with opened(dataset.name(index)) as picture:
        mode, remarks = picture.mode, conversions(picture)
        image, scale = pixels_of(picture)
        return measured(image, mode, (*remarks, *of_scale(image, scale)))


def glance(dataset: Dataset, index: int) -> tuple[tuple[int, int], bool]:
    """The size (H, W) of a picture, and whether it is grey.

    The color of a large JPEG is judged on its eighth: what is grey there is grey, and no pixel goes further.

    Raises:
        ImageError: it cannot be decoded.
    """
    if not isinstance(dataset.store, Files):
        image = dataset.image(index)
        return (image.shape[1], image.shape[2]), is_grey(image)
    with opened(dataset.name(index)) as picture:
        width, height = picture.size if orientation_of(picture) < 5 else picture.size[::-1]
        picture.draft(None, (32, 32))
        return (height, width), is_grey(pixels_of(picture)[0])


def conversions(picture: Image.Image) -> tuple[Remark, ...]:
    """The findings about how a file keeps its picture."""
    is_of_kind = {
        "frames": _frames(picture) > 1,
        "alpha": picture.has_transparency_data,
        "palette": picture.mode in ("P", "PA"),
        "cmyk": picture.mode == "CMYK",
        "deep": is_deep(picture),
        "lab": picture.mode == "LAB",
        "rotated": orientation_of(picture) != 1,
    }
    return tuple((kind, "") for kind, is_one in is_of_kind.items() if is_one)


def _frames(picture: Image.Image) -> int:
    """How many frames the file has; 1 if what follows the first one is broken."""
    try:
        return int(getattr(picture, "n_frames", 1))
    except Exception:  # the first frame is what counts
        return 1


def of_scale(image: Tensor, scale: Scale | None) -> tuple[Remark, ...]:
    """Findings about a picture of more than 8 bits: missing values, and a scale that few pixels decide."""
    if scale is None:
        return ()
    remarks, ends = [], f"{scale.low:g} is black, {scale.high:g} white"
    if scale.missing:
        marks = " or ".join(f"{mark:g}" for mark in scale.marks) or "NaN, infinite or beyond 1e30"
        remarks.append(("missing-values", f"{scale.missing:,} pixels are {marks}, taken as missing; {ends}"))
    levels = np.zeros(256, np.int64)
    for strip in strips(image):
        levels += np.bincount(strip[..., 0].ravel(), minlength=256)
    levels = levels.cumsum()
    first, last = np.searchsorted(levels, (0.01 * levels[-1], 0.99 * levels[-1]))
    if last - first < FEW_LEVELS and np.count_nonzero(np.diff(levels, prepend=0)) > 1:
        remarks.append(("flat", f"98 % of the pixels share {last - first + 1} of 256 levels; {ends}"))
    return tuple(remarks)


def is_grey(image: Tensor) -> bool:
    """Whether all channels of uint8 (C, H, W) are equal."""
    return image.stride(0) == 0 or bool((image[1:] == image[:1]).all())


def measured(image: Tensor, mode: str, remarks: tuple[Remark, ...]) -> ImageStats:
    """The statistics of uint8 (C, H, W), strip by strip."""
    size = (image.shape[1], image.shape[2])
    total, squares, grey = np.zeros(3, np.int64), np.zeros(3, np.int64), True
    for strip in strips(image):
        total += strip.sum((0, 1), dtype=np.int64)
        squares += np.square(strip, dtype=np.uint32).sum((0, 1), dtype=np.int64)
        grey = grey and bool((strip == strip[..., :1]).all())
    sums = tuple(total.tolist()), tuple(squares.tolist())
    return ImageStats(size, mode, remarks, picture_number(image), grey, *sums)
