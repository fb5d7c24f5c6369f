import pytest
import torch
from torch import nn

from striate.layers.init import keep_gradients, spread_scores


def test_filters_begin_with_two_over_the_fan_out():  # 2 / (9 * 128) of 73,728 samples, +- 2 %
    torch.manual_seed(0)
    layer = nn.Conv2d(64, 128, 3)
    keep_gradients(layer)
    assert layer.weight.var().item() == pytest.approx(2 / (9 * 128), rel=0.03)
    assert not layer.bias.any()


def test_linear_layers_begin_with_the_spread():
    torch.manual_seed(0)
    network = nn.Sequential(nn.Linear(300, 300), nn.Conv2d(1, 1, 1))
    filters = network[1].weight.clone()
    spread_scores(network, 0.01)
    assert network[0].weight.std().item() == pytest.approx(0.01, rel=0.03)
    assert not network[0].bias.any()
    assert torch.equal(network[1].weight, filters)
