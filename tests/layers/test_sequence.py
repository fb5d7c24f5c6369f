import torch
from torch import nn

from striate.layers.sequence import sequence


def test_parts_run_in_the_order_given_and_keep_their_names():  # (1 - 3) -> ReLU -> 0, not relu(1) - 3
    class Minus3(nn.Module):
        def forward(self, x):
            return x - 3

    chain = sequence(minus=Minus3(), relu=nn.ReLU())
    assert chain(torch.tensor(1.0)) == 0
    assert isinstance(chain.minus, Minus3)
