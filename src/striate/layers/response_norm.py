"""Local response normalization as a layer: it learns nothing and forgets everything.

Krizhevsky, Sutskever, Hinton 2012, section 3.3,
https://papers.nips.cc/paper/4824-imagenet-classification-with-deep-convolutional-neural-networks.

    b_i = a_i * (k + alpha * sum of a_j^2) ** -beta        j = i-2 .. i+2, the same pixel of five maps
                 2    0.0001                   0.75

The paper weighs the sum of the squares by alpha, ``torch.nn.LocalResponseNorm`` weighs their mean: its alpha
is five times the paper's.
"""

from torch import Tensor, nn

from striate.ops.normalize import local_response_norm


class ResponseNorm(nn.Module):
    """(N, C, H, W) -> the same shape: a loud unit quietens those at its pixel in the maps around it.

    The defaults are the paper's.

    Args:
        k: what is added to the energy; more than 0.
        alpha: weight of the energy, the sum of the squares; 0 or more.
        beta: the exponent.
        radius: maps that take part, the map itself included; n in the paper.

    One unit of 100 has the energy 10,000, and so has its neighbour: (2 + 1) ** -0.75 = 0.43869.

    >>> import torch
    >>> x = torch.tensor([100.0, 1.0, 0.0]).view(1, 3, 1, 1)
    >>> [round(value, 3) for value in ResponseNorm()(x).flatten().tolist()]
    [43.868, 0.439, 0.0]
    """

    def __init__(self, k: float = 2.0, alpha: float = 1e-4, beta: float = 0.75, radius: int = 5) -> None:
        super().__init__()
        self.k, self.alpha, self.beta, self.radius = k, alpha, beta, radius

    def forward(self, x: Tensor) -> Tensor:
        """Every unit divided by the energy around it."""
        return local_response_norm(x, self.k, self.alpha, self.beta, self.radius)

    def extra_repr(self) -> str:
        """The four numbers, for a printed network."""
        return f"k={self.k}, alpha={self.alpha}, beta={self.beta}, radius={self.radius}"
