"""What a detector can reach on some boxes before it has learned anything: the ceilings of its design.

    priors    boxes whose best prior overlaps them by more than 0.5; the others are rarely learned well
    cells     boxes that a grid can hold with so many objects in a cell
    stride    boxes with a side shorter than the pixels between two cells
    NMS       pairs of one class that overlap by more than its threshold: one of each is suppressed, however
              good the network is

Boxes are those that a network sees, in the pixels of its images. Priors: Liu et al. 2016, section 2.2; Ren et
al. 2015, section 3.1. Cells: Redmon et al. 2016, section 2.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import torch
from torch import Tensor

from striate.ops import batched_nms, box_iou, cell_of

OVERLAP = 0.5
"""IoU of a prior above which a box is covered."""

AT_ONCE = 4_000_000
"""Pairs of boxes and priors that are compared at once: 16 MB."""

EDGES = (0, 8, 16, 32, 64, 128, 256, float("inf"))
"""Pixels of the root of the area, between which boxes are counted together."""

Pair = tuple[int, int]


@dataclass(frozen=True)
class Share:
    """How many of some boxes have a property.

    Args:
        name: of the class or the size.
        boxes: in all.
        having: of them.
    """

    name: str
    boxes: int
    having: int

    @property
    def share(self) -> float:
        """0..1; 1 where there is no box."""
        return self.having / self.boxes if self.boxes else 1.0

    def to_dict(self) -> dict[str, Any]:
        """Plain Python values."""
        return {"name": self.name, "boxes": self.boxes, "share": self.share}


def best_overlaps(boxes: Tensor, priors: Tensor) -> Tensor:
    """float32 (M,): the IoU of each box with the prior that overlaps it most.

    Args:
        boxes: (M, 4), two corners.
        priors: (A, 4), of one image.

    >>> boxes = torch.tensor([[0.0, 0, 4, 4], [0, 0, 8, 4]])
    >>> best_overlaps(boxes, torch.tensor([[0.0, 0, 4, 4], [4, 0, 8, 8]])).tolist()
    [1.0, 0.5]
    """
    if not len(priors):
        return torch.zeros(len(boxes))
    parts = torch.split(boxes, max(1, AT_ONCE // len(priors)))
    return torch.cat([box_iou(part, priors).amax(1) for part in parts]) if len(boxes) else torch.zeros(0)


def by_class(having: Tensor, labels: Tensor, classes: Sequence[str]) -> list[Share]:
    """The share of each class that has boxes, the smallest first.

    Args:
        having: bool (M,).
        labels: int64 (M,).
        classes: K names.
    """
    counts = labels.bincount(minlength=len(classes)).tolist()
    found = labels[having].bincount(minlength=len(classes)).tolist()
    shares = [Share(*row) for row in zip(classes, counts, found, strict=True) if row[1]]
    return sorted(shares, key=lambda one: one.share)


def by_size(having: Tensor, boxes: Tensor) -> list[Share]:
    """The share of boxes of similar size, small to large, without sizes that no box has."""
    sides = (boxes[:, 2:] - boxes[:, :2]).prod(1).sqrt()
    shares = []
    for low, high in pairwise(EDGES):
        inside = (sides >= low) & (sides < high)
        name = f"from {low:g} px" if high == float("inf") else f"{low:g} to {high:g} px"
        shares.append(Share(name, int(inside.sum()), int((inside & having).sum())))
    return [one for one in shares if one.boxes]


def suppressed_pairs(boxes: Tensor, labels: Tensor, images: Tensor, threshold: float) -> Tensor:
    """int64 (P, 2): pairs of boxes of one class on one image that overlap by more than the threshold.

    Args:
        boxes: (M, 4).
        labels: int64 (M,).
        images: int64 (M,), which image each is on, in order.
        threshold: of the suppression.

    >>> boxes = torch.tensor([[0.0, 0, 4, 4], [0, 0, 4, 3], [0, 0, 4, 4]])
    >>> suppressed_pairs(boxes, torch.tensor([0, 0, 1]), torch.tensor([0, 0, 0]), 0.5).tolist()
    [[0, 1]]
    """
    pairs, ends = [torch.zeros(0, 2, dtype=torch.int64)], images.bincount().cumsum(0).tolist()
    for start, end in pairwise([0, *ends]):
        if end - start < 2:
            continue
        same = labels[start:end, None] == labels[None, start:end]
        over = (box_iou(boxes[start:end], boxes[start:end]) > threshold) & same
        pairs.append(over.triu(1).nonzero() + start)
    return torch.cat(pairs)


def kept_by_nms(boxes: Tensor, labels: Tensor, images: Tensor, threshold: float) -> int:
    """How many boxes are left when the truth itself is suppressed: the most that a perfect network finds.

    Arguments are those of ``suppressed_pairs``.

    >>> boxes = torch.tensor([[0.0, 0, 4, 4], [0, 0, 4, 3], [0, 0, 4, 4]])
    >>> kept_by_nms(boxes, torch.tensor([0, 0, 1]), torch.tensor([0, 0, 0]), 0.5)
    2
    """
    groups = images * (int(labels.max()) + 1 if len(labels) else 1) + labels
    return len(batched_nms(boxes, torch.ones(len(boxes)), groups, threshold))


def held_by_cells(boxes: Tensor, images: Tensor, grid: Pair, size: Pair, each: int = 1) -> Tensor:
    """bool (M,): boxes that a grid can hold, the first ones of each cell that holds their centres.

    Args:
        boxes: (M, 4).
        images: int64 (M,), which image each is on.
        grid: rows and columns.
        size: (H, W) of the images.
        each: objects that a cell can hold.

    >>> boxes = torch.tensor([[0.0, 0, 4, 4], [0, 0, 4, 2], [8, 8, 9, 9]])
    >>> held_by_cells(boxes, torch.tensor([0, 0, 0]), (2, 2), (10, 10)).tolist()
    [True, False, True]
    """
    cells = _cells(boxes, images, grid, size)
    order = cells.argsort(stable=True)
    _, counts = torch.unique_consecutive(cells[order], return_counts=True)
    starts = counts.cumsum(0) - counts
    held = torch.zeros(len(boxes), dtype=torch.bool)
    held[order] = torch.arange(len(boxes)) - starts.repeat_interleave(counts) < each
    return held


def shared_cells(boxes: Tensor, images: Tensor, grid: Pair, size: Pair) -> int:
    """How many cells hold the centres of two boxes or more; arguments are those of ``held_by_cells``.

    >>> boxes = torch.tensor([[0.0, 0, 4, 4], [0, 0, 4, 2], [8, 8, 9, 9]])
    >>> shared_cells(boxes, torch.tensor([0, 0, 0]), (2, 2), (10, 10))
    1
    """
    _, counts = torch.unique(_cells(boxes, images, grid, size), return_counts=True)
    return int((counts > 1).sum())


def _cells(boxes: Tensor, images: Tensor, grid: Pair, size: Pair) -> Tensor:
    """int64 (M,): the cell that holds each centre, of all cells of all images."""
    return images * (grid[0] * grid[1]) + cell_of(boxes, grid, size)


def below_stride(boxes: Tensor, stride: float) -> Tensor:
    """bool (M,): boxes with a side shorter than the pixels between two cells.

    >>> below_stride(torch.tensor([[0.0, 0, 8, 8], [0, 0, 20, 7]]), 8).tolist()
    [False, True]
    """
    return (boxes[:, 2:] - boxes[:, :2] < stride).any(1)
