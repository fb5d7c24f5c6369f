"""Does a map point at the thing? The pointing game, and the share of the strongest pixels that lie on it.

Zhang, Lin, Brandt, Shen, Sclaroff 2016, section 4.1. https://arxiv.org/abs/1608.00507

    +-----------+          + the strongest pixel lies on the thing, or within the tolerance of it: a hit
    |    ##     |
    |    #+   x |          x it lies elsewhere: a miss
    +-----------+
"""

import torch
from torch import Tensor
from torch.nn import functional as F

from striate.arguments import checked
from striate.errors import SettingError, ShapeError
from striate.explain.evaluation.pixel_importance import importance

PAPER = 15
"""Pixels of tolerance in the paper, for photographs of about 500 pixels."""


@checked
def pointing_game(values: Tensor, truth: Tensor, *, tolerance: int = 0) -> Tensor:
    """Whether the strongest pixel of every map lies on the thing: 1 or 0.

    Args:
        values: (N, C, H, W), of which the largest magnitude counts, or (N, H, W), of which the largest value.
        truth: where the thing is: bool (N, H, W), or boxes (N, 4), xyxy in pixels.
        tolerance: pixels, 0 or more; the paper gives 15 in photographs of about 500.

    Returns:
        float32 (N,); of several equally strong pixels the share that hits, so that a map that says nothing
        has what chance would have.

    Raises:
        SettingError: the tolerance is negative.
        ShapeError: maps and truth do not belong together.

    Source: Zhang et al. 2016, section 4.1.

    >>> pointing_game(torch.tensor([[[0.1, 0.9, 0.3]]]), torch.tensor([[[True, False, False]]]))
    tensor([0.])
    >>> pointing_game(torch.tensor([[[0.1, 0.9, 0.3]]]), torch.tensor([[[True, False, False]]]), tolerance=1)
    tensor([1.])
    """
    if tolerance < 0:
        raise SettingError(f"tolerance is {tolerance}", "0 or more pixels", f"{PAPER} as in the paper")
    maps = importance(values)
    where = _masks(truth, maps)
    near = _grown(where, tolerance).flatten(1)
    flat = maps.flatten(1)
    strongest = flat == flat.amax(1, keepdim=True)
    return (strongest & near).sum(1) / strongest.sum(1)


@checked
def topk_intersection(values: Tensor, truth: Tensor, k: int | None = None) -> Tensor:
    """The share of the k strongest pixels of every map that lies on the thing, float32 (N,).

    Args:
        values, truth: as for ``pointing_game``.
        k: 1 or more; None takes as many as the thing has, so that 1 is a map of exactly the thing.

    Raises:
        SettingError: k is not between 1 and the number of pixels.
        ShapeError: maps and truth do not belong together, or a thing has no pixel.

    Source: Theiner, Mueller-Budack, Ewerth 2022, https://arxiv.org/abs/2104.14995

    >>> topk_intersection(torch.tensor([[[0.1, 0.9, 0.3]]]), torch.tensor([[[True, True, False]]]))
    tensor([0.5000])
    """
    maps = importance(values)
    where = _masks(truth, maps).flatten(1)
    counts = where.sum(1) if k is None else torch.full((len(maps),), k, device=where.device)
    if k is not None and not 1 <= k <= where.shape[1]:
        raise SettingError(f"k is {k}", f"1 to {where.shape[1]} pixels", "leave it out for the thing's size")
    if not bool(counts.all()):
        raise ShapeError("a thing has no pixel", "one pixel or more in every mask", "leave that picture out")
    order = maps.flatten(1).argsort(dim=1, descending=True, stable=True)
    strong = torch.arange(where.shape[1], device=where.device) < counts[:, None]
    return (where.gather(1, order) & strong).sum(1) / counts


def _masks(truth: Tensor, maps: Tensor) -> Tensor:
    """bool (N, H, W): masks as they are; of boxes the pixels whose middle lies in them."""
    count, height, width = maps.shape
    if truth.shape == (count, 4):
        left, top, right, bottom = (side.view(-1, 1, 1) for side in truth.to(maps.device).float().unbind(1))
        across = torch.arange(width, device=maps.device).view(1, 1, -1) + 0.5
        down = torch.arange(height, device=maps.device).view(1, -1, 1) + 0.5
        return (left <= across) & (across < right) & (top <= down) & (down < bottom)
    if truth.shape != maps.shape:
        raise ShapeError(
            f"the truth is {tuple(truth.shape)} for maps {tuple(maps.shape)}",
            f"masks {tuple(maps.shape)} or boxes ({count}, 4)",
            "one mask or box for each picture, in the size that the network sees",
        )
    return truth.to(maps.device, torch.bool)


def _grown(masks: Tensor, tolerance: int) -> Tensor:
    """The masks and every pixel whose middle is no further than the tolerance from one of theirs."""
    if not tolerance:
        return masks
    steps = torch.arange(-tolerance, tolerance + 1, device=masks.device)
    disc = (steps[:, None] ** 2 + steps**2 <= tolerance**2).float()
    return F.conv2d(masks.float().unsqueeze(1), disc[None, None], padding=tolerance).squeeze(1) > 0.5
