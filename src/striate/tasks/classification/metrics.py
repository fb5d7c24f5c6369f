"""How good a classifier is: figures from its scores and the true labels.

                guess 0  guess 1
truth 0       [    3        1   ]     recall 3/4       accuracy = diagonal / all
truth 1       [    0        2   ]     recall 2/2
precision         3/3      2/3        F1 = 2 P R / (P + R)
"""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

import torch
from torch import Tensor

from striate.errors import ShapeError

CALIBRATION_BINS = 15  # Guo, Pleiss, Sun, Weinberger 2017, section 5. https://arxiv.org/abs/1706.04599
TOP = 5
DEVIATIONS = 1.959964  # of the normal distribution, 95 % of it lies within


@dataclass(frozen=True)
class Metrics:
    """What was measured on some images. A class that never occurs, or is never guessed, has zeros, no NaN.

    Args:
        classes: K names.
        count: N, images.
        accuracy: share of images whose class has the highest score, 0..1.
        top5: share of images whose class is among the min(5, K) highest scores, 0..1.
        precision: by class, share of right guesses among the guesses.
        recall: by class, share of right guesses among the images.
        f1: by class, harmonic mean of both.
        support: by class, images.
        confusion: (K, K) counts, rows are truth, columns are guesses.
        calibration_error: mean distance of confidence and accuracy over 15 bins of confidence, 0..1.
    """

    classes: tuple[str, ...]
    count: int
    accuracy: float
    top5: float
    precision: tuple[float, ...]
    recall: tuple[float, ...]
    f1: tuple[float, ...]
    support: tuple[int, ...]
    confusion: tuple[tuple[int, ...], ...]
    calibration_error: float

    def to_dict(self) -> dict[str, Any]:
        """Plain values, ready for JSON."""
        return asdict(self)

    @classmethod
    def from_dict(cls, values: dict[str, Any]) -> "Metrics":
        """The inverse of ``to_dict``, lists instead of tuples welcome."""
        plain: dict[str, Any] = {
            name: tuple(value) if isinstance(value, list) else value for name, value in values.items()
        }
        return cls(**{**plain, "confusion": tuple(map(tuple, plain["confusion"]))})


def classification_metrics(scores: Tensor, labels: Tensor, classes: Sequence[str]) -> Metrics:
    """Measure scores against the truth.

    Args:
        scores: float (N, K), probabilities.
        labels: int64 (N,), 0..K-1.
        classes: K names.

    Raises:
        ShapeError: scores and labels differ in N, or scores and classes in K.

    >>> scores = torch.tensor([[0.9, 0.1], [0.6, 0.4]])
    >>> classification_metrics(scores, torch.tensor([0, 1]), ["cat", "dog"]).accuracy
    0.5
    """
    _require(scores, labels, classes)
    count = len(labels)
    confusion = confusion_counts(scores, labels)
    right, support, guessed = confusion.diagonal(), confusion.sum(1), confusion.sum(0)
    top = scores.topk(min(TOP, len(classes)), dim=1).indices
    return Metrics(
        classes=tuple(classes),
        count=count,
        accuracy=_share(right.sum(), support.sum()).item(),
        top5=_share((top == labels[:, None]).sum(), support.sum()).item(),
        precision=tuple(_share(right, guessed).tolist()),
        recall=tuple(_share(right, support).tolist()),
        f1=tuple(_share(2 * right, support + guessed).tolist()),  # 2PR/(P+R), multiplied out
        support=tuple(support.tolist()),
        confusion=tuple(map(tuple, confusion.tolist())),
        calibration_error=calibration_error(scores, labels) if count else 0.0,
    )


def confusion_counts(scores: Tensor, labels: Tensor) -> Tensor:
    """int64 (K, K), unit: images. Rows are truth, columns are guesses."""
    from torchmetrics.functional.classification import multiclass_confusion_matrix

    classes = scores.shape[1]
    guesses = scores.argmax(1)
    if classes == 1:  # torchmetrics knows two classes and more
        return torch.tensor([[len(labels)]])
    counts: Tensor = multiclass_confusion_matrix(guesses, labels, num_classes=classes)
    return counts


def calibration_error(scores: Tensor, labels: Tensor) -> float:
    """Expected calibration error of probabilities (N, K), N > 0, over 15 bins of equal width."""
    from torchmetrics.functional.classification import binary_calibration_error

    confidence, guesses = scores.double().max(1)
    right = (guesses == labels).long()
    # torchmetrics' multiclass form rounds to float32; its binary form takes "the guess is right" as the event
    error: Tensor = binary_calibration_error(confidence, right, n_bins=CALIBRATION_BINS, norm="l1")
    return min(float(error), 1.0)


def binomial_interval(share: float, count: int) -> tuple[float, float]:
    """Between which two shares the truth lies with 95 %, when ``share`` of ``count`` pictures were right.

    Source: Wilson 1927, "Probable inference, the law of succession, and statistical inference", equation 4.

    >>> [round(side, 3) for side in binomial_interval(0.5, 100)]
    [0.404, 0.596]
    """
    if not count:
        return 0.0, 1.0
    share_of_z = DEVIATIONS**2 / count
    middle = (share + share_of_z / 2) / (1 + share_of_z)
    half = DEVIATIONS / (1 + share_of_z) * (share * (1 - share) / count + share_of_z / (4 * count)) ** 0.5
    return min(share, max(0.0, middle - half)), max(share, min(1.0, middle + half))  # rounding apart


def _share(part: Tensor, whole: Tensor) -> Tensor:
    """float64 part / whole, 0 where there is nothing."""
    return torch.where(whole > 0, part.double() / whole.clamp(min=1).double(), 0.0)


def _require(scores: Tensor, labels: Tensor, classes: Sequence[str]) -> None:
    if scores.shape != (len(labels), len(classes)):
        raise ShapeError(
            f"scores have the shape {tuple(scores.shape)}",
            f"({len(labels)}, {len(classes)}): one row for each label, one column for each class",
            "pass the probabilities of all images",
        )
