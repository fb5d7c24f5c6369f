"""The rings of a mask: closed lines along the edges of pixels, with the pixels on the right.

. . . .         every edge between a pixel that is on and one that is off is a step; steps that meet are
. # # .         joined to rings, and straight parts become one line
. . . .
"""

import numpy as np
from numpy.typing import NDArray
from torch import Tensor

Corner = tuple[int, int]
"""x, y."""


def rings(bits: Tensor) -> list[list[float]]:
    """The rings of a mask (H, W), x, y, x, y, ...; those of holes run the other way round.

    Pixels that touch at a corner alone are in rings of their own.

    >>> import torch
    >>> rings(torch.tensor([[True, True, False]]))
    [[0, 0, 2, 0, 2, 1, 0, 1]]
    """
    steps = _steps(np.pad(bits.numpy(force=True).astype(np.int8), 1))
    found = []
    while steps:
        start = next(iter(steps))
        found.append(_corners(_walked(start, steps)))
    return found


def _steps(mask: NDArray[np.int8]) -> dict[Corner, list[Corner]]:
    """For each corner where steps begin, where they end; pixels that are on lie on their right."""
    steps: dict[Corner, list[Corner]] = {}
    down, across = np.diff(mask, axis=0), np.diff(mask, axis=1)
    for y, x in np.argwhere(down).tolist():  # between rows y and y + 1 of the padded mask
        first, last = ((x - 1, y), (x, y)) if down[y, x] > 0 else ((x, y), (x - 1, y))
        steps.setdefault(first, []).append(last)
    for y, x in np.argwhere(across).tolist():
        first, last = ((x, y), (x, y - 1)) if across[y, x] > 0 else ((x, y - 1), (x, y))
        steps.setdefault(first, []).append(last)
    return steps


def _walked(start: Corner, steps: dict[Corner, list[Corner]]) -> list[Corner]:
    """One ring; its steps are taken away. Where two ways go on, it turns to the right."""
    path, here, before = [start], start, (0, 0)
    while True:
        ways = steps[here]
        choice = 0
        if len(ways) > 1:
            turns = [before[0] * (y - here[1]) - before[1] * (x - here[0]) for x, y in ways]
            choice = turns.index(max(turns))
        there = ways.pop(choice)
        if not ways:
            del steps[here]
        before, here = (there[0] - here[0], there[1] - here[1]), there
        if here == start:
            return path
        path.append(here)


def _corners(path: list[Corner]) -> list[float]:
    """x, y, ... of the corners where a ring turns, the uppermost left one first."""
    kept = [
        one
        for before, one, after in zip(path[-1:] + path[:-1], path, path[1:] + path[:1], strict=True)
        if not (before[0] == one[0] == after[0] or before[1] == one[1] == after[1])
    ]
    first = kept.index(min(kept, key=lambda one: (one[1], one[0])))
    return [value for corner in kept[first:] + kept[:first] for value in corner]
