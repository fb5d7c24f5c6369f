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
from striate.formatting import plural
from striate.ops import box_iou
from striate.records import BoxTargets, Proposals

COUNTS = (1, 3, 10, 30, 100, 300, 1000, 3000, 10_000)
"""Numbers of proposals at which recall is measured."""

THRESHOLDS = (0.5, 0.7)
"""IoU at which it is told."""

FINE = tuple(number / 100 for number in range(50, 100, 5))
"""IoU of the curve over IoU."""

CURVES = 4
"""Numbers of boxes that have a curve over IoU."""


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

    def by_number(self) -> dict[str, tuple[list[float], list[float]]]:
        """Curves over the number of boxes: recall at each threshold, and MABO; for ``draw.recall_chart``."""
        lines = {f"recall at IoU {threshold}": self.recall(threshold) for threshold in THRESHOLDS}
        lines["mean best overlap"] = self.mean_best_overlap()
        return {name: (list(map(float, self.counts)), values.tolist()) for name, values in lines.items()}

    def by_overlap(self) -> dict[str, tuple[list[float], list[float]]]:
        """Curves over the IoU that is asked for: recall of the largest numbers of boxes."""
        table = torch.stack([self.recall(threshold) for threshold in FINE])
        chosen = range(max(0, len(self.counts) - CURVES), len(self.counts))
        return {plural(self.counts[index], "box"): (list(FINE), table[:, index].tolist()) for index in chosen}


def proposal_recall(
    proposals: Iterable[Proposals], targets: Iterable[BoxTargets], counts: Sequence[int] = COUNTS
) -> ProposalRecall:
    """Measure proposals by the objects of their pictures.

    Numbers above what any picture has are left out, but for the lowest, which means all boxes. Ignored
    objects (crowds, difficult ones) do not count.

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
    measure = RecallMeasure(counts)
    try:
        for one, truth in zip(proposals, targets, strict=True):
            measure.add(one, truth)
    except ValueError as reason:
        raise ShapeError(
            "not as many proposals as targets", "one for each picture", "Proposals without boxes for none"
        ) from reason
    return measure.result()


class RecallMeasure:
    """Measures picture after picture; of each object it keeps the best overlaps, of the boxes nothing.

    Args:
        counts: numbers of proposals.
    """

    def __init__(self, counts: Sequence[int] = COUNTS) -> None:
        self._counts = tuple(sorted(set(counts)))
        self._overlaps: list[Tensor] = []
        self._labels: list[Tensor] = []
        self._numbers: list[int] = []

    def add(self, proposals: Proposals, targets: BoxTargets) -> None:
        """One picture and its objects."""
        real = ~targets.unclear
        self._overlaps.append(best_overlaps(proposals.boxes, targets.boxes[real], self._counts))
        self._labels.append(targets.labels[real])
        self._numbers.append(len(proposals))

    def result(self) -> ProposalRecall:
        """What was measured so far."""
        used = sum(count < max(self._numbers, default=0) for count in self._counts)
        counts = self._counts[: used + 1]
        overlaps = torch.cat([torch.zeros(0, len(self._counts)), *self._overlaps])
        labels = torch.cat([torch.zeros(0, dtype=torch.int64), *self._labels])
        return ProposalRecall(
            overlaps[:, : len(counts)], labels, counts, sum(self._numbers), len(self._numbers)
        )


def best_overlaps(boxes: Tensor, objects: Tensor, counts: Sequence[int]) -> Tensor:
    """float32 (M, N): IoU of each object with the best of the first boxes; 0 without boxes.

    >>> best_overlaps(torch.tensor([[0.0, 0, 4, 2]]), torch.tensor([[0.0, 0, 4, 4]]), [1, 5]).tolist()
    [[0.5, 0.5]]
    """
    if not len(boxes) or not len(objects):
        return torch.zeros(len(objects), len(counts))
    best = box_iou(objects.float(), boxes[: max(counts)].float()).cummax(1).values
    return best[:, torch.tensor([min(count, best.shape[1]) - 1 for count in counts])]
