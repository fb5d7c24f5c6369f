"""How good a detector is: average precision by COCO's rules, with its interval.

    AP50     at IoU 0.50: the number that chooses the best epoch and ranks networks
    AP       the mean over IoU 0.50, 0.55, ... 0.95: boxes that lie exactly count more

AP is a number of a whole data set. Its interval is the bootstrap's over images: sets of images are drawn with
replacement, and AP50 is computed anew for each. For each image alone there is the AP50 of its own objects.

Lin et al. 2014, https://cocodataset.org/#detection-eval; matching and curves: ``coco_ap``, ``voc_ap``.
"""

from collections.abc import Callable
from dataclasses import asdict, dataclass, field
from typing import Any, ClassVar, Self, final

import torch
from torch import Tensor

from striate.formatting import percent
from striate.ops.intervals import RESAMPLES, Interval, bootstrap
from striate.records import Batch, BoxTargets, Detections
from striate.tasks.detection.box_suspects import box_suspects
from striate.tasks.detection.coco_ap import coco_ap
from striate.tasks.detection.image_boxes import PredictedBoxes, TrueBoxes
from striate.tasks.detection.matched import Matched, ap_of_images, ap_of_sets, matched
from striate.tasks.detection.voc_ap import precision_recall
from striate.tasks.metric import Metric, Metrics, Primary
from striate.tasks.raw_outputs import Raw
from striate.tasks.suspect import Suspect

AP50 = Primary("AP50")

KEPT = ("AP50", "AP", "AP75", "AP_small", "AP_medium", "AP_large", "AR100")
"""What is kept of COCO's numbers, the primary one first."""

MEASURES = {"AP50": "IoU", "mask_AP50": "IoU", "OKS_AP50": "OKS"}
"""What is 0.5, by the primary number."""

SAID = 0.5
"""Score from which on an object is named in the answer to an image."""

DRAWN = 20_000_000
"""Numbers that the bootstrap computes with, about: with many detections fewer sets of images are drawn."""

FEWEST = 100
"""Sets of images that are drawn at least."""


@final
@dataclass(frozen=True)
class DetectionMetrics(Metrics):
    """What was measured on N images.

    Args:
        count: N.
        numbers: of COCO by name, 0..1, the primary one first; None where there is nothing to find.
        per_class: AP50 of each class by name; None for a class without objects.
        threshold: the score down to which objects should be accepted so that the mean F1 of the classes is
            highest, and that F1; None without objects.
        convention: how it was computed.
        between: (low, high) of AP50, 95 %.
        measured_on: what the images are to the model, a sentence; empty if nobody said.
        per_image: float64 (N,), AP50 of each image alone, NaN without objects.
    """

    count: int
    numbers: dict[str, float | None]
    per_class: dict[str, float | None]
    threshold: tuple[float, float] | None
    convention: str
    between: Interval | None = None
    per_image: Tensor | None = field(default=None, repr=False, compare=False)
    measured_on: str = field(default="", compare=False)

    @property
    def primary(self) -> Primary:
        """The first number: AP50 of boxes, masks or joints."""
        name = next(iter(self.numbers))
        return Primary(name, self.numbers[name])

    @property
    def interval(self) -> Interval | None:
        """(low, high) of AP50, 95 %."""
        return self.between

    @property
    def values(self) -> dict[str, float | None]:
        """All numbers by name, the primary one first, and AP50 of each class."""
        each = {f"{self.primary.name} {name}": value for name, value in self.per_class.items()}
        return {**self.numbers, **each}

    def others_in_words(self) -> dict[str, str]:
        """All numbers that are known but AP50 of all classes, in per cent."""
        others = {name: value for name, value in self.values.items() if name != self.primary.name}
        return {name.replace("_", " "): percent(one, 2) for name, one in others.items() if one is not None}

    def headline(self, pictures: str) -> str:
        """``AP50 91.30 % on 72 test pictures (95 % interval ...; COCO, IoU 0.5)``."""
        known = self.primary.range_text(self.interval)
        sure = f"95 % interval {known}; " if known else ""
        name, measure = self.primary.name.replace("_", " "), MEASURES[self.primary.name]
        return f"{name} {self.primary.text()} on {pictures} ({sure}COCO's rules, {measure} 0.5)"

    def summary(self) -> dict[str, Any]:
        """All numbers but those of the classes."""
        return {"count": self.count, **self.numbers}

    def to_dict(self) -> dict[str, Any]:
        """Plain values, ready for JSON."""
        values = asdict(self)
        del values["per_image"]
        return values

    @classmethod
    def from_dict(cls, values: dict[str, Any]) -> "DetectionMetrics":
        """The inverse of ``to_dict``, but for ``per_image``."""
        pairs = {
            name: None if values[name] is None else tuple(values[name]) for name in ("threshold", "between")
        }
        return cls(**{**values, **pairs})


