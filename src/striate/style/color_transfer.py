"""Keep a content's colors, in the two ways of the paper.

    match       style --> the style, with the colors of the content --> paint with it
    luminance   painting --> its brightness, with the colors of the content

Gatys, Ecker, Bethge, Hertzmann, Shechtman 2017, section 5. https://arxiv.org/abs/1611.07865
Luma and chroma are those of NTSC's YIQ, as there; rows of FCC 73.682.
"""

import torch
from torch import Tensor

YIQ = torch.tensor([[0.299, 0.587, 0.114], [0.596, -0.274, -0.322], [0.211, -0.523, 0.312]])
STEADY = 1e-5
"""Added to the variances: a grey picture has colors along one line only."""


def transfer_colors(painting: Tensor, content: Tensor) -> Tensor:
    """The brightness of one picture and the hues of another, 0..1.

    Args:
        painting: (N, 3, H, W), 0..1.
        content: likewise.

    >>> grey = transfer_colors(torch.tensor([[[[1.0]], [[0.0]], [[0.0]]]]), torch.full((1, 3, 1, 1), 0.5))
    >>> [round(value, 3) for value in grey.flatten().tolist()]  # the luma of red
    [0.299, 0.299, 0.299]
    """
    forth = YIQ.to(painting)
    back = torch.linalg.inv(forth)
    luma = _mixed(forth, painting)[:, :1]
    hues = _mixed(forth, content)[:, 1:]
    return _mixed(back, torch.cat([luma, hues], 1)).clamp(0, 1)


def match_colors(style: Tensor, content: Tensor) -> Tensor:
    """A style whose colors have the mean and the covariance of the content's, 0..1.

    A color x becomes S_c^(1/2) S_s^(-1/2) (x - mean_s) + mean_c, with symmetric roots.

    Args:
        style: (1, 3, H, W), 0..1.
        content: (1, 3, H', W'), 0..1.
    """
    mean, root, _ = _statistics(content)
    own_mean, _, inverse = _statistics(style)
    turn = root @ inverse
    moved = _mixed(turn, style.double() - own_mean) + mean
    return moved.clamp(0, 1).to(style)


def _statistics(picture: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    """Mean color (3, 1, 1), the root of the covariance (3, 3), and the inverse of the root."""
    colors = picture.double()[0].flatten(1)
    mean = colors.mean(1, keepdim=True)
    covariance = (colors - mean) @ (colors - mean).T / colors.shape[1]
    values, vectors = torch.linalg.eigh(covariance + STEADY * torch.eye(3, dtype=torch.float64))
    root = vectors * values.sqrt() @ vectors.T
    return mean.unsqueeze(-1), root, vectors / values.sqrt() @ vectors.T


def _mixed(matrix: Tensor, picture: Tensor) -> Tensor:
    """Every color times a 3x3 matrix."""
    return torch.einsum("ij,njhw->nihw", matrix, picture)
