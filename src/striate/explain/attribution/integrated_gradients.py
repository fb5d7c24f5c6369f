"""Integrated gradients: the share of every pixel in the way from a picture of nothing to the picture.

Sundararajan, Taly, Yan 2017, equation 1. https://arxiv.org/abs/1703.01365

    baseline x' --o----o----o----o--> image x         (x - x') * integral of dS/dx along the line
                  gradients at nodes between

The shares add up to S(x) - S(x'). The integral is Gauss and Legendre's sum, exact for polynomials.
"""

import numpy as np
import torch
from torch import Tensor

from striate.errors import SettingError
from striate.explain.attribution.gradients import Probe, settle
from striate.explain.attribution.saliency import pixel_gradients
from striate.explain.attribution.target import TargetSelector


def integrated_gradients(
    probe: Probe, pixels: Tensor, selector: TargetSelector, *, steps: int = 50, baseline: float = 0.0
) -> Tensor:
    """The shares of all pixels, (N, C, H, W).

    Args:
        probe: the model.
        pixels: (N, C, H, W).
        selector: what is explained.
        steps: nodes on the line, 1 or more.
        baseline: the value of every pixel of the picture of nothing; 0 is black.

    Raises:
        SettingError: there are no steps.
    """
    if steps < 1:
        raise SettingError(f"steps is {steps}", "1 or more", "steps=50")
    settle(probe, pixels, selector)
    nothing = torch.full_like(pixels, baseline)
    nodes, weights = np.polynomial.legendre.leggauss(steps)  # on -1..1
    total = torch.zeros_like(pixels)
    for node, weight in zip((nodes + 1) / 2, weights / 2, strict=True):
        between = nothing + float(node) * (pixels - nothing)
        total += float(weight) * pixel_gradients(probe, between.detach(), selector)
    return total * (pixels - nothing)
