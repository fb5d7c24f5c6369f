"""How good a localizer is: the right class with a box that overlaps enough, and each of the two alone.

An image with an object is right if its class is right and the boxes overlap by an IoU of 0.5 or more; one
without is right if the answer is that nothing is there. The IoU of an object that was not seen is 0.

Source: Russakovsky et al. 2015, section 4.2 (single-object localization).
"""

from dataclasses import dataclass, field
from typing import Any, ClassVar, Self, final

import torch
from torch import Tensor

from striate.formatting import percent
from striate.ops.boxes import paired_iou
from striate.ops.intervals import Interval, wilson
from striate.records import Batch, BoxTargets
from striate.tasks.metric import Metric, Metrics, Primary
from striate.tasks.raw_outputs import Raw
from striate.tasks.regression.object_losses import corners_of

ENOUGH = 0.5
"""IoU from which on a box is right."""

LOCALIZED = Primary("localized")


@final
@dataclass(frozen=True)
class BoxMetrics(Metrics):
    """What was measured on N images.

    Args:
        count: N.
        localized: share of the images with a right answer; None for no images.
        mean_iou: over the images with an object; None without any.
        accuracy: share of the images with an object whose class is right; None without any.
        presence: share of the images on which it is rightly said whether there is an object.
        between: (low, high) of ``localized``, 95 %.
        measured_on: what the images are to the model, a sentence; empty if nobody said.
        per_image: float64 (N,), 1 for a right answer and 0 for a wrong one.
    """

    count: int
    localized: float | None
    mean_iou: float | None
    accuracy: float | None
    presence: float | None
    between: Interval | None = None
    per_image: Tensor | None = field(default=None, repr=False, compare=False)
    measured_on: str = field(default="", compare=False)

    @property
    def primary(self) -> Primary:
        """The share of right answers."""
        return LOCALIZED.of(self.localized)

    @property
    def interval(self) -> Interval | None:
        """(low, high) of the share of right answers, 95 %."""
        return self.between

    @property
    def values(self) -> dict[str, float | None]:
        """All numbers by name, the primary one first."""
        return {
            "localized": self.localized,
            "mean_iou": self.mean_iou,
            "accuracy": self.accuracy,
            "presence": self.presence,
        }

    def others_in_words(self) -> dict[str, str]:
        """Mean IoU, and shares in per cent."""
        known = {} if self.mean_iou is None else {"mean IoU": f"{self.mean_iou:.4g}"}
        shares = {"class accuracy": self.accuracy, "presence accuracy": self.presence}
        return known | {name: percent(share, 2) for name, share in shares.items() if share is not None}

    def headline(self, pictures: str) -> str:
        """``72.00 % of 100 val pictures with the right class and IoU >= 0.5 (95 % interval ...)``."""
        known = self.primary.range_text(self.interval)
        sure = f" (95 % interval {known})" if known else ""
        return f"{self.primary.text()} of {pictures} with the right class and IoU >= {ENOUGH}{sure}"

    def summary(self) -> dict[str, Any]:
        """All numbers."""
        return {"count": self.count, **self.values}


class BoxMetric(Metric):
    """Measures answers about one object.

    Args:
        classes: K names.
    """

    primary: ClassVar[Primary] = LOCALIZED
    kind: ClassVar[type[Metrics]] = BoxMetrics

    def __init__(self, classes: tuple[str, ...]) -> None:
        self.classes = classes
        self._rows = [torch.empty(0, 4, dtype=torch.float64)]
        self._answers: list[str] = []

    def update(self, raw: Raw, batch: Batch) -> None:
        """Take in y (N, 5 + K)."""
        assert isinstance(raw, Tensor)
        targets = batch.targets
        assert isinstance(targets, BoxTargets)
        there, seen, guess = targets.counts.cpu() > 0, raw[:, 0] > 0, raw[:, 5:].argmax(1)
        sides = torch.tensor([*batch.images.shape[:-3:-1]] * 2, dtype=torch.float64)
        boxes = corners_of(raw[:, 1:5].double()) * sides
        iou = torch.zeros(len(raw), dtype=torch.float64)
        iou[there] = paired_iou(boxes[there], targets.boxes.double().cpu()).clamp(min=0).nan_to_num()
        iou[~seen] = 0
        right = torch.zeros(len(raw), dtype=torch.bool)
        right[there] = guess[there] == targets.labels.cpu()
        columns = (there, seen, right, iou)
        self._rows.append(torch.stack([column.double().cpu() for column in columns], dim=1))
        words = zip(seen.tolist(), guess.tolist(), strict=True)
        self._answers += [self.classes[number] if yes else "nothing" for yes, number in words]

    def merge(self, other: Self) -> None:
        """Take in what another process measured."""
        self._rows += other._rows
        self._answers += other._answers

    def compute(self) -> BoxMetrics:
        """What was measured."""
        there, seen, right, iou = torch.cat(self._rows).unbind(1)
        here, answered = there > 0, seen > 0
        good = torch.where(here, answered & (right > 0) & (iou >= ENOUGH), ~answered).double()
        count = len(good)
        return BoxMetrics(
            count=count,
            localized=mean(good),
            mean_iou=mean(iou[here]),
            accuracy=mean(right[here]),
            presence=mean((here == answered).double()),
            between=wilson(float(good.sum()), count) if count else None,
            per_image=good,
        )

    def answers(self) -> list[str]:
        """The class, or ``nothing``."""
        return self._answers


def mean(values: Tensor) -> float | None:
    """The mean; None of no values."""
    return values.mean().item() if len(values) else None
