"""Graph segmentation: weights of the edges between neighbouring pixels, their order, and the union of pixels.

    edges of pixel p:   p -- 0        the four others are those of its neighbours
                       /|\\
                      3 1 2

An edge is 4 p + direction; its weight is a whole number of 1/64 grey levels, so that counting sorts edges.
The pieces are a forest: every pixel knows a pixel of its piece, the root knows its size and its threshold.
"""

import numpy as np

from striate.ops.kernels.compile import Array, kernel, part

NO_EDGE = 65535
"""Weight of an edge that leaves the picture; the largest weight is sqrt(3) 255 * 64 = 28,268."""


@kernel
def smooth(image: Array, taps: Array, out: Array) -> None:
    """Fill ``out`` (C, H, W), float32, with ``image`` after a symmetric filter in x and y.

    ``taps`` holds the middle and one half of it; the border repeats the last pixel.
    """
    channels, height, width = out.shape
    reach = len(taps) - 1
    row, across = np.empty(width + 2 * reach, np.float32), np.empty((height, width), np.float32)
    for c in range(channels):
        for y in range(height):
            row[reach : reach + width] = image[c, y]
            row[:reach] = image[c, y, 0]
            row[reach + width :] = image[c, y, width - 1]
            line = across[y]
            _scaled(row[reach : reach + width], taps[0], line)
            for k in range(1, reach + 1):
                _add_pair(
                    row[reach - k : reach - k + width], row[reach + k : reach + k + width], taps[k], line
                )
        for y in range(height):
            line = out[c, y]
            _scaled(across[y], taps[0], line)
            for k in range(1, reach + 1):
                _add_pair(across[max(y - k, 0)], across[min(y + k, height - 1)], taps[k], line)


@part
def _scaled(values: Array, factor: float, out: Array) -> None:
    for x in range(len(out)):
        out[x] = factor * values[x]


@part
def _add_pair(first: Array, second: Array, factor: float, out: Array) -> None:
    for x in range(len(out)):
        out[x] += factor * (first[x] + second[x])


@kernel
def edge_weights(image: Array, out: Array) -> None:
    """Fill ``out`` (4, H, W), uint16: 64 times the color distance to the right, below, and in two corners."""
    channels, height, width = image.shape
    squares = np.empty(width, np.float32)
    out[:] = NO_EDGE
    for y in range(height):
        for direction in range(4):
            below = direction > 0
            if below and y + 1 == height:
                continue
            first = 1 if direction == 3 else 0  # to the left and below: from the second pixel on
            shift = (1, 0, 1, -1)[direction]
            count = width - abs(shift)
            squares[:] = 0
            for c in range(channels):
                other = image[c, y + below, first + shift : first + shift + count]
                _add_squares(image[c, y, first : first + count], other, squares)
            _rounded(squares[:count], out[direction, y, first : first + count])


@part
def _add_squares(first: Array, second: Array, out: Array) -> None:
    for x in range(len(first)):
        gap = first[x] - second[x]
        out[x] += gap * gap


@part
def _rounded(squares: Array, out: Array) -> None:
    for x in range(len(out)):
        out[x] = np.uint16(np.sqrt(squares[x]) * np.float32(64) + np.float32(0.5))


@kernel
def sorted_edges(weights: Array) -> Array:
    """int32: the edges of ``weights`` (4, pixels) from the lightest on, by their number where equal."""
    pixels = weights.shape[1]
    starts = np.zeros(NO_EDGE + 2, np.int64)
    for d in range(4):
        line = weights[d]
        for p in range(pixels):
            starts[line[p] + 1] += 1
    total = 4 * pixels - starts[NO_EDGE + 1]
    starts = np.cumsum(starts)
    order = np.empty(total, np.int32)
    for p in range(pixels):
        for d in range(4):
            weight = weights[d, p]
            if weight < NO_EDGE:
                order[starts[weight]] = 4 * p + d
                starts[weight] += 1
    return order


@kernel
def united(weights: Array, order: Array, width: int, k: float, least: int) -> tuple[Array, int]:
    """int32 (pixels,), the piece of each pixel, numbered as they appear; and how many there are.

    ``weights`` (4, pixels) and ``order`` are of the functions above; pieces get at least ``least`` pixels.
    """
    pixels = weights.shape[1]
    parent, size = np.arange(pixels).astype(np.int32), np.ones(pixels, np.int32)
    limit = np.full(pixels, np.float32(k), np.float32)  # internal difference + k / size
    steps = np.array([1, width, width + 1, width - 1], np.int64)
    apart, count = np.empty(len(order), np.int32), 0
    for edge in order:
        p, d = edge >> 2, edge & 3
        a, b = p, p + steps[d]
        while parent[a] != a:  # not a function of its own: the call would cost as much
            parent[a] = parent[parent[a]]
            a = parent[a]
        while parent[b] != b:
            parent[b] = parent[parent[b]]
            b = parent[b]
        if a == b:
            continue
        weight = np.float32(weights[d, p]) / np.float32(64)
        if weight <= limit[a] and weight <= limit[b]:
            root = _unite(parent, size, a, b)
            limit[root] = weight + np.float32(k) / np.float32(size[root])
        else:
            apart[count] = edge
            count += 1
    for edge in apart[:count]:
        p = edge >> 2
        a, b = _root(parent, p), _root(parent, p + steps[edge & 3])
        if a != b and (size[a] < least or size[b] < least):
            _unite(parent, size, a, b)
    pieces: tuple[Array, int] = _numbered(parent)
    return pieces


@part
def _root(parent: Array, p: int) -> int:
    """The root of a pixel; the way there is halved."""
    while parent[p] != p:
        parent[p] = parent[parent[p]]
        p = parent[p]
    return p


@part
def _unite(parent: Array, size: Array, a: int, b: int) -> int:
    """Hang the smaller piece below the larger one; the root of both."""
    if size[a] < size[b]:
        a, b = b, a
    parent[b] = a
    size[a] += size[b]
    return a


@part
def _numbered(parent: Array) -> tuple[Array, int]:
    """The number of each pixel's piece, from 0 in the order in which pieces appear."""
    labels, count = np.full(len(parent), -1, np.int32), 0
    for p in range(len(parent)):
        root = _root(parent, p)
        if labels[root] < 0:
            labels[root] = count
            count += 1
        labels[p] = labels[root]
    return labels, count
