"""The class with the best score at every pixel; of equal scores the first."""

import numpy as np

from striate.ops.kernels.compile import Array, kernel

TOGETHER = 1024
"""Pixels whose best scores stay in the cache while the next class is looked at."""


@kernel
def best_of_rows(begin: int, end: int, scores: Array, best: Array) -> None:
    """Scores (P, K), the classes of a pixel beside each other -> best (P,)."""
    for pixel in range(begin, end):
        most, number = scores[pixel, 0], 0
        for other in range(1, scores.shape[1]):
            if scores[pixel, other] > most:
                most, number = scores[pixel, other], other
        best[pixel] = number


@kernel
def best_of_maps(begin: int, end: int, scores: Array, best: Array) -> None:
    """Scores (K, P), a map for each class -> best (P,)."""
    most = np.empty(TOGETHER, scores.dtype)
    for first in range(begin, end, TOGETHER):
        count = min(TOGETHER, end - first)
        for pixel in range(count):
            most[pixel] = scores[0, first + pixel]
            best[first + pixel] = 0
        for other in range(1, scores.shape[0]):
            for pixel in range(count):
                if scores[other, first + pixel] > most[pixel]:
                    most[pixel], best[first + pixel] = scores[other, first + pixel], other
