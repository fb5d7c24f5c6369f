"""Occlusion: how much the score falls when a patch of the picture is covered.

Zeiler, Fergus 2014, section 4.2. https://arxiv.org/abs/1311.2901

    +---------+      +---------+
    |  image  |      | [#]     |    S(image) - S(covered), given to the pixels under the patch;
    +---------+      +---------+    a pixel under several patches has their mean
"""

from collections.abc import Iterator, Sequence
from itertools import product
from operator import add
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
    selector: TargetSelector,
    *,
    window: int | tuple[int, ...] | None = None,
    stride: int | tuple[int, ...] | None = None,
    baseline: float = 0.0,
) -> Tensor:
    """How much covering every pixel lowers the score, (N, H, W); of vectors (N, F) every number, (N, F).

    Args:
        probe: the model; it needs no gradients.
        pixels: (N, C, H, W), or (N, F).
        selector: what is explained.
        window: side of the patch, pixels, or its (height, width).
        stride: pixels from one patch to the next, or (down, right); the last patch of a row may hang over the
            border.
        baseline: what the patch shows; 0 is black.

    Raises:
        SettingError: window or stride do not fit the picture.
    """
    sizes = tuple(pixels.shape[2:]) or tuple(pixels.shape[1:])
    sides = _for_each_axis(max(1, min(sizes, default=1) // SHARE) if window is None else window, sizes)
    steps = _for_each_axis(tuple(max(1, side // 2) for side in sides) if stride is None else stride, sizes)
    _require_fit(sides, steps, sizes)
    settle(probe, pixels, selector)
    with torch.no_grad():
        uncovered = selector(probe(pixels))
        falls, counts = pixels.new_zeros(len(pixels), *sizes), pixels.new_zeros(sizes)
        for corner in corners(sizes, sides, steps):
            patch: tuple[Any, ...] = (..., *map(slice, corner, map(add, corner, sides)))
            covered = pixels.clone()
            covered[patch] = baseline
            falls[patch] += (uncovered - selector(probe(covered))).view(-1, *[1] * len(sizes))
            counts[patch] += 1
    return falls / counts


def corners(sizes: Sequence[int], sides: Sequence[int], steps: Sequence[int]) -> Iterator[tuple[int, ...]]:
    """The corners nearest to the origin of all patches; together they cover everything.

    >>> list(corners((3, 4), sides=(2, 2), steps=(2, 2)))
    [(0, 0), (0, 2), (2, 0), (2, 2)]
    """
    axes = zip(sizes, sides, steps, strict=True)
    return product(*(range(0, size - side + step, step) for size, side, step in axes))


def _for_each_axis(given: int | tuple[int, ...], sizes: tuple[int, ...]) -> tuple[int, ...]:
    """One number for every axis of the picture."""
    return (given,) * len(sizes) if isinstance(given, int) else tuple(given)


def _require_fit(sides: tuple[int, ...], steps: tuple[int, ...], sizes: tuple[int, ...]) -> None:
    """Raises SettingError where the patch is larger than the picture, or its steps leave gaps."""
    if len(sides) == len(steps) == len(sizes) and all(
        1 <= side <= size and 1 <= step <= side for side, step, size in zip(sides, steps, sizes, strict=True)
    ):
        return
    window, stride, picture = ("x".join(map(str, one)) for one in (sides, steps, sizes))
    raise SettingError(
        f"window is {window} and stride is {stride} on {picture} pixels",
        f"a window of 1 to {picture} pixels, and a stride of 1 to the window",
        "leave both out",
    )
