"""The losses of points and of one object: distances of numbers, of what is known of an image."""

from typing import Literal

import torch
from torch import Tensor
from torch.nn import functional as F

Distance = Literal["l1", "l2", "smooth_l1"]

MAP_WEIGHT = 0.05
"""Of the loss of maps of positions against distances, which are shares of a side."""

BETA = 0.05
"""Share of the image's side below which smooth L1 is quadratic."""


def distance(guess: Tensor, truth: Tensor, kind: Distance) -> Tensor:
    """The distance of every number.

    Args:
        guess: float, shares of the image's sides.
        truth: float, of the same shape.
        kind: ``l1`` |d|, ``l2`` d^2, or ``smooth_l1``: d^2 / (2 beta) below beta = 0.05, then |d| - beta / 2.

    Source: smooth L1: Girshick 2015, equation 3, with beta as in later work.

    >>> distance(torch.tensor([0.5]), torch.tensor([0.25]), "l2").item()
    0.0625
    """
    if kind == "l1":
        return (guess - truth).abs()
    if kind == "l2":
        return (guess - truth) ** 2
    return F.smooth_l1_loss(guess, truth, reduction="none", beta=BETA)


def masked_mean(values: Tensor, counted: Tensor) -> Tensor:
    """The mean (N,) of the counted values of each image; 0, with a gradient of 0, where none is.

    Args:
        values: float (N, L).
        counted: bool (N, L).

    >>> counted = torch.tensor([[True, False], [False, False]])
    >>> masked_mean(torch.tensor([[2.0, 4.0], [9.0, 9.0]]), counted).tolist()
    [2.0, 0.0]
    """
    kept = torch.where(counted, values, 0)
    return kept.sum(1) / counted.sum(1).clamp(min=1)


def map_entropy(scores: Tensor, truth: Tensor) -> Tensor:
    """The cross-entropy between every map and a Gaussian at the true position, (N, L).

    A mean position is right for many maps; this asks for one peak, a position wide.

    Args:
        scores: float (N, L, H' + 2, W' + 2), of the positions of an image and of a ring around it.
        truth: float (N, L, 2), shares of the image's sides.

    Source: Nibali, He, Morgan, Prendergast 2018, section 3.3 (which takes the Jensen-Shannon divergence).
    """
    height, width = scores.shape[-2:]
    x, y = gaussian(truth[..., 0], width), gaussian(truth[..., 1], height)
    return entropy((y[..., :, None] * x[..., None, :]).flatten(2), scores.flatten(2).log_softmax(2))


def line_entropy(scores: Tensor, truth: Tensor, axis: Literal["x", "y"]) -> Tensor:
    """The cross-entropy between a map, summed along lines, and a Gaussian at the true line, (N,).

    The peak may lie anywhere on the line: where an edge of a box touches the object, as at the tip of a nose.

    Args:
        scores: float (N, H' + 2, W' + 2), of the positions of an image and of a ring around it.
        truth: float (N,), shares of the image's side: x of an upright line, y of a level one.
        axis: ``x`` for upright lines.

    >>> scores = torch.zeros(3, 4, 4)
    >>> scores[0, 1, 2] = scores[1, 3, 2] = scores[2, 1, 1] = 9.0  # two on one upright line, one beside it
    >>> first, second, third = line_entropy(scores, torch.tensor([0.75] * 3), "x").tolist()
    >>> first == second < third
    True
    """
    logs = scores.flatten(1).log_softmax(1).view(scores.shape).logsumexp(1 if axis == "x" else 2)
    return entropy(gaussian(truth, logs.shape[1]), logs)


def gaussian(truth: Tensor, side: int) -> Tensor:
    """(..., side): a Gaussian a position wide on a line of positions with one beyond each end.

    Args:
        truth: (...), its middle, a share of the image's side.
        side: positions.
    """
    return torch.exp(-0.5 * (positions(side, truth) - truth[..., None] * (side - 2)) ** 2)


def entropy(wanted: Tensor, logs: Tensor) -> Tensor:
    """The cross-entropy (...) between weights (..., P), which are made to sum to 1, and log probabilities."""
    return -(wanted / wanted.sum(-1, keepdim=True).clamp(min=1e-6) * logs).sum(-1)


def positions(side: int, like: Tensor) -> Tensor:
    """(side,): the middles of the pixels of a map with a ring of one around it, in pixels of the map.

    >>> positions(4, torch.zeros(1)).tolist()
    [-0.5, 0.5, 1.5, 2.5]
    """
    return torch.arange(side, device=like.device, dtype=like.dtype) - 0.5
