"""How good a segmenter is: mean IoU over the classes, of all pixels of a data set together.

    IoU of a class   right / (true + answered - right), pixels of the whole data set that are not ignored
    mIoU             the mean over the classes that are there; a class without a true pixel is left out
    pixel accuracy   right / true of all classes together
    Dice             the mean over the same classes of 2 right / (true + answered)
    boundary F       the mean over the classes with a boundary of how well edges are met, see ``boundary_f``

Masks are compared at the size that the network sees. The interval is the bootstrap's over images: sets of
images are drawn with replacement, and mIoU is computed anew for each. For each image alone there is the mIoU
of its own classes.

Sources: Long, Shelhamer, Darrell 2015, section 5; Csurka, Larlus, Perronnin 2013, section 3.2 (boundary F).
"""

from collections.abc import Callable
from dataclasses import asdict, dataclass, field
from typing import Any, ClassVar, Self, final

import torch
from torch import Tensor

from striate.formatting import percent
from striate.ops.boundary_score import boundary_counts, boundary_f
from striate.ops.intervals import RESAMPLES, Interval, bootstrap
from striate.ops.pixel_confusion import confusion
from striate.records import Batch, MaskTargets
from striate.records.segmentation import Segmentation
from striate.tasks.metric import Metric, Metrics, Primary
from striate.tasks.raw_outputs import Raw
from striate.tasks.segmentation.upscaled import best_of
from striate.tasks.suspect import OVERMASKED, UNMASKED, Suspect

MIOU = Primary("mIoU")

RULE = (
    "IoU over all pixels of the data set that are not ignored, at the size that the network sees; classes "
    "without a true pixel are left out of the mean"
)

DRAWN = 20_000_000
"""Numbers that the bootstrap computes with, about: with many images fewer sets are drawn."""

FEWEST = 100


@final
@dataclass(frozen=True)
class MaskMetrics(Metrics):
    """What was measured on N images.

    Args:
        count: N.
        miou: mean IoU of the classes that are there; None without a pixel.
        pixel_accuracy: share of the pixels with the right class.
        dice: mean Dice of the classes that are there.
        boundary: mean boundary F of the classes that have a boundary.
        per_class: IoU of each class by name; None for a class without a true pixel.
        pixels: true pixels of each class by name.
        rule: how it was computed.
        between: (low, high) of mIoU, 95 %.
        measured_on: what the images are to the model, a sentence; empty if nobody said.
        per_image: float64 (N,), mIoU of each image alone, NaN without a pixel.
    """

    count: int
    miou: float | None
    pixel_accuracy: float | None
    dice: float | None
    boundary: float | None
    per_class: dict[str, float | None]
    pixels: dict[str, int]
    rule: str = RULE
    between: Interval | None = None
    per_image: Tensor | None = field(default=None, repr=False, compare=False)
    measured_on: str = field(default="", compare=False)

    @property
    def primary(self) -> Primary:
        """Mean IoU."""
        return MIOU.of(self.miou)

    @property
    def interval(self) -> Interval | None:
        """(low, high) of mean IoU, 95 %."""
        return self.between

    @property
    def numbers(self) -> dict[str, float | None]:
        """Those of all classes together."""
        return {
            "mIoU": self.miou,
            "pixel_accuracy": self.pixel_accuracy,
            "Dice": self.dice,
            "boundary_F": self.boundary,
        }

    @property
    def values(self) -> dict[str, float | None]:
        """All numbers by name, the primary one first, and the IoU of each class."""
        return {**self.numbers, **{f"IoU {name}": value for name, value in self.per_class.items()}}

    def others_in_words(self) -> dict[str, str]:
        """All numbers that are known but mean IoU, in per cent."""
        others = {name: value for name, value in self.values.items() if name != self.primary.name}
        return {name.replace("_", " "): percent(one, 2) for name, one in others.items() if one is not None}

    def headline(self, pictures: str) -> str:
        """``mIoU 61.30 % on 101 val pictures (95 % interval ...; 11 of 11 classes)``."""
        known = self.primary.range_text(self.interval)
        there = sum(value is not None for value in self.per_class.values())
        sure = f"95 % interval {known}; " if known else ""
        return f"mIoU {self.primary.text()} on {pictures} ({sure}{there} of {len(self.per_class)} classes)"

    def summary(self) -> dict[str, Any]:
        """All numbers but those of the classes."""
        return {"count": self.count, **self.numbers}

    def to_dict(self) -> dict[str, Any]:
        """Plain values, ready for JSON."""
        values = asdict(self)
        del values["per_image"]
        return values


LEAST, FOUND = 0.02, 0.1
"""Share of a picture from which on a class that one of both lacks is suspected; of it that both may have."""


