"""Local response normalization: a loud neuron quietens those at the same pixel of neighbouring maps.

Krizhevsky, Sutskever, Hinton 2012, section 3.3,
https://papers.nips.cc/paper/4824-imagenet-classification-with-deep-convolutional-neural-networks.

    maps   ... i-3   [ i-2   i-1    i    i+1   i+2 ]   i+3 ...     radius r = 5: r / 2 = 2 on either side
                        \\     \\     |     /     /
                         sum of squares of the activations
"""

import torch.nn.functional as F
from torch import Tensor

from striate.errors import SettingError, ShapeError


def local_response_norm(
    x: Tensor, k: float = 2.0, alpha: float = 1e-4, beta: float = 0.75, radius: int = 5
) -> Tensor:
    """Divide each activation by the energy around it: b_i = a_i * (k + alpha * sum a_j^2) ** -beta.

    The sum runs over the maps j = max(0, i - r/2) .. min(i + r/2, C - 1), r/2 rounded down. The defaults are
    AlexNet's, whose paper writes n for the radius. torch divides its alpha by the size: AlexNet's is
    ``torch.nn.LocalResponseNorm(5, alpha=5e-4, beta=0.75, k=2.0)``.

    Args:
        x: float (N, C, ...).
        k: what is added to the energy; more than 0.
        alpha: weight of the energy; 0 or more.
        beta: the exponent.
        radius: r, maps that take part, the map itself included; 1 or more. An even r counts as r + 1.

    Returns:
        The shape and dtype of ``x``.

    Raises:
        ShapeError: ``x`` is no float, or has fewer than two axes.
        SettingError: k, alpha or radius is out of its range.

    >>> import torch
    >>> x = torch.tensor([[1.0, 1.0, 2.0, 1.0]])
    >>> local_response_norm(x, k=2.0, alpha=1.0, beta=1.0, radius=3).tolist()  # 1/4 1/8 2/8 1/7
    [[0.25, 0.125, 0.25, 0.1428571492433548]]
    """
    if x.dim() < 2 or not x.is_floating_point():
        raise ShapeError(
            f"x is {tuple(x.shape)} of {x.dtype}", "float (N, C, ...)", "x[None] for one image, x.float()"
        )
    if k <= 0 or alpha < 0 or radius < 1:
        raise SettingError(
            f"k is {k}, alpha {alpha}, radius {radius}",
            "k above 0, alpha 0 or more, radius 1 or more",
            "the defaults",
        )
    reach = radius // 2
    squares = F.pad(x * x, [0, 0] * (x.dim() - 2) + [reach, reach])
    energy = sum(squares[:, start : start + x.shape[1]] for start in range(2 * reach + 1))
    return x * (k + alpha * energy) ** -beta
