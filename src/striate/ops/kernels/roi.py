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

from striate.ops.kernels.compile import Array, inner, kernel, part

NONE = np.iinfo(np.int32).max
"""The row of a maximum among NaN alone: later than every other."""


@kernel
def sample_weights(
    begin: int, end: int, start: Array, size: Array, grid: Array, steps: Array, out: Array
) -> None:
    """Fill ``out`` (R, P, L) with the weights of pixels in the mean of every bin's samples.

    ``steps`` holds 0, 1, 2 ... in the type of ``start``: the arithmetic stays in that type, as torchvision's.
    """
    bins, length = out.shape[1:]
    half = steps[1] / steps[2]
    for r in range(begin, end):
        side = size[r] / steps[bins]
        out[r] = 0
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
    lines = x.reshape(x.shape[0], x.shape[1], x.shape[2] * channels)
    line = np.empty(x.shape[2] * channels, x.dtype)
    pixels = line.reshape(x.shape[2], channels)
    turned = np.empty((bins * others, channels), x.dtype)
    down, across = np.empty((bins, 2), np.int64), np.empty((others, 2), np.int64)
    for r in range(begin, end):
        means = out[r] if last else turned
        _spans(rows[r], down)
        left, right = _spans(columns[r], across)
        part = line[left * channels : right * channels]
        for p in range(bins):
            _weigh(rows[r, p], down[p], lines[image[r]], left * channels, right * channels, part)
            for q in range(others):
                _weigh(columns[r, q], across[q], pixels, 0, channels, means[p * others + q])
        if not last:
            _turn(means, out[r])


