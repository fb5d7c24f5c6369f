"""Greedy non-maximum suppression that looks at near boxes only.

A kept box A drops a box B if their IoU exceeds t. It is largest where both are equally high; then the
common width is more than t (w_A + w_B) / (1 + t), and as w_A < w_B / t, the centres are less than
(1 - t) / (2 t) widths of B apart; heights likewise. Kept boxes lie in a grid by their centres, and B looks at
the cells within that reach:

    +---+---+---+---+      the boxes of a cell lie beside each other in memory,
    |   | A | B-|-->|      32 of them are compared at once
    +---+---+---+---+

The arithmetic of an IoU is torchvision's, operation by operation, so the same boxes survive.
"""

from typing import NamedTuple

import numpy as np

from striate.ops.kernels.compile import Array, kernel, part

DIGIT = 11
"""Bits of a digit of the radix sort: 2,048 counters fit into the first-level cache."""
BLOCK = 32
"""Kept boxes that are compared before looking whether one of them was near enough."""
SLACK = 1e-5
"""Relative; more than an IoU in float32 can be off, so that no box is overlooked."""


class Grid(NamedTuple):
    """Cells over the centres of boxes: largest box, first centre, cells in a pixel, numbers of cells."""

    width: float
    height: float
    left: float
    top: float
    in_x: float
    in_y: float
    columns: int
    rows: int


@kernel
def suppress(
    boxes: Array,
    bits: Array,
    members: Array,
    width: int,
    classes: Array,
    class_count: int,
    threshold: float,
    keep: Array,
) -> Array:
    """Mark in ``keep`` (M) the boxes that survive in their class; give the order of scores, best first.

    ``bits`` are the scores' bits as unsigned integers of ``width`` bits; ``members`` are the boxes that take
    part, rising; ``classes`` are 0..class_count - 1.
    """
    order: Array = _descending(bits, members, width)
    if class_count == 1:
        _suppress_class(boxes, order, threshold, keep)
        return order
    first: Array = np.zeros(class_count + 1, np.int64)
    for i in order:
        first[classes[i] + 1] += 1
    first = np.cumsum(first)
    filled = first[:-1].copy()
    grouped = np.empty_like(order)
    for i in order:
        grouped[filled[classes[i]]] = i
        filled[classes[i]] += 1
    for c in range(class_count):
        if first[c] < first[c + 1]:
            _suppress_class(boxes, grouped[first[c] : first[c + 1]], threshold, keep)
    return order


@part
def _descending(bits: Array, members: Array, width: int) -> Array:
    """Stable order of the members by their floats, largest first, by a radix sort of their bits."""
    one = bits.dtype.type(1)
    top = one << bits.dtype.type(width - 1)
    keys = np.empty_like(bits)
    for i in range(len(bits)):  # positive floats rise with their bits, negative ones fall
        keys[i] = bits[i] if bits[i] & top else ~(bits[i] | top)
    order = members.copy()
    other: Array = np.empty(len(members), np.int64)
    mask = (one << bits.dtype.type(DIGIT)) - one
    for shift in range(0, width, DIGIT):
        down = bits.dtype.type(shift)
        count = np.zeros((1 << DIGIT) + 1, np.int64)
        for k in order:
            count[((keys[k] >> down) & mask) + 1] += 1
        count = np.cumsum(count)
        for k in order:
            digit = (keys[k] >> down) & mask
            other[count[digit]] = k
            count[digit] += 1
        order, other = other, order
    result: Array = order
    return result


