"""Pooling of regions, channels last: the inner loop runs over channels, which lie beside each other.

A mean over bilinear samples is separable: every bin weighs rows and columns, and a sample outside the map
has the weight zero. So a region costs one pass over its rows and one over its columns, whatever the number
of samples:

    out[p, q] = sum_y rows[p, y] * sum_x columns[q, x] * map[y, x]

    x        (N, H, W, C), or (N, H, W, bins, C) for position-sensitive pooling
    image    (R,) which map a region lies on
    rows     (R, P, H) weights; columns (R, Q, W)
    out      (R, C, P * Q), or (R, P * Q, C) where ``last`` is true

Forward kernels divide the regions among threads, backward ones the channels.
"""

import numpy as np

from striate.ops.kernels.compile import Array, kernel, part


@kernel
def sample_weights(
    begin: int, end: int, start: Array, size: Array, grid: Array, steps: Array, out: Array
) -> None:
    """Fill ``out`` (R, P, L), zeros before, with the weights of pixels in the mean of every bin's samples.

    ``steps`` holds 0, 1, 2 ... in the type of ``start``: the arithmetic stays in that type, as torchvision's.
    """
    bins, length = out.shape[1:]
    half = steps[1] / steps[2]
    for r in range(begin, end):
        side = size[r] / steps[bins]
        for p in range(bins):
            for k in range(grid[r]):
                at = start[r] + steps[p] * side + (steps[k] + half) * side / steps[grid[r]]
                if at < -1 or at > length:
                    continue
                at = max(at, steps[0])
                low = min(int(at), length - 1)
                share = at - steps[low] if low < length - 1 else steps[0]
                out[r, p, low] += (steps[1] - share) / steps[grid[r]]
                if share > 0:
                    out[r, p, low + 1] += share / steps[grid[r]]


@kernel
def mean(
    begin: int, end: int, x: Array, image: Array, rows: Array, columns: Array, out: Array, last: bool
) -> None:
    """Weighted means of the regions from ``begin`` to ``end``."""
    channels = x.shape[3]
    bins, others = rows.shape[1], columns.shape[1]
    across = np.empty((x.shape[2], channels), x.dtype)
    bin_means = np.empty((bins * others, channels), x.dtype)
    for r in range(begin, end):
        n = image[r]
        left, right = _span(columns[r])
        for p in range(bins):
            across[left:right] = 0
            for y in range(x.shape[1]):
                weight = rows[r, p, y]
                if weight != 0:
                    for i in range(left, right):
                        for c in range(channels):
                            across[i, c] += weight * x[n, y, i, c]
            for q in range(others):
                bin_means[p * others + q] = 0
                for i in range(left, right):
                    weight = columns[r, q, i]
                    if weight != 0:
                        for c in range(channels):
                            bin_means[p * others + q, c] += weight * across[i, c]
        _write(bin_means, out[r], last)


@kernel
def mean_backward(
    begin: int, end: int, g: Array, image: Array, rows: Array, columns: Array, last: bool, out: Array
) -> None:
    """Add to ``out`` (N, H, W, C) the gradient of ``mean`` for the channels from ``begin`` to ``end``."""
    others = columns.shape[1]
    bins = np.empty((rows.shape[1] * others, end - begin), g.dtype)
    down = np.empty((others, end - begin), g.dtype)
    for r in range(len(image)):
        n = image[r]
        _read(g[r], bins, begin, last)
        left, right = _span(columns[r])
        top, bottom = _span(rows[r])
        for y in range(top, bottom):
            down[:] = 0
            for p in range(rows.shape[1]):
                weight = rows[r, p, y]
                if weight != 0:
                    for q in range(others):
                        for c in range(end - begin):
                            down[q, c] += weight * bins[p * others + q, c]
            for q in range(others):
                for i in range(left, right):
                    weight = columns[r, q, i]
                    if weight != 0:
                        for c in range(end - begin):
                            out[n, y, i, begin + c] += weight * down[q, c]


