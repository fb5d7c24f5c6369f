"""What a classifier answered to N images, in a few numbers for each image, whatever the number of classes.

scores (N, K), labels (N,) --answers_of, a batch at a time--> Answers: (N,) columns --joined--> of all batches

The scores themselves are not kept: of 5,000 images and 5,000 classes they take 100 MB, and each copy too.
"""

from collections.abc import Sequence
from dataclasses import dataclass, fields

import torch
from torch import Tensor
from torch.nn import functional as F

from striate.errors import ShapeError

TOP = 5
TOP_FROM = 20
"""Classes from which on the share of true classes among the five highest scores says something.

Chance reaches 5 / K: with six classes 83 %, with twenty 25 %.
"""


@dataclass(frozen=True)
class Answers:
    """One row for each image.

    Args:
        labels: int64 (N,), the true classes.
        predicted: int64 (N,), the classes with the highest score.
        confidence: float32 (N,), their probabilities.
        true_probability: float32 (N,), the probabilities of the true classes.
        top_classes: int64 (N, 5), the classes with the five highest scores, highest first; of fewer classes
            the rest is -1.
        top_probability: float32 (N, 5), their probabilities; the rest is 0.
        losses: float64 (N,), cross-entropies.
    """

    labels: Tensor
    predicted: Tensor
    confidence: Tensor
    true_probability: Tensor
    top_classes: Tensor
    top_probability: Tensor
    losses: Tensor

    @property
    def right(self) -> Tensor:
        """bool (N,), whether the predicted class is the true one."""
        return self.predicted == self.labels

    @property
    def in_top(self) -> Tensor:
        """bool (N,), whether the true class is among the five highest scores."""
        return (self.top_classes == self.labels[:, None]).any(1)

    def loss(self) -> float:
        """Mean cross-entropy; 0 for no images."""
        if not len(self.losses):
            return 0.0
        zeros = torch.zeros_like(self.labels)
        return F.nll_loss(-self.losses[:, None], zeros).item()  # sums in the order of F.cross_entropy


def answers_of(raw: Tensor, labels: Tensor) -> Answers:
    """The answers to a batch.

    Args:
        raw: float (N, K), scores before the softmax.
        labels: int64 (N,), 0..K-1.

    Raises:
        ShapeError: there is not one row for each label.

    >>> answers_of(torch.tensor([[2.0, 0.0], [1.0, 0.0]]), torch.tensor([0, 1])).right.tolist()
    [True, False]
    """
    _require(raw, labels)
    return _answers(raw.softmax(1), F.cross_entropy(raw.double(), labels, reduction="none"), labels)


def answers_of_probabilities(scores: Tensor, labels: Tensor) -> Answers:
    """The same of probabilities (N, K), as they are."""
    _require(scores, labels)
    return _answers(scores, F.nll_loss(scores.double().log(), labels, reduction="none"), labels)


def _answers(scores: Tensor, losses: Tensor, labels: Tensor) -> Answers:
    confidence, predicted = scores.max(1)
    top = scores.topk(min(TOP, scores.shape[1]), dim=1)
    true_probability = scores.gather(1, labels[:, None])[:, 0]
    missing = (0, TOP - top.values.shape[1])
    classes, probability = F.pad(top.indices, missing, value=-1), F.pad(top.values, missing)
    return Answers(labels, predicted, confidence, true_probability, classes, probability, losses)


def _require(scores: Tensor, labels: Tensor) -> None:
    if scores.ndim != 2 or len(scores) != len(labels):
        raise ShapeError(
            f"scores have the shape {tuple(scores.shape)}",
            f"({len(labels)}, classes): one row for each label, one column for each class",
            "pass the scores of all images",
        )


def joined(parts: Sequence[Answers]) -> Answers:
    """The answers of several batches after each other; of none, no answers."""
    none = answers_of(torch.empty(0, 1), torch.empty(0, dtype=torch.int64))
    return Answers(
        **{
            field.name: torch.cat([getattr(part, field.name) for part in (none, *parts)])
            for field in fields(Answers)
        }
    )
