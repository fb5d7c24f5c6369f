"""How good a classifier is: numbers from its answers and the true classes.

                predicted 0  predicted 1
true 0        [      3            1     ]     recall 3/4       accuracy = diagonal / all
true 1        [      0            2     ]     recall 2/2
precision           3/3          2/3          F1 = 2 P R / (P + R)

What cannot be said is None, never 0: the accuracy of no images, the precision of a class that was never
predicted, the calibration of 33 images.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, final

from torch import Tensor

from striate.arguments import checked_methods
from striate.errors import SettingError, ShapeError
from striate.formatting import percent, percent_range
from striate.ops.intervals import Interval, wilson
from striate.tasks.classification.answers import TOP_FROM, Answers, answers_of_probabilities
from striate.tasks.classification.calibration import calibration
from striate.tasks.classification.confusion import Confusion, confusion
from striate.tasks.metric import Metrics, Primary

ACCURACY = Primary("accuracy")


@final
@checked_methods
@dataclass(frozen=True)
class ClassificationMetrics(Metrics):
    """What was measured on some images.

    Args:
        classes: K names.
        count: N, images.
        accuracy: share of images whose class has the highest score, 0..1; None for no images.
        top5: share of images whose class is among the five highest scores; None with less than 20 classes.
        precision: by class, share of right answers among the answers; None where it was never the answer.
        recall: by class, share of right answers among the images; None where there are no images.
        f1: by class, harmonic mean of both; None where there is neither image nor answer.
        support: by class, images.
        confusion: counts by (true class, predicted class).
        calibration_error: mean distance of confidence and accuracy over 15 bins of confidence, 0..1; None
            with less than 600 images, where chance alone may make one of 5 points and more.
        calibration_interval: (low, high) of it.
        measured_on: what the images are to the model, a sentence; empty if nobody said.
        per_image: float32 (N,), 1 for a right answer, in the order of the images; None once read from a file.
    """

    classes: tuple[str, ...]
    count: int
    accuracy: float | None
    top5: float | None
    precision: tuple[float | None, ...]
    recall: tuple[float | None, ...]
    f1: tuple[float | None, ...]
    support: tuple[int, ...]
    confusion: Confusion
    calibration_error: float | None = None
    calibration_interval: Interval | None = None
    measured_on: str = field(default="", compare=False)
    per_image: Tensor | None = field(default=None, repr=False, compare=False)

    @property
    def primary(self) -> Primary:
        """The accuracy."""
        return ACCURACY.of(self.accuracy)

    @property
    def values(self) -> dict[str, float | None]:
        """Accuracy, top-5 accuracy and calibration error."""
        others = {"top5": self.top5, "calibration_error": self.calibration_error}
        return {"accuracy": self.accuracy, **others}

    def headline(self, pictures: str) -> str:
        """``97.00 % of 33 val pictures right (95 % interval 84.2 to 99.4 %)``."""
        interval = percent_range(self.interval)
        return f"{percent(self.accuracy, 2)} of {pictures} right (95 % interval {interval})"

    @property
    def interval(self) -> Interval | None:
        """(low, high), the 95 % interval of the accuracy (Wilson); None for no images."""
        return self._wilson(self.accuracy)

    @property
    def top5_interval(self) -> Interval | None:
        """(low, high), the 95 % interval of ``top5`` (Wilson)."""
        return self._wilson(self.top5)

    def summary(self) -> dict[str, Any]:
        """What stands above the classes, as plain values: a few numbers for any number of classes."""
        return {
            "count": self.count,
            "accuracy": self.accuracy,
            "interval": self.interval,
            "top5": self.top5,
            "top5_interval": self.top5_interval,
            "calibration_error": self.calibration_error,
            "calibration_interval": self.calibration_interval,
        }

    def to_dict(self) -> dict[str, Any]:
        """Plain values, ready for JSON; of the images only their number."""
        return {
            "classes": list(self.classes),
            **{
                name: list(value) if isinstance(value, tuple) else value
                for name, value in self.summary().items()
            },
            "precision": list(self.precision),
            "recall": list(self.recall),
            "f1": list(self.f1),
            "support": list(self.support),
            "confusion": self.confusion.to_json(),
            "measured_on": self.measured_on,
        }

    @classmethod
    def from_dict(cls, values: dict[str, Any]) -> "ClassificationMetrics":
        """The inverse of ``to_dict``, but for ``per_image``.

        Raises:
            SettingError: they are no such values.
        """
        try:
            return cls._of_values(values)
        except (KeyError, TypeError, ValueError, AttributeError, IndexError) as reason:
            wrong = f"the values are no metrics of a classification: {type(reason).__name__} {reason}"
            raise SettingError(wrong, "what to_dict gives", "the file as it was written") from reason

    @classmethod
    def _of_values(cls, values: dict[str, Any]) -> "ClassificationMetrics":
        kept = {name: value for name, value in values.items() if name in cls.__dataclass_fields__}
        plain: dict[str, Any] = {
            name: tuple(value) if isinstance(value, list) else value for name, value in kept.items()
        }
        return cls(**{**plain, "confusion": Confusion.from_json(values["confusion"])})

    def _wilson(self, share: float | None) -> Interval | None:
        return None if share is None else wilson(round(share * self.count), self.count)


def classification_metrics(scores: Tensor, labels: Tensor, classes: Sequence[str]) -> ClassificationMetrics:
    """Measure probabilities against the truth.

    Args:
        scores: float (N, K), probabilities.
        labels: int64 (N,), 0..K-1.
        classes: K names.

    Raises:
        ShapeError: scores and labels differ in N, or scores and classes in K.

    >>> import torch
    >>> scores = torch.tensor([[0.9, 0.1], [0.6, 0.4]])
    >>> classification_metrics(scores, torch.tensor([0, 1]), ["cat", "dog"]).accuracy
    0.5
    """
    if scores.shape != (len(labels), len(classes)):
        raise ShapeError(
            f"scores have the shape {tuple(scores.shape)}",
            f"({len(labels)}, {len(classes)}): one row for each label, one column for each class",
            "pass the probabilities of all images",
        )
    return metrics_of(answers_of_probabilities(scores, labels), classes)


def metrics_of(answers: Answers, classes: Sequence[str]) -> ClassificationMetrics:
    """The metrics of answers for K named classes."""
    counts = confusion(answers.labels, answers.predicted, len(classes))
    right, support, predicted = counts.right, counts.support, counts.predicted
    images = len(answers.labels)
    bins = calibration(answers.confidence, answers.right)
    return ClassificationMetrics(
        classes=tuple(classes),
        count=images,
        accuracy=right.sum().item() / images if images else None,
        top5=answers.in_top.sum().item() / images if images and len(classes) >= TOP_FROM else None,
        precision=_shares(right, predicted),
        recall=_shares(right, support),
        f1=_shares(2 * right, support + predicted),  # 2PR/(P+R), multiplied out
        support=tuple(support.tolist()),
        confusion=counts,
        calibration_error=bins.error() if bins.judged else None,
        calibration_interval=bins.interval() if bins.judged else None,
        per_image=answers.right.float(),
    )


def _shares(part: Tensor, whole: Tensor) -> tuple[float | None, ...]:
    """part / whole in float64, None where there is nothing."""
    pairs = zip(part.tolist(), whole.tolist(), strict=True)
    return tuple(some / every if every else None for some, every in pairs)
