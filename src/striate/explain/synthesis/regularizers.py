"""What a natural picture has little of: extremes, differences between neighbours, and single pixels.

    l2                large distances from grey                  Simonyan, Vedaldi, Zisserman 2014
    total_variation   differences from one pixel to the next     Mahendran, Vedaldi 2015, section 3.2
    blurred           the picture without its finest structures  Yosinski et al. 2015, section 3.1

Costs are means over the pixels, so that a weight means the same at every size.
"""

import math

import torch
from torch import Tensor
from torch.nn import functional as F

from striate.ops.total_variation import inner

GREY = 0.5


def l2(pixels: Tensor) -> Tensor:
    """The mean squared distance from grey, a number, of pixels (N, C, H, W) in 0..1.

    >>> l2(torch.tensor([[[[0.5, 1.0]]]])).item()
    0.125
    """
    return (pixels - GREY).square().mean()


def total_variation(pixels: Tensor, beta: float = 2.0) -> Tensor:
    """How much neighbours differ: the mean over pixels of (down^2 + right^2)^(beta/2), a number.

    Args:
        pixels: (N, C, H, W).
        beta: 1 prefers few sharp edges; 2, the paper's for pictures from noise, many small steps.

    Pixels of the last row and column, which have only one such neighbour, are left out; a single row or
    column has no neighbours at all.

    Source: Mahendran, Vedaldi 2015, equation 4, divided by the number of terms. https://arxiv.org/abs/1412.0035

    >>> total_variation(torch.tensor([[[[0.0, 4.0], [3.0, 9.0]]]]), beta=1.0).item()
    5.0
    """
    found = inner(pixels, beta / 2)
    return found.mean() if found.numel() else pixels.sum() * 0


def blurred(pixels: Tensor, sigma: float) -> Tensor:
    """Pictures (N, C, H, W) after a Gaussian of ``sigma`` pixels; the border is repeated outside.

    >>> blurred(torch.ones(1, 1, 3, 3), 1.0).allclose(torch.ones(1, 1, 3, 3))
    True
    """
    radius = max(1, math.ceil(3 * sigma))
    steps = torch.arange(-radius, radius + 1).to(pixels)
    bell = torch.exp(-(steps**2) / (2 * sigma**2))
    bell = bell / bell.sum()
    channels = pixels.shape[1]
    padded = F.pad(pixels, (radius,) * 4, mode="replicate")
    tall = F.conv2d(padded, bell.view(1, 1, -1, 1).repeat(channels, 1, 1, 1), groups=channels)
    return F.conv2d(tall, bell.view(1, 1, 1, -1).repeat(channels, 1, 1, 1), groups=channels)
