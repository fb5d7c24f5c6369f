"""What is known of the pieces of a picture: size, box, histograms of color and texture, and neighbours.

    counts of a piece    channel 0: 25 colors | channel 1 | ... | channel 0: 8 directions x 10 slopes | ...

A slope is the difference of the pixels on both sides of a smoothed picture, which is a derivative of a
Gaussian; 4 axes and their signs are 8 directions. Most slopes are small: the first bin is what is left over.
"""

import numpy as np

from striate.ops.kernels.compile import Array, kernel

COLORS, SLOPES, AXES = 25, 10, 4
DIRECTIONS = 2 * AXES
STEEPEST = 40.0
"""Grey levels a pixel from which on a slope is in the last bin."""


@kernel
def slope_bins(image: Array, out: Array) -> None:
    """Fill ``out`` (channels, 4, pixels), uint8, with 10 * direction + bin of the slopes of ``image``."""
    channels, height, width = image.shape
    scale, diagonal = np.float32(SLOPES / STEEPEST), np.float32(np.sqrt(0.5))
    slope = np.empty((AXES, width), np.float32)
    for c in range(channels):
        for y in range(height):
            above, line, below = image[c, max(y - 1, 0)], image[c, y], image[c, min(y + 1, height - 1)]
            for x in range(width):
                slope[2, x] = (below[x] - above[x]) * np.float32(0.5)
            slope[0, 0] = slope[0, width - 1] = 0
            for x in range(1, width - 1):
                slope[0, x] = (line[x + 1] - line[x - 1]) * np.float32(0.5)
            for x in range(width):
                slope[1, x] = (slope[0, x] + slope[2, x]) * diagonal
                slope[3, x] = (slope[2, x] - slope[0, x]) * diagonal
            for axis in range(AXES):
                codes = out[c, axis, y * width : (y + 1) * width]
                for x in range(width):
                    size = np.int32(min(np.abs(slope[axis, x]) * scale, np.float32(SLOPES - 1)))
                    codes[x] = size + SLOPES * (axis + (AXES if slope[axis, x] < 0 else 0))


@kernel
def histograms(labels: Array, image: Array, slopes: Array, counts: Array, frames: Array) -> None:
    """Fill ``counts`` (R, bins), int32 and zero before, and ``frames`` (R, 5): x1, y1, x2, y2, pixels.

    ``labels`` are int32 (H, W); ``image`` (channels, pixels) and ``slopes`` (channels * 4, pixels) uint8.
    """
    height, width = labels.shape
    channels = len(image)
    texture = channels * COLORS
    frames[:, 0], frames[:, 1] = width, height
    for y in range(height):
        for x in range(width):
            p, r = y * width + x, labels[y, x]
            frame, row = frames[r], counts[r]
            frame[0], frame[1] = min(frame[0], x), min(frame[1], y)
            frame[2], frame[3] = max(frame[2], x + 1), max(frame[3], y + 1)
            frame[4] += 1
            for c in range(channels):
                row[c * COLORS + (np.int32(image[c, p]) * COLORS >> 8)] += 1
                for axis in range(AXES):
                    row[texture + c * DIRECTIONS * SLOPES + slopes[c * AXES + axis, p]] += 1
    for r in range(len(counts)):
        for start in range(texture, counts.shape[1], SLOPES):
            counts[r, start] = frames[r, 4] - counts[r, start + 1 : start + SLOPES].sum()


@kernel
def neighbours(labels: Array, count: int) -> Array:
    """int32 (E, 2): pairs of pieces beside or above each other, each once, the lower number first."""
    height, width = labels.shape
    starts = np.zeros(count + 1, np.int64)
    for y in range(height):
        for x in range(width):
            a = labels[y, x]
            if x + 1 < width and labels[y, x + 1] != a:
                starts[min(a, labels[y, x + 1]) + 1] += 1
            if y + 1 < height and labels[y + 1, x] != a:
                starts[min(a, labels[y + 1, x]) + 1] += 1
    starts = np.cumsum(starts)
    ends, others = starts.copy(), np.empty(starts[count], np.int32)
    for y in range(height):
        for x in range(width):
            a = labels[y, x]
            for b in (labels[y, min(x + 1, width - 1)], labels[min(y + 1, height - 1), x]):
                if a != b:
                    others[ends[min(a, b)]] = max(a, b)
                    ends[min(a, b)] += 1
    pairs, found = np.empty((starts[count], 2), np.int32), 0
    seen = np.full(count, -1, np.int32)
    for a in range(count):
        for b in np.sort(others[starts[a] : starts[a + 1]]):
            if seen[b] != a:
                seen[b] = a
                pairs[found, 0], pairs[found, 1] = a, b
                found += 1
    return pairs[:found].copy()
