"""Which anchor, default box or prediction is taught by which object.

A match is the number of an object, or BACKGROUND (nothing is there), or IGNORED (neither).

    IoU of an anchor with     low           high
    its best object     0 -----|-------------|------ 1
                      background   ignored     object          and the best anchor of every object, if wished
"""

import torch
from torch import Tensor

from striate.errors import SettingError, ShapeError

BACKGROUND, IGNORED = -1, -2
"""Torchvision's numbers."""


def match(quality: Tensor, high: float, low: float, *, best_of_each: bool = False) -> Tensor:
    """Give every anchor its best object, by thresholds (Ren et al. 2015, section 3.1.2).

    Args:
        quality: float (M, A), IoU of M objects with A anchors.
        high: an anchor is matched from this IoU on.
        low: below it, an anchor is background; between the two it is ignored.
        best_of_each: whether the anchors that overlap an object best (all of equal ones) are matched below
            ``high`` too, to their own best object. Torchvision's ``allow_low_quality_matches``, with one
            difference: an object that no anchor touches takes none, instead of all.

    Returns:
        int64 (A,). Without objects all are background.

    Raises:
        ShapeError: not (M, A).
        SettingError: low is above high.

    >>> match(torch.tensor([[0.8, 0.2, 0.5], [0.1, 0.3, 0.5]]), 0.7, 0.3).tolist()
    [0, -2, -2]
    """
    _check(quality)
    if low > high:
        raise SettingError(f"low is {low}, high {high}", "low at most high", "high=0.7, low=0.3")
    if not quality.shape[0] or not quality.shape[1]:
        return quality.new_full((quality.shape[1],), BACKGROUND, dtype=torch.int64)
    best, own = quality.max(dim=0)
    matches = own.clone()
    matches[best < high] = IGNORED
    matches[best < low] = BACKGROUND
    if best_of_each:
        highest = quality.amax(dim=1, keepdim=True)
        chosen = ((quality == highest) & (highest > 0)).any(dim=0)
        matches[chosen] = own[chosen]
    return matches


def match_ssd(quality: Tensor, threshold: float = 0.5) -> Tensor:
    """First every object gets a default box of its own, then every box above the threshold its best object.

    Of two objects that want one box, that with the higher IoU gets it and the other its next best, as in the
    authors' code.

    Args:
        quality: float (M, A), IoU of M objects with A default boxes.
        threshold: a box that was not taken is matched from this IoU on.

    Returns:
        int64 (A,), BACKGROUND where nothing matches.

    Source: Liu et al. 2016, section 2.2.

    >>> match_ssd(torch.tensor([[0.4, 0.3, 0.0], [0.9, 0.2, 0.6]])).tolist()
    [1, 0, 1]
    """
    _check(quality)
    matches = match(quality, threshold, threshold)
    boxes = _one_each(quality)
    taken = (boxes >= 0).nonzero().squeeze(1)
    matches[boxes[taken]] = taken
    return matches


def match_simota(costs: Tensor, ious: Tensor, candidates: int = 10) -> Tensor:
    """Every object takes as many of the cheapest predictions as its best IoUs add up to.

    Args:
        costs: (A, M) of A predictions for M objects.
        ious: (A, M).
        candidates: best predictions whose IoUs are added up, rounded down, at least 1.

    Returns:
        int64 (A,), an object or BACKGROUND; of several objects the cheapest.

    Source: Ge et al. 2021, section 2.1, "SimOTA", https://arxiv.org/abs/2107.08430.

    >>> match_simota(torch.tensor([[0.2], [0.9]]), torch.tensor([[0.8], [0.1]])).tolist()
    [0, -1]
    """
    if costs.shape != ious.shape or costs.dim() != 2:
        raise ShapeError(
            f"costs are {tuple(costs.shape)}, ious {tuple(ious.shape)}", "both (A, M)", "costs.T"
        )
    matches = costs.new_full((len(costs),), BACKGROUND, dtype=torch.int64)
    if not costs.numel():
        return matches
    counts = ious.topk(min(candidates, len(ious)), dim=0).values.sum(dim=0).int().clamp(1, len(ious))
    rank = costs.argsort(dim=0, stable=True).argsort(dim=0)
    wanted = torch.where(rank < counts, costs, torch.inf)
    cheapest, number = wanted.min(dim=1)
    return torch.where(cheapest < torch.inf, number, matches)


def _one_each(quality: Tensor) -> Tensor:
    """For every row a column of its own, int64 (M,), -1 where nothing is left: the pairs by falling quality.

    Every row asks for its best column, a column keeps the best that asks, the others ask on.
    """
    left = quality.clone()
    rows = torch.arange(len(left), device=left.device)
    while left.shape[0] and left.shape[1]:
        best, column = left.max(dim=1)
        wants = best > 0
        most = best.new_zeros(left.shape[1]).scatter_reduce(0, column, best, "amax")
        first = torch.where(wants & (best == most[column]), rows, len(rows))
        holder = rows.new_full((left.shape[1],), len(rows)).scatter_reduce(0, column, first, "amin")
        refused = wants & (holder[column] != rows)
        if not bool(refused.any()):
            return torch.where(wants, column, -1)
        left[rows[refused], column[refused]] = 0
    return rows.new_full((len(left),), -1)


def _check(quality: Tensor) -> None:
    if quality.dim() != 2:
        raise ShapeError(
            f"quality is {tuple(quality.shape)}", "(objects, anchors)", "box_iou(objects, anchors)"
        )