@kernel
def mean_backward(
    begin: int, end: int, g: Array, image: Array, rows: Array, columns: Array, last: bool, out: Array
) -> None:
    """Add to ``out`` (N, H, W, C) the gradient of ``mean`` for the channels from ``begin`` to ``end``."""
    others = columns.shape[1]
    bins = np.empty((rows.shape[1] * others, end - begin), g.dtype)
    down = np.empty((others, end - begin), g.dtype)
    row_spans, column_spans = np.empty((rows.shape[1], 2), np.int64), np.empty((others, 2), np.int64)
    for r in range(len(image)):
        n = image[r]
        _read(g[r], bins, begin, last)
        top, bottom = _spans(rows[r], row_spans)
        _spans(columns[r], column_spans)
        for y in range(top, bottom):
            down[:] = 0
            for p in range(rows.shape[1]):
                weight = rows[r, p, y]
                if weight != 0:
                    for q in range(others):
                        for c in range(end - begin):
                            down[q, c] += weight * bins[p * others + q, c]
            for q in range(others):
                for i in range(column_spans[q, 0], column_spans[q, 1]):
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

    ``where``, whole numbers in the shape of ``out``, takes the first pixel y * W + x that has it, or -1; it
    may be empty.
    """
    channels, others = x.shape[3], lefts.shape[1]
    lines = x.reshape(x.shape[0], x.shape[1], x.shape[2] * channels)
    line, line_rows = np.empty(lines.shape[2], x.dtype), np.empty(lines.shape[2], np.int32)
    values, value_rows = line.reshape(x.shape[2], channels), line_rows.reshape(x.shape[2], channels)
    turned = np.empty((tops.shape[1] * others, channels), x.dtype)
    turned_pixels = np.empty(turned.shape, where.dtype)
    best_rows = np.empty(channels, np.int32)
    for r in range(begin, end):
        best = out[r] if last else turned
        pixels = where[r] if last and len(where) else turned_pixels
        first, stop = lefts[r, 0, 0] * channels, lefts[r, others - 1, 1] * channels
        part = line[first:stop]
        for p in range(tops.shape[1]):
            top, bottom = tops[r, p, 0], tops[r, p, 1]
            if len(where):
                part_rows = line_rows[first:stop]
                _largest_rows(lines[image[r]], top, bottom, first, stop, part, part_rows)
            else:
                _largest(lines[image[r]], top, bottom, first, stop, part)
            for q in range(others):
                b, left, right = p * others + q, lefts[r, q, 0], lefts[r, q, 1]
                if top >= bottom or left >= right:
                    best[b] = 0
                    pixels[b] = -1
                elif len(where):
                    _largest_pixels(values, value_rows, left, right, best[b], best_rows, pixels[b])
                else:
                    _largest(values, left, right, 0, channels, best[b])
        if not last:
            _turn(best, out[r])
            if len(where):
                _turn(pixels, where[r])


@kernel
def largest_backward(
    begin: int, end: int, g: Array, image: Array, where: Array, out: Array, last: bool
) -> None:
    """Add the gradient ``g`` of ``largest`` to ``out``, for the channels from ``begin`` to ``end``.

    Where ``last`` is true, g is (R, P * Q, C) and out (N, H * W, C), else (R, C, P * Q) and (N, C, H * W).
    """
    if last:
        for r in range(len(image)):
            for b in range(g.shape[1]):
                for c in range(begin, end):
                    if where[r, b, c] >= 0:
                        out[image[r], where[r, b, c], c] += g[r, b, c]
    else:
        for c in range(begin, end):  # the map of one channel stays in the first-level cache
            for r in range(len(image)):
                for b in range(g.shape[2]):
                    if where[r, c, b] >= 0:
                        out[image[r], c, where[r, c, b]] += g[r, c, b]


@part
def _spans(weights: Array, spans: Array) -> tuple[int, int]:
    """Fill ``spans`` (bins, 2), first and end of the pixels with a weight in each bin; give those of all."""
    length = weights.shape[1]
    first, end = length, 0
    for p in range(len(weights)):
        low, high = 0, length
        while low < high and weights[p, low] == 0:
            low += 1
        while high > low and weights[p, high - 1] == 0:
            high -= 1
        spans[p, 0], spans[p, 1] = low, high
        if low < high:
            first, end = min(first, low), max(end, high)
    return first, end


@part
def _span(weights: Array) -> tuple[int, int]:
    """First and end of the pixels that have a weight in any bin."""
    first, end = _spans(weights, np.empty((len(weights), 2), np.int64))
    return first, end


@inner
def _weigh(weights: Array, span: Array, x: Array, begin: int, end: int, out: Array) -> None:
    """``out`` = sum of weights[k] * x[k, begin:end]; two rows at a time halve what is stored."""
    out[:] = 0
    odd = -1
    for k in range(span[0], span[1]):
        if weights[k] == 0:
            continue
        if odd < 0:
            odd = k
        else:
            first, second = x[odd, begin:end], x[k, begin:end]
            one, two = weights[odd], weights[k]
            for j in range(len(out)):
                out[j] += one * first[j] + two * second[j]
            odd = -1
    if odd >= 0:
        first, one = x[odd, begin:end], weights[odd]
        for j in range(len(out)):
            out[j] += one * first[j]


@inner
def _largest(x: Array, first: int, stop: int, begin: int, end: int, out: Array) -> None:
    """``out`` = largest of x[first..stop, begin:end]; NaN is passed over."""
    out[:] = -np.inf
    for k in range(first, stop):
        row = x[k, begin:end]
        for j in range(len(out)):
            out[j] = max(out[j], row[j])


@inner
def _largest_rows(x: Array, first: int, stop: int, begin: int, end: int, out: Array, where: Array) -> None:
    """The same, and in ``where`` the first row that has it, or ``NONE``."""
    out[:] = -np.inf
    where[:] = NONE
    for k in range(stop - 1, first - 1, -1):  # backwards, so that the first one remains
        row, number = x[k, begin:end], np.int32(k)
        for j in range(len(out)):
            better = row[j] >= out[j]
            out[j] = row[j] if better else out[j]
            where[j] = number if better else where[j]


@inner
def _largest_pixels(
    line: Array, rows: Array, left: int, right: int, out: Array, out_rows: Array, pixels: Array
) -> None:
    """The largest of a line's pixels left..right, and the first pixel of the map that has it, or -1."""
    width = np.int32(len(line))
    out[:] = -np.inf
    out_rows[:] = NONE
    pixels[:] = -1
    for k in range(left, right):
        values, numbers, column = line[k], rows[k], np.int32(k)
        for c in range(len(out)):
            value, row = values[c], numbers[c]
            better = (value > out[c]) | ((value == out[c]) & (row < out_rows[c]))
            out[c] = value if better else out[c]
            out_rows[c] = row if better else out_rows[c]
            pixels[c] = np.int32(row * width + column) if better else pixels[c]


@part
def _turn(bins: Array, out: Array) -> None:
    """Write (bins, C) as (C, bins)."""
    for c in range(bins.shape[1]):
        for b in range(bins.shape[0]):
            out[c, b] = bins[b, c]


@part
def _read(g: Array, bins: Array, begin: int, last: bool) -> None:
    """Read some channels of (bins, C) or (C, bins) into (bins, some)."""
    for b in range(bins.shape[0]):
        for c in range(bins.shape[1]):
            bins[b, c] = g[b, begin + c] if last else g[begin + c, b]
