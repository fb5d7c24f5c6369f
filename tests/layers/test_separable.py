from fractions import Fraction

import pytest
import torch
from torch import nn
from torch.nn import functional as F

from striate.layers.separable import separable, separable_block
from striate.zoo.cost.summary import summary


def multiplications(layer: nn.Module, channels: int, side: int) -> int:
    return summary(layer, (channels, side, side)).total.multiplications


def test_the_numbers_are_those_worked_by_hand():
    # depthwise, in the middle of 3x3: 1 + 2 + 3 + 4 = 10, and twice that; pointwise 10 * 1 - 20 * 3 = -50
    layer = separable(2, 1)
    layer.depthwise.weight.data = torch.stack([torch.ones(1, 3, 3), 2 * torch.ones(1, 3, 3)])
    layer.pointwise.weight.data = torch.tensor([1.0, -3.0]).view(1, 2, 1, 1)
    x = torch.tensor([[1.0, 0, 2], [0, 0, 0], [3, 0, 4]]).expand(1, 2, 3, 3)
    assert layer(x)[0, 0, 1, 1].item() == -50


# Layers of MobileNet, table 1, pixels of the result's side: with C = C' = 512 at 14x14
#   depthwise 196 * 9 * 512 = 903,168, pointwise 196 * 512 * 512 = 51,380,224, together 52,283,392
#   in one step 196 * 9 * 512 * 512 = 462,422,016
def test_a_layer_of_mobilenet_costs_an_eighth_to_a_ninth():
    two = multiplications(separable(512, 512), 512, 14)
    one = multiplications(nn.Conv2d(512, 512, 3, padding=1, bias=False), 512, 14)
    assert (two, one) == (52_283_392, 462_422_016)
    assert Fraction(two, one) == Fraction(1, 512) + Fraction(1, 9)


@pytest.mark.parametrize(
    ("channels", "to", "kernel", "side"), [(32, 64, 3, 112), (256, 512, 3, 14), (6, 10, 5, 8)]
)
def test_two_steps_cost_one_over_the_channels_and_one_over_the_filter(channels, to, kernel, side):
    two = multiplications(separable(channels, to, kernel), channels, side)
    one = multiplications(nn.Conv2d(channels, to, kernel, padding=kernel // 2), channels, side)
    assert Fraction(two, one) == Fraction(1, to) + Fraction(1, kernel**2)


def test_two_steps_are_one_convolution_whose_filters_are_products():
    torch.manual_seed(0)
    layer, x = separable(3, 4, stride=2).double(), torch.rand(2, 3, 9, 7, dtype=torch.float64)
    filters = layer.pointwise.weight * layer.depthwise.weight.transpose(0, 1)  # (4, 3, 1, 1) * (1, 3, 3, 3)
    assert torch.allclose(layer(x), F.conv2d(x, filters, stride=2, padding=1))


def test_a_block_has_a_norm_and_an_activation_after_either_step():
    kinds = [type(part) for step in separable_block(4, 8, activation=nn.ReLU6) for part in step]
    assert kinds == [nn.Conv2d, nn.BatchNorm2d, nn.ReLU6] * 2


def test_the_gradient_is_that_of_small_differences():
    torch.manual_seed(0)
    x = torch.randn(2, 2, 4, 3, dtype=torch.float64, requires_grad=True)
    assert torch.autograd.gradcheck(separable(2, 3).double(), x)
