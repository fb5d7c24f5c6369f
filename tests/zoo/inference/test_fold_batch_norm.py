"""Folding changes what a network is made of, and not what it says."""

import pytest
import torch
from torch import Tensor, nn

from striate.zoo.inference.fold_batch_norm import folded
from striate.zoo.networks import create

SHAPE = (3, 16, 16)


class Reused(nn.Module):
    """The convolution's own map is needed beside the normalized one."""

    def __init__(self) -> None:
        super().__init__()
        self.conv, self.norm = nn.Conv2d(3, 4, 3, padding=1), nn.BatchNorm2d(4)

    def forward(self, images: Tensor) -> Tensor:
        maps = self.conv(images)
        return self.norm(maps) + maps


class Twice(nn.Module):
    """One convolution, two batch norms."""

    def __init__(self) -> None:
        super().__init__()
        self.conv, self.one, self.two = nn.Conv2d(3, 4, 3), nn.BatchNorm2d(4), nn.BatchNorm2d(4)

    def forward(self, images: Tensor) -> Tensor:
        return self.one(self.conv(images)) + self.two(self.conv(images + 1))


class Misleading(nn.Module):
    """Listed as convolution, norm; run as norm, convolution."""

    def __init__(self) -> None:
        super().__init__()
        self.conv, self.norm = nn.Conv2d(3, 3, 3), nn.BatchNorm2d(3)

    def forward(self, images: Tensor) -> Tensor:
        return self.conv(self.norm(images))


def lived_in(network: nn.Module) -> nn.Module:
    """With statistics and weights of batch norms that are not those of a new one."""
    for module in network.modules():
        if isinstance(module, nn.BatchNorm2d):
            module.running_mean.normal_()
            module.running_var.uniform_(0.5, 2)
            nn.init.uniform_(module.weight, 0.5, 1.5)
            nn.init.normal_(module.bias)
    return network


def norms(network: nn.Module) -> int:
    return sum(isinstance(module, nn.BatchNorm2d) for module in network.modules())


def test_a_fold_is_scale_and_shift_of_the_weights() -> None:
    # gamma 3, variance 4, epsilon 0: s = 2. weight 5 * 3 / 2 = 7.5; bias (1 - 7) * 3 / 2 + 11 = 2
    conv, norm = nn.Conv2d(1, 1, 1), nn.BatchNorm2d(1, eps=0)
    values = {conv.weight: 5, conv.bias: 1, norm.weight: 3, norm.bias: 11}
    for tensor, value in (*values.items(), (norm.running_mean, 7), (norm.running_var, 4)):
        nn.init.constant_(tensor, value)
    fused = folded(nn.Sequential(conv, norm), (1, 2, 2))[0]
    assert (fused.weight.item(), fused.bias.item()) == (7.5, 2.0)


@pytest.mark.parametrize("name", ["resnet20", "plain_20"])
def test_a_folded_network_has_no_norms_left_and_says_the_same(name: str) -> None:
    torch.manual_seed(0)
    network = lived_in(create(name, classes=5)).eval()
    images = torch.randn(2, *SHAPE)
    with torch.no_grad():
        wanted, got = network(images), folded(network, SHAPE)(images)
    assert norms(folded(network, SHAPE)) == 0
    assert (wanted - got).abs().max() <= 1e-5 * wanted.abs().max()


def test_the_network_itself_stays_as_it_is() -> None:
    network = create("resnet20", classes=5).train()
    before = {name: tensor.clone() for name, tensor in network.state_dict().items()}
    folded(network, SHAPE)
    assert all(torch.equal(tensor, before[name]) for name, tensor in network.state_dict().items())
    assert network.training
    assert not any(module._forward_hooks or module._forward_pre_hooks for module in network.modules())
    assert all(weight.requires_grad for weight in network.parameters())


@pytest.mark.parametrize("kind", [Reused, Twice, Misleading])
def test_a_norm_stays_where_folding_would_change_the_answer(kind: type[nn.Module]) -> None:
    torch.manual_seed(0)
    network = lived_in(kind()).eval()
    images = torch.randn(2, *SHAPE)
    assert norms(folded(network, SHAPE)) == norms(network)
    with torch.no_grad():
        assert torch.equal(network(images), folded(network, SHAPE)(images))
