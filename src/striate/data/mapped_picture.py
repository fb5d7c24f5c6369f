"""A picture of which only the parts that are asked for are read: its pixels lie in the file as they are.

    TIFF or PPM, not compressed    header | R G B R G B R G B ...        -> array on disk (H, W, 3)

Those of other files have to be unpacked from the first to the last one.
"""

import mmap
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL.PpmImagePlugin import PpmImageFile
from PIL.TiffImagePlugin import TiffImageFile

from striate.data.decoding.metadata import orientation_of

UPRIGHT = 1

READERS: dict[str, type[PpmImageFile] | type[TiffImageFile]] = {
    ".tif": TiffImageFile,
    ".tiff": TiffImageFile,
    ".ppm": PpmImageFile,
    ".pnm": PpmImageFile,
}


def mapped(path: str | Path) -> NDArray[np.uint8] | None:
    """uint8 (H, W, 3), nothing of it read yet; None where the pixels do not lie in the file as they are."""
    path = Path(path)
    reader = READERS.get(path.suffix.lower())
    if reader is None or not path.is_file():
        return None
    try:
        with reader(path) as picture:  # not Image.open, which refuses what is too large to unpack
            offset, shape = _first_pixel(picture), (picture.height, picture.width, 3)
    except Exception:  # what is broken is named by the decoder, to which it is given next
        return None
    if offset is None or path.stat().st_size < offset + shape[0] * shape[1] * shape[2]:
        return None
    return np.memmap(path, np.uint8, "r", offset, shape)


def _first_pixel(picture: PpmImageFile | TiffImageFile) -> int | None:
    """Where the rows of an RGB picture begin, if they follow each other without a gap."""
    if picture.mode != "RGB" or orientation_of(picture) != UPRIGHT:
        return None
    begin, done, line = None, 0, 3 * picture.width
    tiles: Any = picture.tile
    for codec, (left, top, right, below), offset, args in tiles:
        mode, stride, turn = args if isinstance(args, tuple) else (args, 0, 1)
        whole = (left, top, right) == (0, done, picture.width)
        if (codec, mode, turn) != ("raw", "RGB", 1) or stride not in (0, line) or not whole:
            return None
        begin = offset if begin is None else begin
        if offset != begin + done * line:
            return None
        done = below
    return begin if done == picture.height else None


def forget(array: NDArray[np.uint8]) -> None:
    """Give back the memory that the parts of an array on disk took that were read; it can be read again."""
    pages = getattr(array, "_mmap", None) if isinstance(array, np.memmap) else None
    shared = isinstance(array, np.memmap) and array.mode in (
        "r",
        "r+",
    )  # "c" keeps what was written in memory
    if shared and isinstance(pages, mmap.mmap) and hasattr(mmap, "MADV_DONTNEED"):
        pages.madvise(mmap.MADV_DONTNEED)
