"""Where the object of a region really lies: a ridge regression of four offsets, one for each class.

Girshick, Donahue, Darrell, Malik 2014, appendix C; https://arxiv.org/abs/1311.2524. Regions whose IoU with an
object of the class is above 0.6 teach; lambda is 1,000 for features of mean length 20.
"""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from striate.tasks.detection.region_stages.linear_svm import Features, Rows, blocks

LEAST_IOU, STRENGTH = 0.6, 1_000.0
MOST = 50_000
"""Regions of a class at most: the first ones."""


class Moves(NamedTuple):
    """offsets = weight @ feature + bias."""

    weight: NDArray[np.float32]
    bias: NDArray[np.float32]


def ridge(features: Features, rows: Rows, offsets: NDArray[np.float32], *, scale: float) -> Moves:
    """Fit the offsets of a class.

    Args:
        features: float16 (P, D).
        rows: numbers of the regions that teach; without any, nothing is moved.
        offsets: float32 (len(rows), 4), dx, dy, dw, dh to their objects.
        scale: of the features, see ``length_scale``.

    Returns:
        weight (4, D) and bias (4,).

    >>> table = np.array([[1], [2], [3]], np.float16)
    >>> moves = ridge(table, np.arange(3), np.array([[2.0] * 4, [4.0] * 4, [6.0] * 4], np.float32), scale=1e4)
    >>> [round(float(one), 3) for one in (moves.weight[0, 0], moves.bias[0])]
    [2.0, 0.0]
    """
    from sklearn.linear_model import Ridge

    if not len(rows):
        return Moves(np.zeros((4, features.shape[1]), np.float32), np.zeros(4, np.float32))
    table = np.concatenate([block for _, block in blocks(features, rows[:MOST])]) * scale
    found = Ridge(alpha=STRENGTH).fit(table, offsets[:MOST])
    return Moves((found.coef_ * scale).astype(np.float32), found.intercept_.astype(np.float32))
