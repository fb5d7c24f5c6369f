"""Class by class: what was taken for what, how well each is known, and if confidence can be believed."""

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from striate.tasks.classification.metrics import CALIBRATION_BINS, Metrics

CELLS = 40  # up to so many classes the confusion matrix is a table of text, else a picture
CONFUSED = 10  # pairs of classes in the list beside it


@dataclass(frozen=True)
class ClassRow:
    """One class of the table.

    Args:
        name: of the class.
        counts: images in each split of the data, in their order.
        support: images that were evaluated.
        precision, recall, f1: 0..1.
    """

    name: str
    counts: tuple[int, ...]
    support: int
    precision: float
    recall: float
    f1: float


@dataclass(frozen=True)
class Confused:
    """``times`` images of the class ``truth``, a ``share`` 0..1 of them, were taken for ``said``."""

    truth: str
    said: str
    times: int
    share: float


@dataclass(frozen=True)
class Calibration:
    """Confidence against truth, in bins of equal width from 0 to 1; empty bins hold zeros."""

    confidence: list[float]
    right: list[float]
    count: list[int]
    mean: float


def class_rows(metrics: Metrics, counts: Sequence[Sequence[int]]) -> list[ClassRow]:
    """The classes, weakest first; classes without an evaluated image come last.

    Args:
        metrics: what was measured.
        counts: for each split, images by class.
    """
    measured = zip(metrics.support, metrics.precision, metrics.recall, metrics.f1, strict=True)
    rows = [
        ClassRow(name, tuple(int(split[number]) for split in counts), *numbers)
        for number, (name, numbers) in enumerate(zip(metrics.classes, measured, strict=True))
    ]
    return sorted(rows, key=lambda row: (row.support == 0, row.f1))


def most_confused(metrics: Metrics, count: int = CONFUSED) -> list[Confused]:
    """The pairs of classes that were mixed up most often, most frequent first."""
    matrix = torch.tensor(metrics.confusion).fill_diagonal_(0)
    times, places = matrix.flatten().sort(descending=True, stable=True)
    pairs = [divmod(place, len(metrics.classes)) for place in places[:count].tolist()]
    return [
        Confused(metrics.classes[truth], metrics.classes[said], number, number / metrics.support[truth])
        for (truth, said), number in zip(pairs, times.tolist(), strict=False)
        if number
    ]


def shares(metrics: Metrics) -> list[list[tuple[int, float]]]:
    """The confusion matrix as (count, share of the row) by row."""
    rows = zip(metrics.confusion, metrics.support, strict=True)
    return [[(count, count / max(total, 1)) for count in row] for row, total in rows]


def calibration(scores: Tensor, labels: Tensor, bins: int = CALIBRATION_BINS) -> Calibration:
    """How often answers of each confidence were right.

    Args:
        scores: probabilities (N, K).
        labels: int64 (N,).
        bins: of equal width.
    """
    confidence, said = scores.double().max(1)
    right = (said == labels).double()
    place = (confidence * bins).ceil().long().clamp(1, bins) - 1  # bins are open below and closed above
    count = torch.bincount(place, minlength=bins)
    means = [torch.bincount(place, part, minlength=bins) / count.clamp(min=1) for part in (confidence, right)]
    return Calibration(means[0].tolist(), means[1].tolist(), count.tolist(), float(confidence.mean()))
