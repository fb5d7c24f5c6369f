"""16-bit and float values become 0..255.

    PNG, PGM, JPEG 2000, pictures in memory of 16 bits      value / 257
    TIFF, whole numbers of 32 bits, floats                  smallest .. largest value of the picture -> 0..255

What is missing does not decide the scale, and is shown black: NaN, infinite, beyond 1e30, the value that GDAL
names in the file, and the usual marks (-9999, -32768, ...) where they lie apart from all other values by more
than these differ.
"""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from PIL import Image

FULL_RANGE = frozenset(("PNG", "PPM", "JPEG2000"))
"""Formats whose 16-bit samples run from 0 to 65535."""
MARKS = (-9999.0, -99999.0, -999.0, -32768.0, -32767.0, -2147483648.0)
"""Values that stand for a missing one in many rasters."""
BEYOND = 1e30
"""Above every measured value; the lowest float32 is -3.4e38."""
GDAL_NODATA = 42113
"""The TIFF tag of the missing value, as text. https://gdal.org/en/stable/drivers/raster/gtiff.html"""
ROWS = 2**21
"""Pixels of a strip: about 16 MB of float64."""


@dataclass(frozen=True)
class Scale:
    """Which values became 0 and 255, and how many pixels had none.

    Args:
        low: the value that is shown as 0.
        high: the value that is shown as 255.
        missing: pixels without a value.
        marks: the finite values that stand for a missing one.
    """

    low: float
    high: float
    missing: int = 0
    marks: tuple[float, ...] = ()


def is_deep(picture: Image.Image) -> bool:
    """Whether it has more than 8 bits a pixel and channel."""
    return picture.mode.startswith(("I", "F"))


def to_bytes(picture: Image.Image) -> tuple[NDArray[np.uint8], Scale]:
    """uint8 (H, W) of a deep picture, strip by strip, and the scale that was used."""
    scale = _scale(picture)
    levels = np.empty((picture.height, picture.width), dtype=np.uint8)
    factor = 255 / max(scale.high - scale.low, 1e-300)
    for top, values in strips(picture):
        missing = _missing(values, scale.marks)
        values[missing] = scale.low
        np.subtract(values, scale.low, out=values)
        np.multiply(values, factor, out=values)
        np.round(values, out=values)
        np.clip(values, 0, 255, out=values)
        levels[top : top + len(values)] = values
    return levels, scale


def strips(picture: Image.Image) -> Iterator[tuple[int, NDArray[np.float64]]]:
    """(first row, float64 (rows, W)) from top to bottom."""
    rows = max(1, ROWS // picture.width)
    for top in range(0, picture.height, rows):
        part = picture.crop((0, top, picture.width, min(top + rows, picture.height)))
        yield top, np.asarray(part).astype(np.float64)


def _scale(picture: Image.Image) -> Scale:
    if picture.format in FULL_RANGE or (picture.mode.startswith("I;16") and picture.format is None):
        return Scale(0.0, 65535.0)
    named = _named_mark(picture)
    low, high, gone, seen = np.inf, -np.inf, 0, dict[float, int]()
    for _, values in strips(picture):
        missing = _missing(values, named)
        gone += int(np.count_nonzero(missing))
        plain = values[~missing]
        for mark in (mark for mark in MARKS if len(plain) and plain.min() <= mark):
            marked = plain == mark
            if marked.any():
                seen[mark] = seen.get(mark, 0) + int(np.count_nonzero(marked))
                plain = plain[~marked]
        if len(plain):
            low, high = min(low, float(plain.min())), max(high, float(plain.max()))
    for mark, count in sorted(seen.items(), reverse=True):
        if low - mark > high - low >= 0:
            named, gone = (*named, mark), gone + count
        else:
            low, high = min(low, mark), max(high, mark)
    return Scale(low, high, gone, named) if low <= high else Scale(0.0, 0.0, gone, named)


def _named_mark(picture: Image.Image) -> tuple[float, ...]:
    """The missing value that the file names."""
    tags = getattr(picture, "tag_v2", {})
    try:
        return (float(str(tags[GDAL_NODATA]).strip("\0 ")),)
    except Exception:  # not there, no number, or a tag that cannot be read
        return ()


def _missing(values: NDArray[np.float64], marks: tuple[float, ...]) -> NDArray[np.bool_]:
    with np.errstate(invalid="ignore"):
        missing = ~(np.abs(values) < BEYOND)
    for mark in marks:
        missing |= values == mark
    return missing
