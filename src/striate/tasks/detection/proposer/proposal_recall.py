"""How many objects the first N proposals find, and how well they fit: the most that a detector can reach.

    recall at IoU t    share of the objects that one of the first N boxes overlaps by at least t
    MABO               best overlap of each object, averaged over the objects of a class, then over classes

Uijlings et al. 2013, section 5. https://doi.org/10.1007/s11263-013-0620-5
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor

from striate.errors import ShapeError
from striate.ops import box_iou
from striate.records import BoxTargets, Proposals

COUNTS = (1, 3, 10, 30, 100, 300, 1000, 3000, 10_000)
"""Numbers of proposals at which recall is measured."""

THRESHOLDS = (0.5, 0.7)
"""IoU at which it is told."""

FINE = tuple(number / 100 for number in range(50, 100, 5))
"""IoU of the curve over IoU."""


@dataclass(frozen=True)
class ProposalRecall:
    """The best overlap of every object with the first proposals of its picture.

    Args:
        overlaps: float32 (M, N), IoU with the best of the first ``counts[n]`` boxes.
        labels: int64 (M,), classes of the objects.
        counts: N numbers of boxes, rising.
        proposals: boxes of all pictures.
        images: how many pictures.
    """

    overlaps: Tensor
    labels: Tensor
    counts: tuple[int, ...]
    proposals: int
    images: int

    def recall(self, iou_threshold: float = 0.5) -> Tensor:
        """float64 (N,): share of the objects that are found; NaN where there are none.

        >>> overlaps = torch.tensor([[0.2, 0.6], [0.5, 0.5]])
        >>> found = ProposalRecall(overlaps, torch.zeros(2).long(), (1, 2), 4, 2)
        >>> found.recall(0.5).tolist()
        [0.5, 1.0]
        """
        return (self.overlaps >= iou_threshold).double().mean(0)

    def mean_best_overlap(self) -> Tensor:
        """float64 (N,): MABO."""
        present = torch.bincount(self.labels).nonzero().flatten()
        classes = [self.overlaps[self.labels == label].double().mean(0) for label in present]
        return torch.stack(classes).mean(0) if classes else self.overlaps.double().mean(0)

    def rows(self) -> list[dict[str, Any]]:
        """A row for each number of boxes: recall at each threshold, and MABO."""
        columns = {f"recall {threshold}": self.recall(threshold) for threshold in THRESHOLDS}
        columns["mean best overlap"] = self.mean_best_overlap()
        return [
            {"proposals": count, **{name: float(values[index]) for name, values in columns.items()}}
            for index, count in enumerate(self.counts)
        ]


def proposal_recall(
    proposals: Iterable[Proposals], targets: Iterable[BoxTargets], counts: Sequence[int] = COUNTS
) -> ProposalRecall:
    """Measure proposals by the objects of their pictures.

    Of the numbers that no picture has as many boxes as, the lowest alone is kept: it means all boxes. Ignored objects
    (crowds, difficult ones) do not count.

    Args:
        proposals: of each picture.
        targets: of each picture, one at a time, in its pixels.
        counts: numbers of proposals.

    Raises:
        ShapeError: not as many of both.

    >>> truth = BoxTargets(torch.tensor([[0.0, 0, 4, 4]]), torch.tensor([0]), torch.tensor([1]))
    >>> boxes = Proposals(torch.tensor([[0.0, 0, 4, 2], [0, 0, 4, 4]]), torch.tensor([2.0, 1.0]))
    >>> proposal_recall([boxes], [truth], [1, 2, 5, 9]).overlaps.tolist()
    [[0.5, 1.0]]
    """
    rising = tuple(sorted(set(counts)))
    rows, labels, numbers = [], [], []
    for one, truth in _pairs(proposals, targets):
        real = ~truth.unclear
        rows.append(best_overlaps(one.boxes, truth.boxes[real], rising))
        labels.append(truth.labels[real])
        numbers.append(len(one))
    used = [count for count in rising if count < max(numbers, default=0)]
    kept = rising[: len(used) + 1]
    overlaps = torch.cat(rows) if rows else torch.zeros(0, len(rising))
    all_labels = torch.cat(labels) if labels else torch.zeros(0, dtype=torch.int64)
    return ProposalRecall(overlaps[:, : len(kept)], all_labels, kept, sum(numbers), len(numbers))


def best_overlaps(boxes: Tensor, objects: Tensor, counts: Sequence[int]) -> Tensor:
    """float32 (M, N): IoU of each object with the best of the first boxes; 0 without boxes.

    >>> best_overlaps(torch.tensor([[0.0, 0, 4, 2]]), torch.tensor([[0.0, 0, 4, 4]]), [1, 5]).tolist()
    [[0.5, 0.5]]
    """
    if not len(boxes) or not len(objects):
        return torch.zeros(len(objects), len(counts))
    best = box_iou(objects.float(), boxes[: max(counts)].float()).cummax(1).values
    return best[:, torch.tensor([min(count, best.shape[1]) - 1 for count in counts])]


def _pairs(
    proposals: Iterable[Proposals], targets: Iterable[BoxTargets]
) -> Iterable[tuple[Proposals, BoxTargets]]:
    try:
        yield from zip(proposals, targets, strict=True)
    except ValueError as reason:
        raise ShapeError(
            "not as many proposals as targets", "one for each picture", "Proposals without boxes for none"
        ) from reason