@part
def _suppress_class(boxes: Array, order: Array, threshold: float, keep: Array) -> None:
    """Mark in ``keep`` the boxes of ``order``, best first, that no better kept one overlaps too much.

    One long loop: a call that is given an array counts its references, which costs more than a comparison.
    """
    least = max(np.float64(threshold) * (1 - SLACK), 1e-9)
    reach = (1 - least) / (2 * least) * (1 + SLACK)
    grid = _grid(boxes, order, min(reach, 1.0))
    cells, first = _places(boxes, order, grid)
    filled = first[:-1].copy()
    kept = np.empty((5, len(order)), boxes.dtype)
    zero = boxes.dtype.type(0)
    for k in range(len(order)):
        i = order[k]
        x1, y1, x2, y2 = boxes[i, 0], boxes[i, 1], boxes[i, 2], boxes[i, 3]
        area, above = (x2 - x1) * (y2 - y1), np.int64(0)
        row, bottom, start, end = _near(x1, y1, x2, y2, reach, grid)
        while row <= bottom and above == 0:
            for cell in range(row * grid.columns + start, row * grid.columns + end + 1):
                for begin in range(first[cell], filled[cell], BLOCK):
                    for m in range(begin, min(begin + BLOCK, filled[cell])):  # vectorized: nothing branches
                        width = max(min(x2, kept[2, m]) - max(x1, kept[0, m]), zero)
                        height = max(min(y2, kept[3, m]) - max(y1, kept[1, m]), zero)
                        inside = width * height
                        above += inside / (kept[4, m] + area - inside) > threshold
                    if above > 0:
                        break
                if above > 0:
                    break
            row += np.int64(1)
        if above == 0:
            keep[i] = True
            m = filled[cells[k]]
            filled[cells[k]] += 1
            kept[0, m], kept[1, m], kept[2, m], kept[3, m], kept[4, m] = x1, y1, x2, y2, area


@part
def _places(boxes: Array, order: Array, grid: Grid) -> tuple[Array, Array]:
    """The cell of every box in ``order``, and where in memory the kept boxes of every cell begin."""
    cells = np.empty(len(order), np.int64)
    first = np.zeros(grid.rows * grid.columns + 1, np.int64)
    for k in range(len(order)):
        i = order[k]
        x = (np.float64(boxes[i, 0]) + np.float64(boxes[i, 2])) / 2
        y = (np.float64(boxes[i, 1]) + np.float64(boxes[i, 3])) / 2
        cells[k] = _row(y, grid) * grid.columns + _column(x, grid)
        first[cells[k] + 1] += 1
    return cells, np.cumsum(first)


@part
def _grid(boxes: Array, order: Array, share: float) -> Grid:
    """A grid with cells of ``share`` of the mean box, and no more cells than boxes."""
    width = height = mean_width = mean_height = 0.0
    left = top = np.inf
    right = bottom = -np.inf
    for i in order:
        x1, y1 = np.float64(boxes[i, 0]), np.float64(boxes[i, 1])
        x2, y2 = np.float64(boxes[i, 2]), np.float64(boxes[i, 3])
        width, height = max(width, x2 - x1), max(height, y2 - y1)
        mean_width += max(x2 - x1, 0.0) / len(order)
        mean_height += max(y2 - y1, 0.0) / len(order)
        left, right = min(left, (x1 + x2) / 2), max(right, (x1 + x2) / 2)
        top, bottom = min(top, (y1 + y2) / 2), max(bottom, (y1 + y2) / 2)
    side = int(np.sqrt(len(order))) + 1
    in_x = 1 / max(mean_width * share, (right - left) / side, 1e-9)
    in_y = 1 / max(mean_height * share, (bottom - top) / side, 1e-9)
    columns, rows = int((right - left) * in_x) + 1, int((bottom - top) * in_y) + 1
    return Grid(width, height, left, top, in_x, in_y, columns, rows)


@part
def _column(x: float, grid: Grid) -> int:
    """The column of cells in which an x lies, or the nearest one."""
    return int(min(max((x - grid.left) * grid.in_x, 0.0), grid.columns - 1.0))


@part
def _row(y: float, grid: Grid) -> int:
    """The row of cells in which a y lies, or the nearest one."""
    return int(min(max((y - grid.top) * grid.in_y, 0.0), grid.rows - 1.0))


@part
def _near(x1: float, y1: float, x2: float, y2: float, reach: float, grid: Grid) -> tuple[int, int, int, int]:
    """First and last row, first and last column of the cells within reach; none for a box without area."""
    width, height = np.float64(x2 - x1), np.float64(y2 - y1)
    if width <= 0 or height <= 0:
        return 1, 0, 1, 0
    x, y = (np.float64(x1) + np.float64(x2)) / 2, (np.float64(y1) + np.float64(y2)) / 2
    far = min(width * reach, (width + grid.width) * (0.5 + SLACK))
    high = min(height * reach, (height + grid.height) * (0.5 + SLACK))
    return _row(y - high, grid), _row(y + high, grid), _column(x - far, grid), _column(x + far, grid)
