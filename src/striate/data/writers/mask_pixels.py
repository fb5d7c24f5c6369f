"""Masks in COCO's words as pixels: polygons, run lengths, and packed run lengths.

A pixel belongs to a polygon when its middle lies inside, by the even-odd rule; to several polygons when it
belongs to one of them.
"""

from typing import Any

import numpy as np
from numpy.typing import NDArray

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
        pixels |= _filled(np.array(part, np.float64).reshape(-1, 2), size)
    return pixels


def _filled(points: NDArray[np.float64], size: tuple[int, int]) -> NDArray[np.bool_]:
    """bool (H, W): pixels whose middle has an odd number of edges on its left."""
    height, width = size
    (x1, y1), (x2, y2) = points.T, np.roll(points, -1, axis=0).T
    start = np.ceil(np.minimum(y1, y2) - 0.5).clip(0, height).astype(np.int64)  # rows whose middle the edge
    end = np.ceil(np.maximum(y1, y2) - 0.5).clip(0, height).astype(np.int64)  # crosses, its lower end aside
    counts = end - start
    edge = np.repeat(np.arange(len(points)), counts)
    rows = np.arange(counts.sum()) - np.repeat(np.cumsum(counts) - counts, counts) + start[edge]
    share = (rows + 0.5 - y1[edge]) / (y2[edge] - y1[edge])
    crossed = x1[edge] + share * (x2[edge] - x1[edge])
    after = (np.floor(crossed - 0.5) + 1).clip(0, width).astype(np.int64)
    pixels = np.zeros(size, np.bool_)
    if len(rows):
        top = rows.min()
        changes = np.zeros((rows.max() + 1 - top, width + 1), np.int32)
        np.add.at(changes, (rows - top, after), 1)
        pixels[top : rows.max() + 1] = changes[:, :width].cumsum(axis=1) % 2 == 1
    return pixels
