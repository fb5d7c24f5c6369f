"""Which way, and how far: two ways to move pixels downhill within 0..1.

L-BFGS keeps the last moves s and changes of the gradient y, and turns the gradient with them:

    gradient --newest y first--> q --scaled by <s, y> / <y, y>--> r --newest s last--> direction

Nocedal, Wright 2006, algorithm 7.4. The first move, of which nothing is known yet, is ``FIRST`` by pixel in
the mean; none is longer than ``MOST``. Moves that the range cuts off are remembered as they were made.

Adam: Kingma, Ba 2015, algorithm 1. https://arxiv.org/abs/1412.6980
"""

from collections import deque
from typing import Protocol

import torch
from torch import Tensor

HISTORY = 10
"""Moves that L-BFGS remembers; each costs two pictures."""
FIRST, MOST = 0.01, 0.05
"""Mean move of a pixel, as a share of the range 0..1."""
FLATTEST = 1e-10
"""A change of the gradient along a move, as a share of their lengths, below which it says nothing."""


class PixelOptimizer(Protocol):
    """Remembers what it needs from step to step."""

    def move(self, pixels: Tensor, gradient: Tensor) -> Tensor:
        """The next picture, within 0..1."""


class LBFGS:
    """A few steps know what many of Adam do; each costs one look at the picture.

    >>> descent, x = LBFGS(), torch.tensor([0.9, 0.1])
    >>> for _ in range(30):  # downhill on (x - 0.5)^2 + 4 (y - 0.25)^2
    ...     x = descent.move(x, torch.tensor([2.0, 8.0]) * (x - torch.tensor([0.5, 0.25])))
    >>> [round(value, 3) for value in x.tolist()]
    [0.5, 0.25]
    """

    def __init__(self) -> None:
        self._pairs: deque[tuple[Tensor, Tensor, float]] = deque(maxlen=HISTORY)
        self._before: tuple[Tensor, Tensor] | None = None

    def move(self, pixels: Tensor, gradient: Tensor) -> Tensor:
        """The next picture, within 0..1."""
        if self._before is not None:
            self._remember(pixels - self._before[0], gradient - self._before[1])
        self._before = pixels, gradient
        direction = self._direction(gradient)
        length = float(direction.abs().mean())
        if not self._pairs:
            direction = direction * (FIRST / max(length, 1e-30))
        elif length > MOST:
            direction = direction * (MOST / length)
        return (pixels - direction).clamp(0, 1)

    def _remember(self, move: Tensor, change: Tensor) -> None:
        """Keep a pair along which the gradient grew."""
        along = float((move * change).sum())
        if along > FLATTEST * float(move.norm() * change.norm()) and along > 0:
            self._pairs.append((move, change, 1.0 / along))

    def _direction(self, gradient: Tensor) -> Tensor:
        """The gradient, turned."""
        turned, shares = gradient.clone(), []
        for move, change, inverse in reversed(self._pairs):
            share = inverse * float((move * turned).sum())
            turned -= share * change
            shares.append(share)
        if self._pairs:
            _, change, inverse = self._pairs[-1]
            turned /= inverse * float(change.square().sum())
        for (move, change, inverse), share in zip(self._pairs, reversed(shares), strict=True):
            turned += (share - inverse * float((change * turned).sum())) * move
        return turned


class Adam:
    """Sure steps of one length.

    Args:
        lr: mean move of a pixel, as a share of the range 0..1.
    """

    def __init__(self, lr: float) -> None:
        self._lr, self._step = lr, 0
        self._mean: Tensor | None = None
        self._square: Tensor | None = None

    def move(self, pixels: Tensor, gradient: Tensor) -> Tensor:
        """The next picture, within 0..1."""
        self._step += 1
        if self._mean is None or self._square is None:
            self._mean, self._square = torch.zeros_like(gradient), torch.zeros_like(gradient)
        scaled = gradient / SCALE
        self._mean.lerp_(scaled, 1 - BETAS[0])
        self._square.lerp_(scaled.square(), 1 - BETAS[1])
        mean = self._mean / (1 - BETAS[0] ** self._step)
        square = self._square / (1 - BETAS[1] ** self._step)
        return (pixels - self._lr * mean / (square.sqrt() + EPSILON)).clamp(0, 1)


BETAS, EPSILON = (0.9, 0.999), 1e-8
SCALE = 1e-6
"""Costs of one number over a million pixels have gradients of this size; epsilon must stay far below."""
