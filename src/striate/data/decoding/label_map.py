"""A picture whose pixels are numbers, not light: the classes of every pixel, exactly as they are in the file.

    grey or palette PNG   --> the numbers (H, W)           a color PNG --> colors (H, W) as 0xRRGGBB
    16 bits, 32 bits      --> the numbers                  floats      --> refused unless whole
    alpha                 --> dropped if nothing is transparent, else refused

Nothing is scaled, converted to 8 bits or turned upright.
"""

from pathlib import Path
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from striate.data.decode import opened
from striate.errors import ImageError

Numbers = NDArray[np.uint8] | NDArray[np.int32]

WITH_ALPHA = {"LA": "L", "PA": "P", "RGBA": "RGB", "La": "L", "RGBa": "RGB"}
COLORS = ("RGB", "RGBX")
LOSSY = ("JPEG", "MPO")
"""Formats that change numbers near edges; WebP and AVIF may, too, and do not say so."""

MOST = 2**31 - 1


class LabelMap(NamedTuple):
    """The numbers of a file.

    Args:
        numbers: (H, W), what the file holds at every pixel; uint8, or int32 where it holds more.
        colored: whether they are colors, 0xRRGGBB.
        lossy: whether the format changes numbers near edges.
    """

    numbers: Numbers
    colored: bool
    lossy: bool


def read_label_map(path: str | Path, *, colored: bool = False) -> LabelMap:
    """The numbers of a file.

    Args:
        path: of the file.
        colored: whether the colors of a palette are wanted, not their numbers.

    Raises:
        ImageError: it is no picture, or holds no whole numbers.
    """
    with opened(path) as picture:
        lossy = picture.format in LOSSY
        plain = _without_alpha(picture, path)
        if plain.mode in COLORS or (colored and plain.mode in ("P", "L", "1")):
            return LabelMap(packed(np.asarray(plain.convert("RGB"))), True, lossy)
        return LabelMap(_whole(plain, path), False, lossy)


def packed(colors: NDArray[np.uint8]) -> NDArray[np.int32]:
    """int32 (H, W): colors (H, W, 3) as 0xRRGGBB.

    >>> hex(packed(np.array([[[1, 2, 255]]], np.uint8)).item())
    '0x102ff'
    """
    red, green, blue = (colors[..., channel].astype(np.int32) for channel in range(3))
    return (red << 16) | (green << 8) | blue


def _without_alpha(picture: Image.Image, path: str | Path) -> Image.Image:
    if picture.mode not in WITH_ALPHA:
        return picture
    alpha = np.asarray(picture.getchannel("A"))
    if (alpha != 255).any():
        share = (alpha != 255).mean()
        raise ImageError(
            f"{path} is a mask with transparent pixels ({share:.1%})",
            "a number or a color at every pixel",
            "save the masks without an alpha channel",
        )
    kind = WITH_ALPHA[picture.mode]
    return picture.getchannel(0) if kind in ("L", "P") else picture.convert(kind)


def _whole(picture: Image.Image, path: str | Path) -> Numbers:
    """Whole numbers of a picture with one channel."""
    if picture.mode in ("L", "P"):
        return np.asarray(picture)
    if picture.mode == "1":
        return np.asarray(picture).astype(np.uint8)
    values = np.asarray(picture)
    if values.ndim != 2:
        raise no_label_map(path, f"its pixels are {picture.mode}")
    if values.dtype.kind == "f":
        if not np.isfinite(values).all():
            raise no_label_map(path, "it has pixels that are NaN or infinite")
        if (values != np.rint(values)).any():
            raise no_label_map(path, f"it has fractions such as {values[values != np.rint(values)][0]:g}")
    if values.size and not -1 <= float(values.min()) <= float(values.max()) <= MOST:
        raise no_label_map(path, f"it has numbers from {values.min()} to {values.max()}")
    return values.astype(np.int32)


def no_label_map(path: str | Path, reason: str) -> ImageError:
    """The error of a file that holds no classes."""
    return ImageError(
        f"{path} is no mask of classes ({reason})",
        "a whole number at every pixel, or a color",
        "save the masks as indexed PNG",
    )


def runs_of(numbers: Numbers) -> tuple[Numbers, NDArray[np.int64]]:
    """The numbers of a map in runs, row by row: values (R,) and lengths (R,).

    >>> values, lengths = runs_of(np.array([[1, 1, 2], [2, 2, 0]], np.uint8))
    >>> values.tolist(), lengths.tolist()
    ([1, 2, 0], [2, 3, 1])
    """
    flat = numbers.ravel()
    starts = np.flatnonzero(np.append(True, flat[1:] != flat[:-1])[: len(flat)])
    return flat[starts], np.diff(starts, append=len(flat))


def counted(numbers: Numbers) -> dict[int, int]:
    """How often each number occurs.

    >>> counted(np.array([[1, 1, 2], [2, 2, 0]], np.uint8))
    {0: 1, 1: 2, 2: 3}
    """
    if numbers.dtype == np.uint8:
        counts = np.bincount(numbers.ravel(), minlength=1)
        return {int(value): int(counts[value]) for value in np.flatnonzero(counts)}
    values, lengths = runs_of(numbers)
    found, member = np.unique(values, return_inverse=True)
    sums = np.bincount(member, weights=lengths)
    return {int(value): int(count) for value, count in zip(found, sums, strict=True)}
