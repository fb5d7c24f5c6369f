"""The losses of one object, y = [Pc, bx, by, bh, bw, c1, ..., cK]: presence, class and box."""

from typing import Literal

import torch
from torch import Tensor
from torch.nn import functional as F

from striate.ops import generalized_box_iou_loss
from striate.records import Batch, BoxTargets
from striate.tasks.regression.distances import MAP_WEIGHT, Distance, distance, line_entropy
from striate.tasks.regression.network import shares_of


def object_losses(
    y: Tensor, batch: Batch, kind: Distance, box_weight: float, overlap_weight: float = 0.0
) -> dict[str, Tensor]:
    """Presence, class, box and overlap of each image, (N,); all but the first are 0 where no object is.

    Args:
        y: float (N, 5 + K), as ``Localizer.forward`` gives it.
        batch: with ``BoxTargets`` of at most one box an image.
        kind: how the four numbers of a box are compared.
        box_weight: of the box against the others.
        overlap_weight: of 1 - GIoU of the box; with 0 it is left out.

    Source: both losses of a box together: Carion et al. 2020 (DETR), section 3.1,
    https://arxiv.org/abs/2005.12872
    """
    targets = batch.targets
    assert isinstance(targets, BoxTargets)
    there = targets.counts > 0
    presence = F.binary_cross_entropy_with_logits(y[:, 0], there.to(y.dtype), reduction="none")
    label, box = presence.new_zeros(len(y)), presence.new_zeros(len(y))
    truth = middles_of(shares_of(targets.boxes.view(-1, 2, 2), batch.images).view(-1, 4))
    label = label.masked_scatter(there, F.cross_entropy(y[there, 5:], targets.labels, reduction="none"))
    box = box.masked_scatter(there, distance(y[there, 1:5], truth.to(y.dtype), kind).sum(1))
    losses = {"presence": presence, "class": label, "box": box_weight * box}
    if overlap_weight:
        apart = generalized_box_iou_loss(in_order(corners_of(y[there, 1:5])), corners_of(truth.to(y.dtype)))
        losses["overlap"] = overlap_weight * torch.zeros_like(box).masked_scatter(there, apart)
    return losses


def in_order(boxes: Tensor) -> Tensor:
    """Boxes (..., 4) whose corners a network may have swapped: their sides are never negative.

    >>> in_order(torch.tensor([6.0, 3.0, 2.0, 8.0])).tolist()
    [2.0, 3.0, 6.0, 8.0]
    """
    first, second = boxes[..., :2], boxes[..., 2:]
    return torch.cat([torch.minimum(first, second), torch.maximum(first, second)], dim=-1)


def edge_losses(maps: Tensor, batch: Batch, box_weight: float) -> Tensor:
    """The loss of the maps that the edges are read from, (N,); 0 where there is no object.

    Args:
        maps: float (N, 4, H' + 2, W' + 2), of the left, top, right and bottom edge.
        batch: with ``BoxTargets`` of at most one box an image.
        box_weight: of the box against the other losses.
    """
    targets = batch.targets
    assert isinstance(targets, BoxTargets)
    there = targets.counts > 0
    truth = shares_of(targets.boxes.view(-1, 2, 2), batch.images).to(maps.dtype).view(-1, 4)
    axes: tuple[Literal["x", "y"], ...] = ("x", "y", "x", "y")
    edges = zip(maps[there].unbind(1), truth.unbind(1), axes, strict=True)
    losses = torch.stack([line_entropy(*edge) for edge in edges]).mean(0)
    return box_weight * MAP_WEIGHT * maps.new_zeros(len(maps)).masked_scatter(there, losses)


def corners_from(points: Tensor) -> Tensor:
    """Four points, each on an edge of a box (N, 8): left, top, right, bottom -> x1, y1, x2, y2 (N, 4).

    >>> corners_from(torch.tensor([[2.0, 5.0, 6.0, 3.0, 8.0, 4.0, 5.0, 9.0]])).tolist()
    [[2.0, 3.0, 8.0, 9.0]]
    """
    return points[:, [0, 3, 4, 7]]


def vector_of(corners: Tensor, scores: Tensor) -> Tensor:
    """x1, y1, x2, y2 (N, 4) and presence and classes (N, 1 + K) -> y (N, 5 + K).

    >>> vector_of(torch.tensor([[2.0, 3.0, 8.0, 5.0]]), torch.tensor([[9.0, 7.0]])).tolist()
    [[9.0, 5.0, 4.0, 2.0, 6.0, 7.0]]
    """
    return torch.cat([scores[:, :1], middles_of(corners), scores[:, 1:]], dim=1)


def corners_of(boxes: Tensor) -> Tensor:
    """bx, by, bh, bw -> x1, y1, x2, y2, (N, 4).

    >>> corners_of(torch.tensor([[5.0, 4.0, 2.0, 6.0]])).tolist()
    [[2.0, 3.0, 8.0, 5.0]]
    """
    x, y, height, width = boxes.unbind(1)
    return torch.stack([x - width / 2, y - height / 2, x + width / 2, y + height / 2], dim=1)


def middles_of(boxes: Tensor) -> Tensor:
    """x1, y1, x2, y2 -> bx, by, bh, bw, (N, 4): the inverse of ``corners_of``."""
    x1, y1, x2, y2 = boxes.unbind(1)
    return torch.stack([(x1 + x2) / 2, (y1 + y2) / 2, y2 - y1, x2 - x1], dim=1)
