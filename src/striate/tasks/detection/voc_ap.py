"""VOC's average precision, and the curves and thresholds that follow from the same matching.

All predictions of a class, over all images, go from the best score down. Each belongs to the true box of its
class and image that it overlaps most. It is right if that overlap is above the threshold and no better one
took the box; if the box is ignored, it does not count; else it is wrong.

    precision  1 |----.
                 |     `--.___           area      under the curve, precision the best there or further right
                 |            `---.      11-point  the mean of these at recall 0, 0.1, ... 1 (VOC 2007)
               0 +-----------------+ recall

Everingham et al. 2010, section 4.2, https://doi.org/10.1007/s11263-009-0275-4. Boxes are continuous; VOC's
own code adds a pixel to both sides.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, get_args

import torch
from torch import Tensor

from striate.errors import SettingError
from striate.ops import box_iou
from striate.tasks.detection.image_boxes import PredictedBoxes, TrueBoxes, check_images

Rule = Literal["area", "11-point", "101-point"]


@dataclass(frozen=True)
class Curve:
    """Precision and recall of a class when ever lower scores are accepted.

    Args:
        scores: float64 (M,), falling.
        precision: float64 (M,), of all predictions down to each.
        recall: float64 (M,).
        objects: how many there are to be found.
    """

    scores: Tensor
    precision: Tensor
    recall: Tensor
    objects: int

    def average_precision(self, rule: Rule = "area") -> float:
        """Average precision, 0..1; NaN for a class without objects."""
        return average_precision(self.recall, self.precision, rule) if self.objects else float("nan")

    def best_threshold(self) -> tuple[float, float]:
        """The score down to which predictions should be accepted so that F1 is highest, and that F1."""
        if not self.objects or not len(self.scores):
            return 1.0, 0.0
        last = torch.cat([self.scores[1:] != self.scores[:-1], self.scores.new_ones(1, dtype=torch.bool)])
        total = (self.precision + self.recall).clamp(min=torch.finfo(torch.float64).tiny)
        f1 = torch.where(last, 2 * self.precision * self.recall / total, -1)  # equal scores go together
        best = int(f1.argmax())
        return float(self.scores[best]), float(f1[best])

    def f1_at(self, thresholds: Tensor) -> Tensor:
        """F1 when all predictions with at least a score are accepted, float64 (T,), for T scores.

        >>> scores, one = torch.tensor([0.9, 0.4]).double(), torch.tensor([1.0, 0.5]).double()
        >>> Curve(scores, one, torch.ones(2).double(), 1).f1_at(torch.tensor([0.3, 0.5, 0.95])).tolist()
        [0.6666666666666666, 1.0, 0.0]
        """
        accepted = torch.searchsorted(-self.scores, -thresholds.double(), right=True)
        zero = self.scores.new_zeros(1)
        precision, recall = (torch.cat([zero, part])[accepted] for part in (self.precision, self.recall))
        return 2 * precision * recall / (precision + recall).clamp(min=torch.finfo(torch.float64).tiny)


@dataclass(frozen=True)
class VocAp:
    """Average precision by VOC's rules.

    Args:
        mean: over the classes that have objects; NaN if none has.
        per_class: K numbers, NaN for a class without objects.
        curves: K curves.
        convention: what was computed, to be printed beside the number.
    """

    mean: float
    per_class: tuple[float, ...]
    curves: tuple[Curve, ...]
    convention: str


def voc_ap(
    predictions: Sequence[PredictedBoxes],
    truths: Sequence[TrueBoxes],
    classes: int,
    iou_threshold: float = 0.5,
    rule: Rule = "area",
) -> VocAp:
    """Average precision of each class and their mean.

    Args:
        predictions: one for each image.
        truths: one for each image, in the same order; ``ignored`` are the difficult objects.
        classes: K.
        iou_threshold: an overlap must be above it.
        rule: "area" (VOC 2010 and later), "11-point" (VOC 2007), "101-point" (as COCO interpolates).

    Raises:
        ShapeError, LabelError: the lists do not belong together, or a class does not exist.
        SettingError: there is no such rule.

    >>> truth = TrueBoxes(torch.tensor([[0.0, 0, 9, 9]]), torch.tensor([0]))
    >>> right = PredictedBoxes(truth.boxes, torch.tensor([0.9]), truth.labels)
    >>> voc_ap([right], [truth], classes=1).mean
    1.0
    """
    if rule not in get_args(Rule):
        raise SettingError(f"rule is {rule!r}", ", ".join(get_args(Rule)), '"area"')
    curves = precision_recall(predictions, truths, classes, iou_threshold)
    each = tuple(curve.average_precision(rule) for curve in curves)
    mean = torch.tensor(each, dtype=torch.float64).nanmean().item()
    return VocAp(mean, each, curves, f"AP at IoU > {iou_threshold:g}, {rule}, continuous boxes")


def precision_recall(
    predictions: Sequence[PredictedBoxes],
    truths: Sequence[TrueBoxes],
    classes: int,
    iou_threshold: float = 0.5,
) -> tuple[Curve, ...]:
    """A curve for each class. Arguments and errors are those of ``voc_ap``.

    >>> truth = TrueBoxes(torch.tensor([[0.0, 0, 9, 9]]), torch.tensor([0]))
    >>> found = PredictedBoxes(truth.boxes.repeat(2, 1), torch.tensor([0.9, 0.4]), torch.tensor([0, 0]))
    >>> (curve,) = precision_recall([found], [truth], classes=1)
    >>> curve.precision.tolist(), curve.recall.tolist(), curve.best_threshold()[0] > 0.8
    ([1.0, 0.5], [1.0, 1.0], True)
    """
    check_images(predictions, truths, classes)
    rows = [_judged(*pair, iou_threshold) for pair in zip(predictions, truths, strict=True)]
    scores = torch.cat([p.scores.double().cpu() for p in predictions]) if rows else torch.zeros(0)
    labels = torch.cat([p.labels.cpu() for p in predictions]) if rows else torch.zeros(0)
    right = torch.cat([r for r, _ in rows]) if rows else torch.zeros(0, dtype=torch.bool)
    counts = torch.cat([c for _, c in rows]) if rows else torch.zeros(0, dtype=torch.bool)
    objects = sum((torch.bincount(t.labels[t.counted].cpu(), minlength=classes) for t in truths), start=0)
    total = torch.as_tensor(objects).expand(classes).tolist()
    own = [counts & (labels == number) for number in range(classes)]
    return tuple(curve_of(scores[m], right[m], n) for m, n in zip(own, total, strict=True))


def curve_of(scores: Tensor, right: Tensor, objects: int) -> Curve:
    """Precision and recall from scores, and which of the predictions are right.

    >>> curve_of(torch.tensor([0.2, 0.9]), torch.tensor([True, False]), objects=2).precision.tolist()
    [0.0, 0.5]
    """
    order = scores.sort(descending=True, stable=True).indices
    found = right[order].double().cumsum(0)
    asked = torch.arange(1, len(scores) + 1, dtype=torch.float64)
    return Curve(scores[order].double(), found / asked, found / max(objects, 1), objects)


def average_precision(recall: Tensor, precision: Tensor, rule: Rule = "area") -> float:
    """Average precision of a curve whose recall rises.

    >>> round(average_precision(torch.tensor([0.5, 0.5, 1.0]), torch.tensor([1.0, 0.5, 2 / 3])), 4)
    0.8333
    """
    recall, precision = recall.double(), precision.double()
    best = precision.flip(0).cummax(0).values.flip(0) if len(precision) else precision
    best = torch.cat([best, best.new_zeros(1)])
    if rule == "area":
        steps = torch.diff(recall, prepend=recall.new_zeros(1))
        return float((steps * best[:-1]).sum())
    points = torch.linspace(0, 1, 11 if rule == "11-point" else 101, dtype=torch.float64)
    reached = torch.searchsorted(recall.contiguous(), points - 1e-12)  # 0.3 is reached by 3 of 10
    return float(best[reached].mean())


def _judged(prediction: PredictedBoxes, truth: TrueBoxes, iou_threshold: float) -> tuple[Tensor, Tensor]:
    """Of each prediction of an image: whether it is right, and whether it counts."""
    count = len(prediction.boxes)
    right, counts = torch.zeros(count, dtype=torch.bool), torch.ones(count, dtype=torch.bool)
    if not count or not len(truth.boxes):
        return right, counts
    overlap = box_iou(prediction.boxes, truth.boxes).cpu()
    same = prediction.labels[:, None].cpu() == truth.labels.cpu()
    best, own = torch.where(same, overlap, -1).max(dim=1)
    hit, counted = best > iou_threshold, truth.counted.cpu()
    counts[hit & ~counted[own]] = False
    order = prediction.scores.cpu().sort(descending=True, stable=True).indices
    taken = set()
    for number in order[(hit & counted[own])[order]].tolist():
        right[number] = int(own[number]) not in taken
        taken.add(int(own[number]))
    return right, counts
