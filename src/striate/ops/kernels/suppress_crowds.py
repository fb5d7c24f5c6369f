"""Greedy suppression of boxes that crowd on few objects, without sorting all scores.

    the best box of those left --> drop every box that it overlaps too much --> again, while many are dropped

Thousands of boxes on one object are gone after a few rounds, and only what is kept was ever looked for. A
round compares one box with all that are left, side by side in memory, without branches; rows of dropped boxes
are given up when they are more than half. What is left when rounds drop little goes to ``suppress``.

The arithmetic of an IoU is torchvision's, operation by operation, so the same boxes survive.
"""

import numpy as np

from striate.ops.kernels.compile import Array, kernel, part

ROUNDS = 8
"""Rounds after which it is asked whether they are worth their time."""
LEAST = 0.02
"""Share of the boxes that so many rounds must drop; less costs more than sorting and a grid do."""


@kernel
def suppress_crowds(flat: Array, scores: Array, bits: Array, threshold: float) -> tuple[Array, Array, bool]:
    """Keep the best boxes, as long as each drops many others.

    Args:
        flat: (4 M,), corners of boxes.
        scores: (M,).
        bits: (M,), the scores' bits as signed integers.
        threshold: 0..1, of the type of the boxes.

    Returns:
        int64 (kept,), best first; int64 (left,), boxes that may survive, all worse than those that were kept,
        in the order of the input; and whether all numbers are finite. If not, nothing is done.
    """
    rows, count = len(scores), 0
    corners, keys, kept = np.empty((4, rows), flat.dtype), np.empty_like(bits), np.empty(rows, np.int64)
    where = np.arange(rows)
    best, finite = _ordered(scores, bits, keys)
    finite = _spread(flat, corners) and finite
    live, before = rows if finite else 0, 2 * rows
    while live > 0:
        if count % ROUNDS == 0:
            if live > before * (1 - LEAST):
                break
            before = live
        row = _first(keys, rows, best)
        kept[count] = where[row]
        count += 1
        best, live = _drop(corners, keys, rows, row, threshold)
        if 2 * live < rows:
            rows = _close_up(corners, keys, where, rows, live)
    left = where[:rows][keys[:rows] != _lowest(keys)] if live else where[:0].copy()
    return kept[:count].copy(), left, finite


@part
def _spread(flat: Array, corners: Array) -> bool:
    """Each corner in a row of its own; whether all are finite."""
    wrong = 0
    for i in range(corners.shape[1]):  # no branches and known strides: vectorized, as are all loops here
        x1, y1, x2, y2 = flat[4 * i], flat[4 * i + 1], flat[4 * i + 2], flat[4 * i + 3]
        corners[0, i], corners[1, i], corners[2, i], corners[3, i] = x1, y1, x2, y2
        wrong += (x1 - x1) + (y1 - y1) + (x2 - x2) + (y2 - y2) != 0
    return wrong == 0


@part
def _ordered(scores: Array, bits: Array, keys: Array) -> tuple[int, bool]:
    """Integers in the order of the scores, 0.0 as -0.0; the largest, and whether all scores are finite."""
    lowest, wrong = _lowest(bits), 0
    best = lowest
    for i in range(len(bits)):  # positive floats rise with their bits, negative ones fall
        value = bits[i]
        key = value ^ ~lowest if value < 0 else value
        keys[i] = key = bits.dtype.type(0) if value == lowest else key
        best = max(best, key)
        wrong += scores[i] - scores[i] != 0
    return best, wrong == 0


@part
def _lowest(bits: Array) -> int:
    """The integer of a box that was dropped, below that of every finite score."""
    lowest: int = bits.dtype.type(np.iinfo(bits.dtype).min)
    return lowest


@part
def _first(keys: Array, rows: int, best: int) -> int:
    """The first row of a key."""
    found = np.int32(rows)
    for j in range(np.int32(rows)):
        found = min(found, np.int32(j) if keys[j] == best else np.int32(rows))
    return int(found)


@part
def _drop(corners: Array, keys: Array, rows: int, row: int, threshold: float) -> tuple[int, int]:
    """Drop a row and what it overlaps by more than the threshold; the largest key and how many are left."""
    x1, y1, x2, y2 = corners[0, row], corners[1, row], corners[2, row], corners[3, row]
    area, zero, lowest = (x2 - x1) * (y2 - y1), corners.dtype.type(0), _lowest(keys)
    keys[row] = lowest
    best, live = lowest, np.int32(0)
    for j in range(rows):
        left, top, right, bottom = corners[0, j], corners[1, j], corners[2, j], corners[3, j]
        width = max(min(x2, right) - max(x1, left), zero)
        height = max(min(y2, bottom) - max(y1, top), zero)
        inside = width * height
        union = area + (right - left) * (bottom - top) - inside
        keys[j] = key = lowest if inside / union > threshold else keys[j]
        best = max(best, key)
        live += np.int32(key != lowest)
    return best, int(live)


@part
def _close_up(corners: Array, keys: Array, where: Array, rows: int, live: int) -> int:
    """Move the rows that are left to the front, in their order; their number."""
    lowest, some, count = _lowest(keys), np.empty(rows + 1, np.int32), 0
    for j in range(rows):
        some[count] = j
        count += keys[j] != lowest
    for k in range(live):
        j = some[k]
        keys[k], where[k] = keys[j], where[j]
        corners[0, k], corners[1, k] = corners[0, j], corners[1, j]
        corners[2, k], corners[3, k] = corners[2, j], corners[3, j]
    return live
