import pytest
import torch
from torch import nn

from striate.backbones.resnet_cifar import ResNetCifar
from striate.errors import SettingError

# two blocks a stage: the stem, then two convolutions for each block, of which the first widens
SHAPES_14 = [(16, 1)] + [(16, 16)] * 4 + [(32, 16)] + [(32, 32)] * 3 + [(64, 32)] + [(64, 64)] * 3


def test_the_same_seed_gives_the_weights_of_earlier_versions():
    torch.manual_seed(7)
    network = ResNetCifar(14, classes=3, in_channels=1)
    torch.manual_seed(7)
    for shape in SHAPES_14:  # every convolution is drawn twice: as it is made, and, at the end, after He
        nn.Conv2d(shape[1], shape[0], 3, bias=False)
    nn.Linear(64, 3)
    for name, weight in network.state_dict().items():
        if "conv" in name:
            assert torch.equal(
                weight, nn.init.kaiming_normal_(torch.empty_like(weight), nonlinearity="relu")
            ), name


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
