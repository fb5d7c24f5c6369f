import pytest
import torch
from torch import nn

from striate.backbones.resnet_cifar import Block, ResNetCifar, Shortcut
from striate.errors import SettingError


def test_option_a_takes_every_second_pixel_and_adds_zero_channels():
    x = torch.arange(9.0).view(1, 1, 3, 3)  # 0 1 2 / 3 4 5 / 6 7 8
    expected = torch.tensor([[[[0.0, 2], [6, 8]], [[0, 0], [0, 0]], [[0, 0], [0, 0]]]])
    assert torch.equal(Shortcut(1, 3, stride=2)(x), expected)


def test_a_block_whose_layers_give_nothing_hands_its_input_on():
    block = Block(2, 2, 1, shortcut=True).eval()
    nn.init.zeros_(block.conv2.weight)
    x = torch.rand(1, 2, 5, 5)
    assert torch.equal(block(x), x)


def test_a_plain_block_whose_layers_give_nothing_gives_nothing():
    block = Block(2, 2, 1, shortcut=False).eval()
    nn.init.zeros_(block.conv2.weight)
    assert not block(torch.rand(1, 2, 5, 5)).any()


def test_the_plain_network_has_the_tensors_of_the_residual_one():
    plain = ResNetCifar(20, classes=10, in_channels=3, shortcuts=False).state_dict()
    residual = ResNetCifar(20, classes=10, in_channels=3).state_dict()
    assert {k: v.shape for k, v in plain.items()} == {k: v.shape for k, v in residual.items()}


def test_weights_begin_with_the_variance_of_he():  # 2 / (9 * 64) = 0.003472, over 36,864 samples +- 2 %
    torch.manual_seed(0)
    weight = ResNetCifar(20, classes=10, in_channels=3).stages[2][2].conv2.weight
    assert weight.var().item() == pytest.approx(2 / 576, rel=0.05)
    assert weight.mean().item() == pytest.approx(0, abs=0.002)


def test_the_layers_with_weights_are_as_many_as_the_name_says():
    network = ResNetCifar(32, classes=10, in_channels=3)
    assert sum(isinstance(module, nn.Conv2d | nn.Linear) for module in network.modules()) == 32


@pytest.mark.parametrize("layers", [2, 18, 21, -4])
def test_other_numbers_of_layers_are_refused(layers: int):
    with pytest.raises(SettingError, match="6n"):
        ResNetCifar(layers, classes=10, in_channels=3)


def test_a_single_pixel_is_enough():
    assert ResNetCifar(8, classes=2, in_channels=3).eval()(torch.rand(1, 3, 1, 1)).isfinite().all()
