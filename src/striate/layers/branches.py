"""Branches: the same maps go several ways, and what comes out is laid one behind the other.

Szegedy et al. 2014, figure 2. https://arxiv.org/abs/1409.4842

           ,--> first  --.
    x  ----+--> second --+--> concatenated along the channels
           `--> third  --'
"""

import torch
from torch import Tensor, nn


class Branches(nn.Module):
    """(N, C, H, W) -> (N, sum of the branches' channels, H', W').

    Args:
        branches: by name, in the order in which their maps are laid; all give maps of one size.

    >>> fork = Branches(one=nn.Conv2d(8, 2, 1), three=nn.Conv2d(8, 4, 3, padding=1))
    >>> fork(torch.rand(1, 8, 5, 5)).shape
    torch.Size([1, 6, 5, 5])
    """

    def __init__(self, **branches: nn.Module) -> None:
        super().__init__()
        for name, branch in branches.items():
            self.add_module(name, branch)

    def forward(self, x: Tensor) -> Tensor:
        """The maps of every branch, those of the first branch first."""
        return torch.cat([branch(x) for branch in self.children()], dim=1)
