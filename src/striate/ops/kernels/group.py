"""Hierarchical grouping: the two most similar neighbours become one region, until one is left.

    regions 0 .. R-1, then one for each merge: R, R+1, ..., 2R-2 (the whole picture)

A region keeps whole counts, which add up exactly when two become one, and its histogram in 1 / 2^24, of which
common parts are summed. Candidates wait in a heap; those with a region that is gone are dropped when they
come up. Neighbours of a region are a chain of numbers, in which regions that are gone are passed over.
"""

from typing import NamedTuple

import numpy as np

from striate.ops.kernels.compile import Array, kernel, part

ONE = 1 << 24
"""A whole histogram: float32 numbers that are written as integers keep all their digits."""


class Similarity(NamedTuple):
    """Which parts count, and what they are divided by.

    ``color`` .. ``fill`` are 1 or 0; ``colors`` is how many of the bins are colors, ``pixels`` the picture's.
    """

    color: float
    texture: float
    size: float
    fill: float
    colors: int
    pixels: int


@kernel
def grouped(counts: Array, frames: Array, pairs: Array, similarity: Similarity) -> Array:
    """int32 (2R - 1, 2), the parts of every region, -1 for the first R; their frames are in ``frames``.

    ``counts`` (R, bins) is changed: a merged region takes the row of one of its parts. ``frames``
    (2R - 1, 5) holds x1, y1, x2, y2 and pixels of the first R, and afterwards of all; ``pairs`` (E, 2) are
    neighbours.
    """
    total = len(frames)
    parts, rows = np.full((total, 2), -1, np.int32), np.full(total, -1, np.int32)
    shares = np.empty(counts.shape, np.int32)
    for r in range(len(counts)):
        rows[r] = r  # of a region in counts and shares; -1 for one that is gone
        _share(counts[r], similarity.colors, shares[r])
    heads, chain, used = np.full(total, -1, np.int64), np.empty((4 * len(pairs) + 16, 2), np.int64), 0
    room, waiting = 2 * len(pairs) + 16, 0
    keys, codes = np.empty(room, np.float64), np.empty(room, np.int64)
    for e in range(len(pairs)):
        a, b = np.int64(pairs[e, 0]), np.int64(pairs[e, 1])
        used = _link(heads, chain, used, a, b)
        key = _similarity(shares, frames, rows, a, b, similarity)
        waiting = _push(keys, codes, waiting, key, a * total + b)
    near, seen = np.empty(total, np.int64), np.full(total, -1, np.int32)
    for new in range(len(counts), total):
        code, waiting = _pop(keys, codes, waiting)
        while rows[code // total] < 0 or rows[code % total] < 0:
            code, waiting = _pop(keys, codes, waiting)
        a, b = code // total, code % total
        parts[new, 0], parts[new, 1] = a, b
        _merge(counts, frames, shares, rows, a, b, new, similarity)
        for i in range(_near(heads, chain, rows, seen, a, b, new, near)):
            if used + 2 > len(chain):
                chain = np.concatenate((chain, np.empty_like(chain)))
            if waiting == len(keys):
                keys, codes = np.concatenate((keys, keys)), np.concatenate((codes, codes))
            used = _link(heads, chain, used, near[i], new)
            key = _similarity(shares, frames, rows, near[i], new, similarity)
            waiting = _push(keys, codes, waiting, key, near[i] * total + new)
    return parts


@part
def _near(heads: Array, chain: Array, rows: Array, seen: Array, a: int, b: int, new: int, near: Array) -> int:
    """Fill ``near`` with the neighbours of two regions that are still there, each once; how many they are."""
    count = 0
    for old in (a, b):
        at = heads[old]
        while at >= 0:
            other = chain[at, 0]
            at = chain[at, 1]
            if rows[other] >= 0 and seen[other] != new:
                seen[other] = new
                near[count] = other
                count += 1
    return count


@part
def _share(counts: Array, colors: int, out: Array) -> None:
    """A histogram as whole parts of ``ONE``, of colors and of slopes."""
    sums = counts[:colors].sum(), counts[colors:].sum()
    for k in range(2):
        start, end = (0, colors) if k == 0 else (colors, len(counts))
        factor = ONE / sums[k]
        for i in range(start, end):
            out[i] = np.int32(counts[i] * factor)


@part
def _merge(
    counts: Array, frames: Array, shares: Array, rows: Array, a: int, b: int, new: int, similarity: Similarity
) -> None:
    """Region ``new`` of ``a`` and ``b``, in the row of ``a``."""
    row, other = rows[a], rows[b]
    rows[new], rows[a], rows[b] = row, -1, -1
    for i in range(counts.shape[1]):
        counts[row, i] += counts[other, i]
    for i in range(2):
        frames[new, i] = min(frames[a, i], frames[b, i])
        frames[new, i + 2] = max(frames[a, i + 2], frames[b, i + 2])
    frames[new, 4] = frames[a, 4] + frames[b, 4]
    _share(counts[row], similarity.colors, shares[row])


@part
def _similarity(shares: Array, frames: Array, rows: Array, a: int, b: int, similarity: Similarity) -> float:
    """Uijlings et al., equations 2 to 6."""
    total = 0.0
    one, other = shares[rows[a]], shares[rows[b]]
    if similarity.color > 0:
        total += _common(one[: similarity.colors], other[: similarity.colors]) / ONE
    if similarity.texture > 0:
        total += _common(one[similarity.colors :], other[similarity.colors :]) / ONE
    pixels = frames[a, 4] + frames[b, 4]
    if similarity.size > 0:
        total += 1.0 - pixels / similarity.pixels
    if similarity.fill > 0:
        wide = max(frames[a, 2], frames[b, 2]) - min(frames[a, 0], frames[b, 0])
        tall = max(frames[a, 3], frames[b, 3]) - min(frames[a, 1], frames[b, 1])
        total += 1.0 - (np.int64(wide) * tall - pixels) / similarity.pixels
    return total


@part
def _common(first: Array, second: Array) -> int:
    """The common part of two histograms."""
    total: int = np.int64(0)  # type: ignore[assignment]
    for i in range(len(first)):
        total += min(first[i], second[i])
    return total


@part
def _link(heads: Array, chain: Array, used: int, a: int, b: int) -> int:
    """Make two regions neighbours; the used length of the chain."""
    chain[used, 0], chain[used, 1] = b, heads[a]
    chain[used + 1, 0], chain[used + 1, 1] = a, heads[b]
    heads[a], heads[b] = used, used + 1
    return used + 2


@part
def _push(keys: Array, codes: Array, count: int, key: float, code: int) -> int:
    """Add to the heap, whose first has the largest key, and of equal ones the smallest code."""
    at = count
    while at > 0:
        above = (at - 1) >> 1
        if keys[above] > key or (keys[above] == key and codes[above] < code):
            break
        keys[at], codes[at] = keys[above], codes[above]
        at = above
    keys[at], codes[at] = key, code
    return count + 1


@part
def _pop(keys: Array, codes: Array, count: int) -> tuple[int, int]:
    """Take the first of the heap: its code, and how many are left."""
    taken, count = codes[0], count - 1
    key, code, at = keys[count], codes[count], 0
    while 2 * at + 1 < count:
        below = 2 * at + 1
        if below + 1 < count and (
            keys[below + 1] > keys[below]
            or (keys[below + 1] == keys[below] and codes[below + 1] < codes[below])
        ):
            below += 1
        if key > keys[below] or (key == keys[below] and code < codes[below]):
            break
        keys[at], codes[at] = keys[below], codes[below]
        at = below
    keys[at], codes[at] = key, code
    return taken, count
