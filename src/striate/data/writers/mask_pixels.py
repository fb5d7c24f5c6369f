"""Masks in COCO's words as pixels: polygons, run lengths, and packed run lengths.

Polygons are filled as COCO's tools fill them. A pixel belongs to several polygons when it belongs to one of
them.
"""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from striate.data.writers.polygon_pixels import polygon_pixels
from striate.records.run_lengths import unpacked


def pixels_of(mask: Any, size: tuple[int, int]) -> NDArray[np.bool_]:
    """bool (H, W) of a mask without problems.

    Args:
        mask: polygons, or run lengths of that size.
        size: (H, W) of the picture.

    >>> pixels_of({"size": [2, 2], "counts": [1, 3]}, (2, 2)).tolist()
    [[False, True], [True, True]]
    >>> pixels_of([[0, 0, 2, 0, 2, 1, 0, 1]], (2, 3)).tolist()
    [[True, True, False], [False, False, False]]
    """
    if isinstance(mask, dict):
        counts = mask["counts"]
        runs = unpacked(counts) if isinstance(counts, str) else counts
        on = np.arange(len(runs)) % 2 == 1
        return np.repeat(on, runs).reshape(size, order="F")
    pixels = np.zeros(size, np.bool_)
    for part in mask:
        pixels |= polygon_pixels(np.array(part, np.float64).reshape(-1, 2), size)
    return pixels
