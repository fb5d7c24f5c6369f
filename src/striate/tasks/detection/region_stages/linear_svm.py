"""A linear support vector machine for one class, taught by the negatives that it gets wrong.

    some negatives --fit--> margins of all --> those above -1 join, those below -1.2 leave --> fit ...

Girshick, Donahue, Darrell, Malik 2014, section 2.3 and appendix B; https://arxiv.org/abs/1311.2524. The
numbers are those of the authors' code: features of mean length 20, C 0.001, positives twice as heavy.
"""

import warnings
from collections.abc import Iterator
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

Features = NDArray[np.float16]
Rows = NDArray[np.int64]

LENGTH = 20.0
"""Mean length of the features that a machine sees."""

COST, POSITIVE_WEIGHT, BIAS_FEATURE = 0.001, 2.0, 10.0
"""C; of positives against negatives; and the constant feature whose weight is the bias."""

HARD, EASY = -1.0, -1.2
"""Margins: above the first a negative teaches, below the second it does not."""

FIRST, MOST, ROUNDS = 2_000, 20_000, 6
"""Negatives to begin with, at most at once, and rounds of mining at most."""

BLOCK = 65_536
"""Rows that are read at once."""


class Machine(NamedTuple):
    """margin = weight @ feature + bias."""

    weight: NDArray[np.float32]
    bias: float


def length_scale(features: Features, rows: Rows) -> float:
    """What features are multiplied with so that the given rows have a mean length of 20.

    >>> length_scale(np.array([[3, 4], [6, 8]], np.float16), np.array([0, 1]))
    2.6666666666666665
    """
    lengths = [np.linalg.norm(block, axis=1) for _, block in blocks(features, rows)]
    mean = float(np.concatenate(lengths).mean()) if lengths else 0.0
    return LENGTH / mean if mean > 0 else 1.0


def mined_svm(features: Features, positive: Rows, negative: Rows, *, scale: float, seed: int = 0) -> Machine:
    """Fit a machine.

    Args:
        features: float16 (P, D), as a file; few of them are in memory at a time.
        positive: numbers of rows with the class; without any, the margin is -1 everywhere.
        negative: numbers of rows without it; likewise, +1.
        scale: of the features, see ``length_scale``.
        seed: of the first negatives, and of the solver.

    >>> rng = np.random.default_rng(0)
    >>> table = np.concatenate([rng.normal(3, 1, (50, 2)), rng.normal(-3, 1, (50, 2))]).astype(np.float16)
    >>> machine = mined_svm(table, np.arange(50), np.arange(50, 100), scale=4.0)
    >>> margins = table @ machine.weight + machine.bias
    >>> bool((margins[:50] > 0).all() and (margins[50:] < 0).all())
    True
    """
    if not len(positive) or not len(negative):
        return Machine(np.zeros(features.shape[1], np.float32), 1.0 if len(positive) else -1.0)
    random = np.random.default_rng(seed)
    mined = np.sort(random.choice(negative, min(FIRST, len(negative)), replace=False))
    machine = _fitted(features, positive, mined, scale, seed)
    for _ in range(ROUNDS):
        margins = _margins(features, negative, machine)
        hard = np.setdiff1d(negative[margins > HARD], mined)
        if not len(hard):
            break
        kept = np.intersect1d(mined, negative[margins >= EASY])
        mined = _some(np.union1d(kept, hard), random)
        machine = _fitted(features, positive, mined, scale, seed)
    return machine


def blocks(features: Features, rows: Rows) -> Iterator[tuple[Rows, NDArray[np.float32]]]:
    """The rows of a large table, some at a time, as float32."""
    for first in range(0, len(rows), BLOCK):
        chosen = rows[first : first + BLOCK]
        yield chosen, np.asarray(features[chosen], np.float32)


def _margins(features: Features, rows: Rows, machine: Machine) -> NDArray[np.float32]:
    parts = [block @ machine.weight + machine.bias for _, block in blocks(features, rows)]
    return np.concatenate(parts)


def _some(chosen: Rows, random: np.random.Generator) -> Rows:
    """At most ``MOST`` rows, drawn from all: the hardest alone would let the others pass for objects."""
    return chosen if len(chosen) <= MOST else np.sort(random.choice(chosen, MOST, replace=False))


def _fitted(features: Features, positive: Rows, negative: Rows, scale: float, seed: int) -> Machine:
    from sklearn.exceptions import ConvergenceWarning
    from sklearn.svm import LinearSVC

    rows = np.concatenate([positive, negative])
    table = np.concatenate([block for _, block in blocks(features, rows)]) * scale
    labels = np.repeat([1, 0], [len(positive), len(negative)])
    solver = LinearSVC(
        C=COST,
        loss="hinge",
        class_weight={1: POSITIVE_WEIGHT},
        intercept_scaling=BIAS_FEATURE,
        random_state=seed,
        max_iter=1_000,
    )
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)  # nearly there is near enough: more are mined
        solver.fit(table, labels)
    return Machine((solver.coef_[0] * scale).astype(np.float32), float(solver.intercept_[0]))
