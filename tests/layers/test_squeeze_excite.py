from math import log

import pytest
import torch
from torch import nn

from striate.layers.squeeze_excite import SqueezeExcite


def test_the_sums_are_those_worked_by_hand():
    # means 2 and 4; reduced to 2 * 1 + 4 * 0.5 - 1 = 3; expanded to 3 * 1 - 3 = 0 and 3 * -1 + 3 + log 3;
    # the sigmoid of 0 is 1/2, that of log 3 is 1 / (1 + 1/3) = 3/4
    layer = SqueezeExcite(2, 1)
    layer.reduce.weight.data = torch.tensor([1.0, 0.5]).view(1, 2, 1, 1)
    layer.reduce.bias.data = torch.tensor([-1.0])
    layer.expand.weight.data = torch.tensor([1.0, -1.0]).view(2, 1, 1, 1)
    layer.expand.bias.data = torch.tensor([-3.0, 3 + log(3)])
    x = torch.tensor([[[[1.0, 3.0]], [[4.0, 4.0]]]])
    assert torch.allclose(layer(x), torch.tensor([[[[0.5, 1.5]], [[3.0, 3.0]]]]))


@pytest.mark.parametrize("scale", [0.1, 1.0, 1000.0])
def test_the_gate_stays_between_zero_and_one(scale: float):
    torch.manual_seed(0)
    weights = SqueezeExcite(8, 2).weights(torch.randn(5, 8, 6, 7) * scale)
    assert weights.shape == (5, 8, 1, 1)
    assert weights.min() >= 0
    assert weights.max() <= 1


def test_a_channel_is_weighed_as_a_whole_and_every_image_for_itself():
    torch.manual_seed(0)
    layer, x = SqueezeExcite(4, 2).double(), torch.rand(2, 4, 3, 3, dtype=torch.float64) + 1
    ratio = layer(x) / x
    assert torch.allclose(ratio, ratio[..., :1, :1].expand_as(ratio))
    assert torch.allclose(layer(x[1:]), layer(x)[1:])


def test_fully_connected_layers_give_the_same_numbers():
    layer, x = SqueezeExcite(6, 3).double(), torch.randn(2, 6, 5, 4, dtype=torch.float64)
    hidden = torch.relu(x.mean((2, 3)) @ layer.reduce.weight.flatten(1).T + layer.reduce.bias)
    gates = torch.sigmoid(hidden @ layer.expand.weight.flatten(1).T + layer.expand.bias)
    assert torch.allclose(layer(x), x * gates[:, :, None, None])


def test_parameters_are_two_layers_with_biases():  # 64 * 4 + 4 + 4 * 64 + 64
    assert sum(p.numel() for p in SqueezeExcite(64, 4).parameters()) == 580


def test_activation_and_gate_can_be_others():
    layer = SqueezeExcite(4, 2, activation=nn.SiLU, gate=nn.Hardsigmoid)
    assert isinstance(layer.active, nn.SiLU)
    assert isinstance(layer.gate, nn.Hardsigmoid)


def test_the_gradient_is_that_of_small_differences():
    torch.manual_seed(0)
    layer = SqueezeExcite(3, 2, activation=nn.SiLU).double()
    assert torch.autograd.gradcheck(layer, torch.randn(2, 3, 2, 2, dtype=torch.float64, requires_grad=True))