@kernel
def position_mean(
    begin: int, end: int, x: Array, image: Array, rows: Array, columns: Array, out: Array
) -> None:
    """Like ``mean``, but every bin looks at its own channels: x (N, H, W, bins, C), out (R, bins, C)."""
    others = columns.shape[1]
    for r in range(begin, end):
        left, right = _span(columns[r])
        top, bottom = _span(rows[r])
        for b in range(rows.shape[1] * others):
            for y in range(top, bottom):
                for i in range(left, right):
                    weight = rows[r, b // others, y] * columns[r, b % others, i]
                    if weight != 0:
                        for c in range(x.shape[4]):
                            out[r, b, c] += weight * x[image[r], y, i, b, c]


@kernel
def position_mean_backward(
    begin: int, end: int, g: Array, image: Array, rows: Array, columns: Array, out: Array
) -> None:
    """Add to ``out`` (N, H, W, bins, C) the gradient of ``position_mean`` for some channels."""
    others = columns.shape[1]
    for r in range(len(image)):
        left, right = _span(columns[r])
        top, bottom = _span(rows[r])
        for b in range(rows.shape[1] * others):
            for y in range(top, bottom):
                for i in range(left, right):
                    weight = rows[r, b // others, y] * columns[r, b % others, i]
                    if weight != 0:
                        for c in range(begin, end):
                            out[image[r], y, i, b, c] += weight * g[r, b, c]


@kernel
def largest(
    begin: int,
    end: int,
    x: Array,
    image: Array,
    tops: Array,
    lefts: Array,
    out: Array,
    where: Array,
    last: bool,
) -> None:
    """The largest number of every bin; ``tops`` (R, P, 2) and ``lefts`` (R, Q, 2) are its start and end.

    ``where`` int32 (R, C, P * Q) takes the first pixel y * W + x that has it, or -1; it may be empty.
    """
    channels, others = x.shape[3], lefts.shape[1]
    across = np.empty((x.shape[2], channels), x.dtype)
    best = np.empty((tops.shape[1] * others, channels), x.dtype)
    pixels = np.empty(best.shape, np.int32)
    for r in range(begin, end):
        n = image[r]
        for p in range(tops.shape[1]):
            top, bottom = tops[r, p, 0], tops[r, p, 1]
            across[:] = -np.inf
            for y in range(top, bottom):
                for i in range(lefts[r, 0, 0], lefts[r, others - 1, 1]):
                    for c in range(channels):
                        across[i, c] = max(across[i, c], x[n, y, i, c])
            for q in range(others):
                b, left, right = p * others + q, lefts[r, q, 0], lefts[r, q, 1]
                best[b] = -np.inf if top < bottom and left < right else 0
                if top < bottom:
                    for i in range(left, right):
                        for c in range(channels):
                            best[b, c] = max(best[b, c], across[i, c])
                if len(where):
                    pixels[b] = -1
                    for y in range(bottom - 1, top - 1, -1):  # backwards, so that the first one remains
                        for i in range(right - 1, left - 1, -1):
                            pixel = np.int32(y * x.shape[2] + i)
                            for c in range(channels):
                                found = x[n, y, i, c] == best[b, c]
                                pixels[b, c] = pixel if found else pixels[b, c]
        _write(best, out[r], last)
        if len(where):
            _write(pixels, where[r], False)


@kernel
def largest_backward(begin: int, end: int, g: Array, image: Array, where: Array, out: Array) -> None:
    """Add to ``out`` (N, C, H * W) the gradient g (R, C, P * Q) of ``largest``, for the channels begin..end.

    Channel by channel: the map of one stays in the first-level cache.
    """
    for c in range(begin, end):
        for r in range(len(image)):
            for b in range(g.shape[2]):
                if where[r, c, b] >= 0:
                    out[image[r], c, where[r, c, b]] += g[r, c, b]


@part
def _span(weights: Array) -> tuple[int, int]:
    """First and end of the pixels that have a weight in any bin."""
    first, end = weights.shape[1], 0
    for p in range(weights.shape[0]):
        for i in range(weights.shape[1]):
            if weights[p, i] != 0:
                first, end = min(first, i), max(end, i + 1)
    return first, end


@part
def _write(bins: Array, out: Array, last: bool) -> None:
    """Write (bins, C) as it is, or as (C, bins)."""
    if last:
        out[:] = bins
    else:
        for c in range(bins.shape[1]):
            for b in range(bins.shape[0]):
                out[c, b] = bins[b, c]


@part
def _read(g: Array, bins: Array, begin: int, last: bool) -> None:
    """Read some channels of (bins, C) or (C, bins) into (bins, some)."""
    for b in range(bins.shape[0]):
        for c in range(bins.shape[1]):
            bins[b, c] = g[b, begin + c] if last else g[begin + c, b]
