"""Soft masks stretched over their boxes, and cut at a threshold.

    crop (S, S) with a border of zeros --each of its rows made as wide as the box--> table (S + 2, w)
                                       --between two rows of the table, row by row--> bits

The order of the sums is that of torch's bilinear interpolation.
"""

from typing import Any

import numpy as np

from striate.ops.kernels.compile import Array, kernel, part


@kernel
def paste(
    begin: int, end: int, crops: Array, boxes: Array, out: Array, left: int, top: int, threshold: float
) -> None:
    """Fill ``out`` (M, h, w), a window of the picture whose first column and row are ``left`` and ``top``.

    ``boxes`` are first and last column and row, int64 (M, 4); ``out`` holds False.
    """
    side, height, width = crops.shape[1], out.shape[1], out.shape[2]
    limit = np.float32(threshold)
    for m in range(begin, end):
        x1, y1, x2, y2 = boxes[m, 0], boxes[m, 1], boxes[m, 2], boxes[m, 3]
        wide, tall = max(x2 - x1 + 1, 1), max(y2 - y1 + 1, 1)
        first, last = max(x1, left), min(x2 + 1, left + width)
        upper, lower = max(y1, top), min(y2 + 1, top + height)
        if last <= first or lower <= upper:
            continue
        table = np.zeros((side + 2, last - first), np.float32)
        for x in range(first, last):
            at, share = _source(x - x1, side + 2, wide)
            after = min(at + 1, side + 1)
            for row in range(side):
                before = crops[m, row, at - 1] if 0 < at <= side else np.float32(0)
                beyond = crops[m, row, after - 1] if 0 < after <= side else np.float32(0)
                table[row + 1, x - first] = before * (np.float32(1) - share) + beyond * share
        for y in range(upper, lower):
            at, share = _source(y - y1, side + 2, tall)
            one, other = table[at], table[min(at + 1, side + 1)]
            rest = np.float32(1) - share
            target = out[m, y - top]
            for x in range(last - first):
                target[first - left + x] = one[x] * rest + other[x] * share > limit


@part
def _source(position: int, count: int, wanted: int) -> tuple[int, Any]:
    """Where between ``count`` numbers one of ``wanted`` comes from, and the share of the next one."""
    if count == wanted:
        return position, np.float32(0)
    scale = np.float32(count) / np.float32(wanted)
    real = max(scale * (np.float32(position) + np.float32(0.5)) - np.float32(0.5), np.float32(0))
    at = min(int(real), count - 1)
    return at, min(max(real - np.float32(at), np.float32(0)), np.float32(1))
