"""The eye of the painter: names, maps, strides, and a network that stays as it was."""

import pytest
import torch
from torch import nn

from striate.errors import SettingError
from striate.style.networks.encoder import Encoder, full_name
from striate.zoo.networks import create
from tests.style.conftest import MEAN, STD, Small, pixels


def test_maps_are_those_of_the_network(network: Small, encoder: Encoder) -> None:
    seen = encoder(pixels(20, 24))
    normalized = (pixels(20, 24) - torch.tensor(MEAN).view(1, 3, 1, 1)) / torch.tensor(STD).view(1, 3, 1, 1)
    first = network.stem(normalized)
    second = network.stages[0](first)
    assert list(seen) == ["stem.relu1", "stages.0.relu2", "stages.1.relu3"]
    for given, wanted in zip(seen.values(), (first, second, network.stages[1](second)), strict=True):
        assert torch.allclose(given, wanted, atol=1e-5)
    assert encoder.strides == {"stem.relu1": 1, "stages.0.relu2": 2, "stages.1.relu3": 4}


def test_what_lies_before_an_overwriting_relu_keeps_its_numbers(network: Small) -> None:
    seen = Encoder(network, ("conv1", "conv2", "relu2"), MEAN, STD)(pixels(16, 16))
    assert seen["stem.conv1"].min() < 0
    assert torch.equal(seen["stages.0.conv2"].relu(), seen["stages.0.relu2"])


def test_nothing_runs_behind_the_deepest_layer(network: Small) -> None:
    encoder = Encoder(network, ("relu1",), MEAN, STD)
    encoder.trunk.stages[0] = nn.Conv2d(99, 1, 1)  # would fail
    assert list(encoder(pixels(8, 8))) == ["stem.relu1"]


def test_the_network_stays_as_it_was(network: Small) -> None:
    before = {name: tensor.clone() for name, tensor in network.state_dict().items()}
    encoder = Encoder(network, ("relu3",), MEAN, STD, torch.bfloat16)
    encoder(pixels(16, 16).requires_grad_())["stages.1.relu3"].sum().backward()
    assert all(torch.equal(tensor, before[name]) for name, tensor in network.state_dict().items())
    assert all(p.grad is None and p.requires_grad for p in network.parameters())
    assert network.training
    assert not any(module._forward_hooks for module in [*network.modules(), *encoder.modules()])
    assert not any(getattr(module, "inplace", False) for module in network.modules())


def test_a_wrong_layer_gives_the_nearest_names(network: Small) -> None:
    with pytest.raises(SettingError, match=r"Small has no layer 'rellu2'") as error:
        Encoder(network, ("rellu2",), MEAN, STD)
    assert "stages.0.relu2" in error.value.attempt


def test_a_name_that_fits_several_layers_is_refused() -> None:
    with pytest.raises(SettingError, match="layers that end in 'conv1'"):
        full_name(create("resnet20"), "conv1")


def test_a_layer_of_the_head_is_refused(network: Small) -> None:
    with pytest.raises(SettingError, match="no layer 'output'"):
        Encoder(network, ("output",), MEAN, STD)


def test_grey_networks_see_the_luma() -> None:
    network = create("lenet5", classes=10, in_channels=1)
    red = torch.tensor([1.0, 0.0, 0.0]).view(1, 3, 1, 1).expand(1, 3, 32, 32)
    grey = torch.full((1, 3, 32, 32), 0.299)  # Rec. 601: 0.299 R
    encoder = Encoder(network, ("stem",), (0.5,), (0.5,))
    assert torch.allclose(encoder(red)["stem"], encoder(grey)["stem"], atol=1e-5)


def test_reaches_cover_what_a_unit_sees(encoder: Encoder) -> None:
    # 1 + 2 + (1 + 2 * 2) + (2 + 4 * 2) = 18 pixels; half of them, and one, in whole strides of 4: 12
    assert encoder.reach() == 12


def test_a_network_that_sees_everything_has_no_reach() -> None:
    assert Encoder(create("se_resnet18", classes=2), ("stages.0",), MEAN, STD).reach() is None


def test_bytes_are_counted_once(network: Small) -> None:
    encoder = Encoder(network, ("relu1", "relu2"), MEAN, STD)
    # normalized pixels (3), conv1 with its relu (4), pool (4) and its places (4 of 8 bytes), conv2 (6)
    least = 4 * 3 * 256 + 4 * 4 * 256 + (4 * 4 + 4 * 8 + 4 * 6) * 64
    assert least <= encoder.kept_bytes(16, 16) <= 1.6 * least
