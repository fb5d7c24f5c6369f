"""Occlusion: how much the score falls when a patch of the picture is covered.

Zeiler, Fergus 2014, section 4.2. https://arxiv.org/abs/1311.2901

    +---------+      +---------+
    |  image  |      | [#]     |    S(image) - S(covered), given to the pixels under the patch;
    +---------+      +---------+    a pixel under several patches has their mean
"""

from collections.abc import Iterator

import torch
from torch import Tensor

from striate.errors import SettingError
from striate.explain.probe import Choice, Probe, settle

SHARE = 8
"""By default the patch is an eighth of the shorter side, and moves by half of that."""


def occlusion(
    probe: Probe,
    pixels: Tensor,
    choice: Choice,
    *,
    window: int | None = None,
    stride: int | None = None,
    baseline: float = 0.0,
) -> Tensor:
    """How much covering every pixel lowers the score, (N, H, W).

    Args:
        probe: the model; it needs no gradients.
        pixels: (N, C, H, W).
        choice: what is explained.
        window: side of the patch, pixels.
        stride: pixels from one patch to the next; the last one of a row may hang over the border.
        baseline: what the patch shows; 0 is black.

    Raises:
        SettingError: window or stride do not fit the picture.
    """
    height, width = pixels.shape[-2:]
    side = window or max(1, min(height, width) // SHARE)
    step = stride or max(1, side // 2)
    if not (1 <= side <= min(height, width) and 1 <= step <= side):
        raise SettingError(
            f"window is {side} and stride is {step} on {height}x{width} pixels",
            f"a window of 1 to {min(height, width)} pixels, and a stride of 1 to that",
            "leave both out",
        )
    settle(probe, pixels, choice)
    with torch.no_grad():
        whole = choice(probe(pixels))
        falls, covers = pixels.new_zeros(pixels.shape[0], height, width), pixels.new_zeros(height, width)
        for top, left in corners(height, width, side, step):
            covered = pixels.clone()
            covered[..., top : top + side, left : left + side] = baseline
            place = (..., slice(top, top + side), slice(left, left + side))
            falls[place] += (whole - choice(probe(covered))).view(-1, 1, 1)
            covers[place] += 1
    return falls / covers


def corners(height: int, width: int, side: int, step: int) -> Iterator[tuple[int, int]]:
    """The upper left corners (top, left) of all patches; together they cover everything.

    >>> list(corners(3, 4, side=2, step=2))
    [(0, 0), (0, 2), (2, 0), (2, 2)]
    """
    for top in range(0, max(height - side + step, 1), step):
        for left in range(0, max(width - side + step, 1), step):
            yield top, left
