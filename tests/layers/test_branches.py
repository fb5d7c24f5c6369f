import torch
from torch import nn

from striate.layers.branches import Branches


def test_the_maps_of_the_first_branch_come_first():
    class Times(nn.Module):
        def __init__(self, factor):
            super().__init__()
            self.factor = factor

        def forward(self, x):
            return x * self.factor

    x = torch.tensor([1.0, 2.0]).view(1, 2, 1, 1)
    assert Branches(one=Times(1), ten=Times(10))(x).flatten().tolist() == [1.0, 2.0, 10.0, 20.0]


def test_branches_are_found_by_their_names():
    fork = Branches(
        wide=nn.Conv2d(2, 3, (1, 3), padding=(0, 1)), tall=nn.Conv2d(2, 4, (3, 1), padding=(1, 0))
    )
    assert list(dict(fork.named_children())) == ["wide", "tall"]
    assert fork.tall.weight.shape == (4, 2, 3, 1)
    assert fork(torch.rand(2, 2, 5, 6)).shape == (2, 7, 5, 6)
