"""Small movements of a picture, chosen anew at every step: what is seen must not hang on one pixel.

    picture --(turn by some degrees, scale by some per cent, shift by some pixels)--> picture of the same size

What comes in from outside is the mirrored picture. Source: Mordvintsev, Olah, Tyka 2015 (jitter);
Olah, Mordvintsev, Schubert 2017, "Transformation robustness", https://distill.pub/2017/feature-visualization
"""

import math

import torch
from torch import Tensor
from torch.nn import functional as F


def moved(pixels: Tensor, shift: float, scale: float, turn: float, generator: torch.Generator) -> Tensor:
    """Pictures (N, C, H, W) moved together by chance, of the same size and with gradients.

    Args:
        pixels: (N, C, H, W).
        shift: pixels at most, along both sides.
        scale: share at most, up or down; 0.05 is five per cent.
        turn: degrees at most, in both directions.
        generator: chooses.

    >>> still = torch.rand(1, 3, 4, 4)
    >>> moved(still, 0, 0, 0, torch.Generator()) is still
    True
    """
    if not (shift or scale or turn):
        return pixels
    chance = (torch.rand(4, generator=generator) * 2 - 1).tolist()
    down, right = (round(shift * share) for share in chance[:2])
    return transformed(pixels, (down, right), 1 + scale * chance[2], math.radians(turn * chance[3]))


def transformed(pixels: Tensor, shift: tuple[int, int], scale: float, angle: float) -> Tensor:
    """Pictures shifted by (rows down, columns to the right), enlarged by ``scale`` and turned by ``angle``.

    Args:
        pixels: (N, C, H, W).
        shift: pixels.
        scale: 2 shows the middle half of the picture.
        angle: radians, counterclockwise.

    >>> row = torch.tensor([[[[1.0, 2.0, 3.0]]]])
    >>> transformed(row, (0, 1), 1.0, 0.0).tolist()
    [[[[1.0, 1.0, 2.0]]]]
    """
    height, width = pixels.shape[2:]
    cosine, sine = math.cos(angle) / scale, math.sin(angle) / scale
    # of a position in the new picture, in units of half a side, the position in the old one
    right, down = -2 * shift[1] / width, -2 * shift[0] / height
    rows = [[cosine, -sine * height / width, right], [sine * width / height, cosine, down]]
    matrix = pixels.new_tensor(rows).expand(len(pixels), 2, 3)
    grid = F.affine_grid(matrix, list(pixels.shape), align_corners=False)
    return F.grid_sample(pixels, grid, mode="bilinear", padding_mode="reflection", align_corners=False)