class ApMetric(Metric):
    """Measures detections.

    Args:
        classes: K names.
        decode: raw numbers and sizes of images -> records, down to low scores.
        loss_of: raw numbers and their batch -> losses (N,); None where nobody can say.

    Attributes:
        predictions: what was found, an entry for each image.
        truths: what is there.
    """

    primary: ClassVar[Primary] = AP50
    kind: ClassVar[type[Metrics]] = DetectionMetrics
    least_score: ClassVar[float] = 0.01
    most_objects: ClassVar[int] = 300

    def __init__(
        self,
        classes: tuple[str, ...],
        decode: Callable[[Raw, Tensor], list[Detections]],
        loss_of: Callable[[Raw, Batch], Tensor] | None = None,
    ) -> None:
        self.classes, self._decode, self._loss_of = classes, decode, loss_of
        self.predictions: list[PredictedBoxes] = []
        self.truths: list[TrueBoxes] = []
        self._matched: list[Matched] = []
        self._losses = [torch.empty(0)]

    @torch.no_grad()
    def update(self, raw: Raw, batch: Batch) -> None:
        """Take in raw numbers."""
        targets = batch.targets
        assert isinstance(targets, BoxTargets)
        ends = targets.counts.cumsum(0)[:-1].cpu()
        columns = (one.cpu().tensor_split(ends) for one in (targets.boxes, targets.labels, targets.unclear))
        truths = [TrueBoxes(*one) for one in zip(*columns, strict=True)]
        records = self._decode(raw, batch.sizes)
        self.truths += truths
        self.predictions += [PredictedBoxes(one.boxes, one.scores, one.labels) for one in records]
        self._matched += self.take(records, targets, truths)
        if self._loss_of is not None:
            self._losses.append(self._loss_of(raw, batch).cpu())

    def take(self, found: list[Detections], targets: BoxTargets, truths: list[TrueBoxes]) -> list[Matched]:
        """Which detections of each image are right, at the overlap 0.5 of what is measured."""
        guesses = (PredictedBoxes(one.boxes, one.scores, one.labels) for one in found)
        return [matched(*pair) for pair in zip(guesses, truths, strict=True)]

    def merge(self, other: Self) -> None:
        """Take in what another process measured."""
        self.truths += other.truths
        self.predictions += other.predictions
        self._matched += other._matched
        self._losses += other._losses

    def compute(self) -> DetectionMetrics:
        """What was measured."""
        classes = len(self.classes)
        found = coco_ap(self.predictions, self.truths, classes) if self.truths else None
        numbers = {name: None if found is None else _known(found.values[name]) for name in KEPT}
        each = [None] * classes if found is None else list(map(_known, found.per_class_50))
        return DetectionMetrics(
            count=len(self.truths),
            numbers=numbers,
            per_class=dict(zip(self.classes, each, strict=True)),
            threshold=self._threshold(),
            convention="COCO's average precision: 101 points of recall, 100 detections of a class and image",
            between=self._interval(),
            per_image=ap_of_images(self._matched, classes),
        )

    def _interval(self) -> Interval | None:
        """The bootstrap's, over images."""
        rows = sum(len(one.scores) for one in self._matched)
        if not any(len(one.objects) for one in self._matched):
            return None
        resamples = min(RESAMPLES, max(FEWEST, DRAWN // max(rows, 1)))
        statistic = ap_of_sets(self._matched, len(self.classes))
        return bootstrap(torch.arange(len(self._matched)).double(), statistic, resamples=resamples)

    def _threshold(self) -> tuple[float, float] | None:
        """The score that gives the highest mean F1 of the classes that have objects."""
        curves = [
            curve
            for curve in precision_recall(self.predictions, self.truths, len(self.classes))
            if curve.objects
        ]
        if not curves:
            return None
        grid = torch.arange(1, 100, dtype=torch.float64) / 100
        f1 = torch.stack([curve.f1_at(grid) for curve in curves]).mean(0)
        best = int(f1.argmax())
        return float(grid[best]), float(f1[best])

    def losses(self) -> Tensor | None:
        """(N,), NaN where a loss is no number."""
        losses = torch.cat(self._losses)
        return None if self._loss_of is None else losses.where(losses.isfinite(), torch.nan)

    def suspects(self) -> list[Suspect]:
        """Boxes that are missing, loose, of another class or around nothing."""
        return box_suspects(self.predictions, self.truths, self.classes)

    def answers(self) -> list[str]:
        """How many objects of which classes, of those that are likely."""
        return [
            Detections(one.boxes, one.scores, one.labels, self.classes).above(SAID).in_words()
            for one in self.predictions
        ]


def _known(value: float) -> float | None:
    """None for NaN."""
    return None if value != value else value