class MaskMetric(Metric):
    """Measures segmentations.

    Args:
        classes: K names.
        loss_of: scores and their batch -> losses (N,); None where nobody can say.

    Attributes:
        table: int64 (K, K), pixels by true class (rows) and answered class (columns).
        edges: int64 (K, 4), boundary pixels of each class, see ``boundary_counts``.
    """

    primary: ClassVar[Primary] = MIOU
    kind: ClassVar[type[Metrics]] = MaskMetrics

    def __init__(
        self, classes: tuple[str, ...], loss_of: Callable[[Raw, Batch], Tensor] | None = None
    ) -> None:
        self.classes, self._loss_of = classes, loss_of
        self.table = torch.zeros(len(classes), len(classes), dtype=torch.int64)
        self.edges = torch.zeros(len(classes), 4, dtype=torch.int64)
        self._areas = [torch.empty(0, 3, len(classes), dtype=torch.int64)]
        self._losses = [torch.empty(0)]
        self._answers: list[str] = []

    @torch.no_grad()
    def update(self, raw: Raw, batch: Batch) -> None:
        """Take in scores (N, K, H, W)."""
        targets = batch.targets
        assert isinstance(targets, MaskTargets)
        assert isinstance(raw, Tensor)
        for scores, mask in zip(raw, targets.masks.cpu(), strict=True):
            best = best_of(scores, 0).to(mask.dtype)
            table = confusion(mask, best, len(self.classes), targets.ignored)
            self.table += table
            self.edges += boundary_counts(mask, best, len(self.classes), targets.ignored)
            self._areas.append(torch.stack([table.diag(), table.sum(1), table.sum(0)])[None])
            self._answers.append(Segmentation.of(best, self.classes).in_words())
        if self._loss_of is not None:
            self._losses.append(self._loss_of(raw, batch).cpu())

    def merge(self, other: Self) -> None:
        """Take in what another process measured."""
        self.table += other.table
        self.edges += other.edges
        self._areas += other._areas
        self._losses += other._losses
        self._answers += other._answers

    def compute(self) -> MaskMetrics:
        """What was measured."""
        areas = torch.cat(self._areas).double()
        right, true, answered = whole = areas.sum(0)
        there = true > 0
        each = [
            value if known else None for value, known in zip(iou(whole).tolist(), there.tolist(), strict=True)
        ]
        dice = 2 * right / (true + answered).clamp(min=1)
        return MaskMetrics(
            count=len(areas),
            miou=_known(mean_iou(whole)),
            pixel_accuracy=_known(right.sum() / true.sum()),
            dice=_known(dice[there].mean()),
            boundary=_known(boundary_f(self.edges).nanmean()),
            per_class=dict(zip(self.classes, each, strict=True)),
            pixels=dict(zip(self.classes, true.long().tolist(), strict=True)),
            between=self._interval(areas),
            per_image=mean_iou(areas),
        )

    def _interval(self, areas: Tensor) -> Interval | None:
        """The bootstrap's, over the images that have a pixel."""
        areas = areas[areas[:, 1].sum(1) > 0]
        count = len(areas)
        resamples = min(RESAMPLES, max(FEWEST, DRAWN // max(areas.numel(), 1)))

        def statistic(chosen: Tensor) -> Tensor:
            sets = chosen.long()
            times = torch.zeros(len(sets), count, dtype=torch.float64)
            times.scatter_add_(1, sets, torch.ones_like(sets, dtype=torch.float64))
            return mean_iou((times @ areas.flatten(1)).view(-1, *areas.shape[1:]))

        return bootstrap(torch.arange(count).double(), statistic, resamples=resamples)

    def losses(self) -> Tensor | None:
        """(N,), NaN where a loss is no number."""
        losses = torch.cat(self._losses)
        return None if self._loss_of is None else losses.where(losses.isfinite(), torch.nan)

    def suspects(self) -> list[Suspect]:
        """Classes that a mask lacks or has, and the answer has or lacks, by their share of the picture."""
        areas = torch.cat(self._areas).double()
        right, true, answered = areas.unbind(1)
        size = true.sum(1, keepdim=True).clamp(min=1)
        found = []
        for kind, area in ((UNMASKED, answered), (OVERMASKED, true)):
            share = (area - right) / size
            for row, number in ((share >= LEAST) & (right <= FOUND * area)).nonzero().tolist():
                name, score = self.classes[number], float(share[row, number])
                found.append(Suspect(row, kind, score, *(("", name) if kind == UNMASKED else (name, ""))))
        return sorted(found, key=lambda one: -one.score)

    def answers(self) -> list[str]:
        """The shares of the largest classes."""
        return self._answers


def iou(areas: Tensor) -> Tensor:
    """(..., K): right / (true + answered - right) of right, true and answered pixels (..., 3, K)."""
    right, true, answered = areas.unbind(-2)
    return right / (true + answered - right).clamp(min=1)


def mean_iou(areas: Tensor) -> Tensor:
    """(...): the mean over the classes with a true pixel; NaN without any.

    >>> mean_iou(torch.tensor([[3.0, 2.0, 0.0], [4.0, 2.0, 0.0], [3.0, 3.0, 0.0]])).item()  # 3/4 and 2/3
    0.7083333730697632
    """
    there = (areas[..., 1, :] > 0).to(areas)
    return (iou(areas) * there).sum(-1) / there.sum(-1)


def _known(value: Tensor) -> float | None:
    """None for NaN."""
    return None if value.isnan() else value.item()
