"""Masks in COCO's words as pixels: polygons, run lengths, and packed run lengths.

A pixel belongs to a polygon when its middle lies inside, by the even-odd rule; to several polygons when it
belongs to one of them.
"""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from striate.data.checks.mask_findings import unpacked


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
        pixels |= _filled(np.array(part, np.float64).reshape(-1, 2), size)
    return pixels


def _filled(points: NDArray[np.float64], size: tuple[int, int]) -> NDArray[np.bool_]:
    """bool (H, W): pixels whose middle has an odd number of edges on its left."""
    height, width = size
    (x1, y1), (x2, y2) = points.T, np.roll(points, -1, axis=0).T
    middles = np.arange(width) + 0.5
    pixels = np.zeros(size, np.bool_)
    low, high = np.minimum(y1, y2).min(), np.maximum(y1, y2).max()
    for row in range(max(0, int(low)), min(height, int(np.ceil(high)))):
        y = row + 0.5
        crossing = (y1 <= y) != (y2 <= y)
        share = (y - y1[crossing]) / (y2[crossing] - y1[crossing])
        crossed = np.sort(x1[crossing] + share * (x2[crossing] - x1[crossing]))
        pixels[row] = np.searchsorted(crossed, middles) % 2 == 1
    return pixels
