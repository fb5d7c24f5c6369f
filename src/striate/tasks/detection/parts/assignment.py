"""Which prior learns which object, of one image.

    SSD         every object its best prior; every prior above IoU 0.5 its best object       ops.match_ssd
    cells       an anchor learns an object of about its size whose centre lies in, or next to, its cell

An assignment is int64 (A,): the number of an object, BACKGROUND or IGNORED. What lies on an ignored object
(a crowd) is neither.
"""

import torch
from torch import Tensor

from striate.ops import BACKGROUND, IGNORED, box_ioa, shape_iou
from striate.tasks.detection.parts.priors import Priors

CROWDED = 0.5
"""Share of a prior inside an ignored object from which on it is not taught that nothing is there."""

AT_ONCE = 256
"""Objects that are compared with all priors at once, which bounds the memory."""

ROUNDING = 1e-4
"""Cells by which a distance may be off in float32."""


def assign_cells(boxes: Tensor, priors: Priors, reach: float = 1.0, similar: float = 0.25) -> Tensor:
    """Anchors whose size is like an object's, in the cells that can reach its centre.

    Of an object, the anchor of the best shape is always among them, in the cell that holds its centre. A
    prior that several objects want learns the one whose shape fits it best, of equal ones the first.

    Args:
        boxes: (M, 4), two corners, pixels.
        priors: A of them.
        reach: cells over which a centre can be moved; 1: only the cell that holds the centre.
        similar: IoU of the sizes, centres aside, from which on another anchor learns the object too.

    Returns:
        int64 (A,).

    >>> cells = torch.full((2, 2), 10.0)
    >>> anchors = Priors(torch.tensor([[0.0, 0, 10, 10], [10, 0, 20, 10]]), cells)
    >>> assign_cells(torch.tensor([[11.0, 1.0, 17.0, 9.0]]), anchors).tolist()
    [-1, 0]
    """
    assigned = torch.full((len(priors),), BACKGROUND, dtype=torch.int64, device=boxes.device)
    best = torch.full((len(priors),), -1.0, device=boxes.device)
    for first in range(0, len(boxes), AT_ONCE):
        value, number = _fit(boxes[first : first + AT_ONCE], priors, reach, similar).max(dim=0)
        better = (value >= 0) & (value > best)
        assigned, best = torch.where(better, first + number, assigned), torch.where(better, value, best)
    return assigned


def _fit(boxes: Tensor, priors: Priors, reach: float, similar: float) -> Tensor:
    """(M, A): how well shapes fit where a prior learns an object, else -1."""
    away = (middles(boxes)[:, None] - middles(priors.boxes)).abs() / priors.cells  # (M, A, 2), in cells
    fit, distance = shape_iou(sizes(boxes), sizes(priors.boxes)), away.amax(dim=2)
    own = distance <= distance.amin(dim=1, keepdim=True) + ROUNDING
    wanted = (distance <= reach / 2) & (fit >= similar)
    wanted[torch.arange(len(boxes)), torch.where(own, fit, -1).argmax(dim=1)] = True
    return torch.where(wanted, fit, -1)


def spare_ignored(assigned: Tensor, priors: Tensor, ignored: Tensor) -> Tensor:
    """The same, but that background inside an ignored object is IGNORED.

    Args:
        assigned: int64 (A,).
        priors: (A, 4).
        ignored: (M, 4), boxes of crowds.

    >>> assigned, priors = torch.tensor([-1, -1]), torch.tensor([[0.0, 0, 4, 4], [20, 0, 24, 4]])
    >>> spare_ignored(assigned, priors, torch.tensor([[0.0, 0, 10, 10]])).tolist()
    [-2, -1]
    """
    if not len(ignored):
        return assigned
    crowded = (box_ioa(ignored, priors) > CROWDED).any(dim=0)
    return torch.where(crowded & (assigned == BACKGROUND), IGNORED, assigned)


def middles(boxes: Tensor) -> Tensor:
    """Centres (M, 2)."""
    return (boxes[:, :2] + boxes[:, 2:]) / 2


def sizes(boxes: Tensor) -> Tensor:
    """Widths and heights (M, 2)."""
    return boxes[:, 2:] - boxes[:, :2]
