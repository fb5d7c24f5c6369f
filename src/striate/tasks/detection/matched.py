"""Which detections of an image are right, by COCO's rules at one overlap; and AP of any set of images.

    image 1: scores, right --.
    image 2: scores, right --+-- sorted once --> AP of the set {1, 1, 3}
    image 3: scores, right --'

Detections of an image meet its objects alone, so that matching is done once for each image, and not again
for each set that a bootstrap draws; a detection counts as often as its image was drawn. It matches the free
object of its class that it overlaps most, at least by the threshold; what matches only an ignored object does
not count.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from striate.ops import box_ioa, box_iou
from striate.tasks.detection.image_boxes import PredictedBoxes, TrueBoxes

MOST = 100
"""Detections of a class in an image that count."""

AT_ONCE = 4_000_000
"""Numbers of a set of images that are computed at once."""

POINTS = torch.from_numpy(np.linspace(0, 1, 101))
"""Recalls at which precision is read, rounded as COCO's code has them."""


@dataclass(frozen=True)
class Matched:
    """The detections of an image that count.

    Args:
        scores: float64 (M,).
        labels: int64 (M,).
        right: bool (M,).
        objects: int64 (L,), the classes of the objects that are to be found.
    """

    scores: Tensor
    labels: Tensor
    right: Tensor
    objects: Tensor


def matched(
    found: PredictedBoxes, truth: TrueBoxes, iou_threshold: float = 0.5, overlap: Tensor | None = None
) -> Matched:
    """Match the detections of an image with its objects.

    Args:
        found: what was answered.
        truth: what is there.
        iou_threshold: from which overlap on a detection is right.
        overlap: (M, L), of detections with objects; that of the boxes when left out.

    >>> truth = TrueBoxes(torch.tensor([[0.0, 0, 9, 9]]), torch.tensor([0]))
    >>> twice = PredictedBoxes(truth.boxes.repeat(2, 1), torch.tensor([0.25, 0.75]), torch.tensor([0, 0]))
    >>> one = matched(twice, truth)
    >>> one.scores.tolist(), one.right.tolist()
    ([0.75, 0.25], [True, False])
    """
    scores, boxes, labels = found.scores.double().cpu(), found.boxes.double().cpu(), found.labels.cpu()
    order = scores.sort(descending=True, stable=True).indices
    kept, right = [], []
    objects, counted = truth.labels.cpu(), truth.counted.cpu()
    true = truth.boxes.double().cpu()
    if overlap is None:
        overlap = box_iou(boxes, true)
        overlap[:, ~counted] = box_ioa(true[~counted], boxes).T
    same = (labels[:, None] == objects).numpy()
    table, ours = np.where(same, overlap.numpy(), -1.0), counted.numpy()
    free, seen = ours.copy(), np.zeros(int(labels.max()) + 1 if len(labels) else 0, np.int64)
    for row in order.tolist():
        label = int(labels[row])
        seen[label] += 1
        if seen[label] > MOST:
            continue
        own = int(np.where(free, table[row], -1.0).argmax()) if len(free) else -1
        hit = own >= 0 and bool(free[own]) and table[row, own] >= iou_threshold
        if hit:
            free[own] = False
        elif bool((table[row, ~ours] >= iou_threshold).any()):
            continue
        kept.append(row)
        right.append(hit)
    rows = torch.tensor(kept, dtype=torch.int64)
    return Matched(scores[rows], labels[rows], torch.tensor(right, dtype=torch.bool), objects[counted])


def ap_of_sets(images: Sequence[Matched], classes: int) -> Callable[[Tensor], Tensor]:
    """A function of sets of images: numbers (B, N) of the images in each set -> AP (B,), mean over classes.

    NaN for a set without any object.
    """
    place = torch.cat([torch.full((len(one.scores),), i) for i, one in enumerate(images)])
    scores, labels = torch.cat([one.scores for one in images]), torch.cat([one.labels for one in images])
    right = torch.cat([one.right for one in images])
    order = scores.sort(descending=True, stable=True).indices
    place, labels, right = place[order], labels[order], right[order]
    objects = torch.stack([torch.bincount(one.objects, minlength=classes) for one in images]).double()
    own = [(place[labels == k], right[labels == k].double()) for k in range(classes)]

    def average_precision(sets: Tensor) -> Tensor:
        size = max(1, AT_ONCE // max(len(place), len(images)))
        return torch.cat([some(part) for part in torch.split(sets.long(), size)])

    def some(sets: Tensor) -> Tensor:
        times = torch.zeros(len(sets), len(images), dtype=torch.float64)
        times.scatter_add_(1, sets, torch.ones_like(sets, dtype=torch.float64))
        total = times @ objects
        each = [_ap(times[:, rows], good, total[:, k : k + 1]) for k, (rows, good) in enumerate(own)]
        return torch.stack(each, dim=1).nanmean(1)

    return average_precision


def _ap(times: Tensor, right: Tensor, objects: Tensor) -> Tensor:
    """(B,): AP at 101 recalls of detections that count (B, M) times; NaN without objects."""
    nothing = torch.where(objects[:, 0] > 0, 0.0, torch.nan)
    if not times.shape[1]:
        return nothing
    found, asked = (times * right).cumsum(1), times.cumsum(1)
    precision = found / asked.clamp(min=1)
    best = precision.flip(1).cummax(1).values.flip(1)
    best = torch.cat([best, best.new_zeros(len(best), 1)], dim=1)
    recall = found / objects.clamp(min=1)
    reached = torch.searchsorted(recall.contiguous(), POINTS.expand(len(recall), -1).contiguous())
    return best.gather(1, reached).mean(1) + nothing


def ap_of_images(images: Sequence[Matched], classes: int) -> Tensor:
    """float64 (N,): AP of each image alone, the mean over the classes that it has; NaN without objects."""
    values = [torch.nan if not len(one.objects) else _alone(one, classes) for one in images]
    return torch.tensor(values, dtype=torch.float64)


def _alone(image: Matched, classes: int) -> float:
    """AP of one image."""
    return float(ap_of_sets([image], classes)(torch.zeros(1, 1))[0])
