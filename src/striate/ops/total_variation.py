"""How rough a picture is: total variation, in the forms that have been given this name.

    a -- b        dx = b - a, dy = c - a at every pixel a; beyond the border there is no difference.
    |             Each form has the name of those it follows:
    c

    rudin         sum of sqrt(dx^2 + dy^2)                Rudin, Osher, Fatemi 1992, eq. 2.5
    mahendran     sum of (dx^2 + dy^2)^(beta / 2), beta 2 Mahendran, Vedaldi 2015, eq. 3. https://arxiv.org/abs/1412.0035
    tensorflow    sum of |dx| and |dy|                    tf.image.total_variation
    chollet       the inner pixels' (dx^2 + dy^2)^1.25    F. Chollet's example of Keras
    athalye       mean of dx^2 plus mean of dy^2          https://github.com/anishathalye/neural-style

Inner pixels are those with both neighbours. Channels add up. At a picture of one pixel every form is zero.
"""

import torch
from torch import Tensor
from torch.nn import functional as F

CHOLLET = 1.25


def rudin(image: Tensor) -> Tensor:
    """The lengths of the gradients, summed over (N, C, H, W).

    >>> rudin(torch.tensor([[[[0.0, 3.0], [4.0, 3.0]]]])).item()  # sqrt(9 + 16) + |3 - 4| + |3 - 3|
    6.0
    """
    return mahendran(image, beta=1.0)


def mahendran(image: Tensor, beta: float = 2.0) -> Tensor:
    """Powers of the lengths of the gradients, summed over (N, C, H, W).

    Args:
        image: (N, C, H, W).
        beta: 1 is ``rudin``; 2 sums squared differences; more forbids single sharp steps.

    >>> mahendran(torch.tensor([[[[0.0, 3.0], [4.0, 3.0]]]])).item()  # 9 + 16 + 1
    26.0
    """
    right, down = _differences(image)
    squares = F.pad(right, (0, 1)).square() + F.pad(down, (0, 0, 0, 1)).square()
    return _power(squares, beta / 2).sum()


def tensorflow(image: Tensor) -> Tensor:
    """Differences to the right and down without their signs, summed over (N, C, H, W).

    >>> tensorflow(torch.tensor([[[[0.0, 3.0], [4.0, 3.0]]]])).item()  # 3 + 1 + 4 + 0
    8.0
    """
    return sum((part.abs().sum() for part in _differences(image)), image.new_zeros(()))


def chollet(image: Tensor) -> Tensor:
    """Powers of the lengths of the gradients where both neighbours are, summed over (N, C, H, W).

    >>> round(chollet(torch.tensor([[[[0.0, 3.0], [4.0, 3.0]]]])).item(), 3)  # 25 to the power of 1.25
    55.902
    """
    return inner(image, CHOLLET).sum()


def inner(image: Tensor, exponent: float) -> Tensor:
    """(dx^2 + dy^2)^exponent of the inner pixels, (N, C, H - 1, W - 1).

    >>> inner(torch.tensor([[[[0.0, 3.0], [4.0, 3.0]]]]), 0.5).item()  # sqrt(9 + 16)
    5.0
    """
    right, down = _differences(image)
    return _power(right[..., :-1, :].square() + down[..., :-1].square(), exponent)


def athalye(image: Tensor) -> Tensor:
    """Mean squared difference to the right, plus that down, over (N, C, H, W).

    >>> athalye(torch.tensor([[[[0.0, 3.0], [4.0, 3.0]]]])).item()  # (9 + 1) / 2 + (16 + 0) / 2
    13.0
    """
    return sum(
        (part.square().sum() / max(part.numel(), 1) for part in _differences(image)), image.new_zeros(())
    )


def _differences(image: Tensor) -> tuple[Tensor, Tensor]:
    """To the right (N, C, H, W-1), and down (N, C, H-1, W)."""
    return image[..., 1:] - image[..., :-1], image[..., 1:, :] - image[..., :-1, :]


def _power(squares: Tensor, exponent: float) -> Tensor:
    """A power whose gradient is zero, not infinite, where two pixels are equal."""
    if exponent == 1:
        return squares
    differ = squares > 0
    return torch.where(differ, squares, 1.0).pow(exponent) * differ
