"""The pixels of a polygon by COCO's rule, which decides what mask AP compares.

    corners --rounded to fifths of a pixel--> edges --in each column of pixels--> where the edge crosses its
    middle; a pixel belongs to the polygon when an odd number of edges lies above its middle

An edge is a line of fifths: rounded in y where it is flat, in x where it is steep. So pixels at the border
differ from those whose exact middle lies inside.

Source: ``rleFrPoly`` of https://github.com/cocodataset/cocoapi, computed here for all columns at once.
"""

import numpy as np
from numpy.typing import NDArray

FIFTHS, MIDDLE = 5, 2
"""Parts of a pixel along a side; the part in its middle."""

FARTHEST = 1e8
"""Pixels from the picture up to which corners are exact."""

Whole = NDArray[np.int64]


def polygon_pixels(corners: NDArray[np.float64], size: tuple[int, int]) -> NDArray[np.bool_]:
    """bool (H, W) of one polygon.

    Args:
        corners: (P, 2), x and y, pixels; they may lie outside of the picture.
        size: (H, W) of the picture.

    >>> square = np.array([[0.0, 0.0], [2.0, 0.0], [2.0, 1.0], [0.0, 1.0]])
    >>> polygon_pixels(square, (2, 3)).astype(int).tolist()
    [[1, 1, 0], [0, 0, 0]]
    """
    height, width = size
    edges, steep = _edges(np.trunc(FIFTHS * corners.clip(-FARTHEST, FARTHEST) + 0.5))
    sides = np.sort(edges[:, :, 0], axis=1)
    first, last = np.ceil((sides.T - MIDDLE) / FIFTHS).clip(0, width).astype(np.int64)
    counts = last - first
    edge = np.repeat(np.arange(len(edges)), counts)
    columns = np.arange(counts.sum()) - np.repeat(np.cumsum(counts) - counts, counts) + first[edge]
    place, lines = FIFTHS * columns + MIDDLE, edges[edge]
    above = np.where(steep[edge], _on_steep(lines, place), _on_flat(lines, place))
    rows = np.ceil((above + 0.5) / FIFTHS - 0.5).clip(0, height).astype(np.int64)
    crossed = np.zeros((height + 1, width), np.uint8)
    np.bitwise_xor.at(crossed, (rows, columns), 1)
    return np.bitwise_xor.accumulate(crossed[:height], axis=0).astype(np.bool_)


def _edges(corners: NDArray[np.float64]) -> tuple[NDArray[np.float64], NDArray[np.bool_]]:
    """(P, 2, 2), both ends of each edge; which edges are steep. The first end has the smaller x; of a steep
    edge the smaller y."""
    edges = np.stack([corners, np.roll(corners, -1, axis=0)], axis=1)
    extent = np.abs(edges[:, 1] - edges[:, 0])
    steep = extent[:, 1] > extent[:, 0]
    along = np.where(steep, edges[:, 1, 1] - edges[:, 0, 1], edges[:, 1, 0] - edges[:, 0, 0])
    return np.where((along < 0)[:, None, None], edges[:, ::-1], edges), steep


def _on_flat(lines: NDArray[np.float64], place: Whole) -> NDArray[np.float64]:
    """The y of flat edges at the fifth x = ``place`` or the next, the smaller of both."""
    (x1, y1), (x2, y2) = lines.transpose(1, 2, 0)
    slope = (y2 - y1) / np.maximum(x2 - x1, 1)
    step = place - x1
    before, after = (np.trunc(y1 + slope * (step + one) + 0.5) for one in (0, 1))
    return np.asarray(np.minimum(before, after), np.float64)


def _on_steep(lines: NDArray[np.float64], place: Whole) -> NDArray[np.float64]:
    """The last y of steep edges before they pass from the fifth x = ``place`` to the next, or back."""
    (x1, y1), (x2, y2) = lines.transpose(1, 2, 0)
    slope = (x2 - x1) / np.maximum(y2 - y1, 1)
    step = np.floor((place + 0.5 - x1) / np.where(slope == 0, 1, slope)) - 1
    for _ in range(3):  # the first step beyond, with the rounding that decides
        step += (np.trunc(x1 + slope * step + 0.5) > place) != (slope > 0)
    return np.asarray(y1 + step - 1, np.float64)
