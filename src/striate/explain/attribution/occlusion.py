"""Occlusion: how much the score falls when a patch of the picture is covered.

Zeiler, Fergus 2014, section 4.2. https://arxiv.org/abs/1311.2901

    +---------+      +---------+
    |  image  |      | [#]     |    S(image) - S(covered), given to the pixels under the patch;
    +---------+      +---------+    a pixel under several patches has their mean
"""

from collections.abc import Iterator, Sequence
from itertools import product
from typing import Any

import torch
from torch import Tensor

from striate.errors import SettingError
from striate.explain.attribution.gradients import Probe, settle
from striate.explain.attribution.target import TargetSelector

SHARE = 8
"""By default the patch is an eighth of the shorter side, and moves by half of that."""


def occlusion(
    probe: Probe,
    pixels: Tensor,
    choice: TargetSelector,
    *,
    window: int | None = None,
    stride: int | None = None,
    baseline: float = 0.0,
) -> Tensor:
    """How much covering every pixel lowers the score, (N, H, W); of vectors (N, F) every number, (N, F).

    Args:
        probe: the model; it needs no gradients.
        pixels: (N, C, H, W), or (N, F).
        choice: what is explained.
        window: side of the patch, pixels.
        stride: pixels from one patch to the next; the last one of a row may hang over the border.
        baseline: what the patch shows; 0 is black.

    Raises:
        SettingError: window or stride do not fit the picture.
    """
    sizes = tuple(pixels.shape[2:]) or tuple(pixels.shape[1:])
    side = max(1, min(sizes) // SHARE) if window is None else window
    step = max(1, side // 2) if stride is None else stride
    if not (1 <= side <= min(sizes) and 1 <= step <= side):
        raise SettingError(
            f"window is {side} and stride is {step} on {'x'.join(map(str, sizes))} pixels",
            f"a window of 1 to {min(sizes)} pixels, and a stride of 1 to that",
            "leave both out",
        )
    settle(probe, pixels, choice)
    with torch.no_grad():
        whole = choice(probe(pixels))
        falls, covers = pixels.new_zeros(len(pixels), *sizes), pixels.new_zeros(sizes)
        for corner in corners(sizes, side, step):
            place: tuple[Any, ...] = (..., *(slice(start, start + side) for start in corner))
            covered = pixels.clone()
            covered[place] = baseline
            falls[place] += (whole - choice(probe(covered))).view(-1, *[1] * len(sizes))
            covers[place] += 1
    return falls / covers


def corners(sizes: Sequence[int], side: int, step: int) -> Iterator[tuple[int, ...]]:
    """The corners nearest to the origin of all patches; together they cover everything.

    >>> list(corners((3, 4), side=2, step=2))
    [(0, 0), (0, 2), (2, 0), (2, 2)]
    """
    return product(*(range(0, size - side + step, step) for size in sizes))
