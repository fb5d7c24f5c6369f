"""Which layers learn: the last ones, with the norms that follow them, and nothing below."""

import pytest
import torch
from torch import Tensor, nn

from striate.errors import SettingError
from striate.layers.sequence import sequence
from striate.train.finetune.freeze import (
    first_thawed,
    layer_count,
    layer_numbers,
    layer_scales,
    thaw,
    thawing,
)
from striate.zoo.networks import create, network_named


class Small(nn.Module):
    """Four layers: two convolutions with norms in the trunk, two linear layers with dropout in the head."""

    def __init__(self, *, auxiliary: bool = False) -> None:
        super().__init__()
        self.stem = sequence(conv=nn.Conv2d(1, 2, 3), norm=nn.BatchNorm2d(2))
        self.stages = nn.Sequential(sequence(conv=nn.Conv2d(2, 2, 3), norm=nn.BatchNorm2d(2)))
        if auxiliary:
            self.auxiliaries = nn.ModuleDict({"low": nn.Sequential(nn.Conv2d(2, 2, 1), nn.Linear(2, 3))})
        self.head = sequence(
            drop1=nn.Dropout(), fc=nn.Linear(2, 2), drop2=nn.Dropout(), output=nn.Linear(2, 3)
        )

    def forward(self, images: Tensor) -> Tensor:
        scores: Tensor = self.head(self.stages(self.stem(images)).mean((2, 3)))
        return scores


def learning(network: nn.Module) -> set[str]:
    return {name for name, parameter in network.named_parameters() if parameter.requires_grad}


def in_training(network: nn.Module) -> set[str]:
    leaves = {name: part for name, part in network.named_modules() if not list(part.children())}
    return {name for name, part in leaves.items() if part.training}


@pytest.mark.parametrize(("name", "layers"), [("lenet5", 5), ("resnet20", 20), ("plain_44", 44)])
def test_layers_are_those_that_the_papers_count(name: str, layers: int) -> None:
    assert layer_count(create(name, in_channels=1)) == layers


def test_the_last_layers_learn_with_what_follows_them() -> None:
    network = Small()
    thaw(network, first_thawed(network, "last:3"))
    assert learning(network) == {
        *("stages.0.conv.weight", "stages.0.conv.bias", "stages.0.norm.weight", "stages.0.norm.bias"),
        *("head.fc.weight", "head.fc.bias", "head.output.weight", "head.output.bias"),
    }
    follow = {"stages.0.conv", "stages.0.norm", "head.drop1", "head.fc", "head.drop2", "head.output"}
    assert in_training(network) == follow


def test_with_the_head_alone_norms_and_dropout_below_it_are_still() -> None:
    network = Small()
    thaw(network, first_thawed(network, "head"))
    assert in_training(network) == {"head.output"}
    assert learning(network) == {"head.output.weight", "head.output.bias"}


def test_all_is_everything_and_can_follow_less() -> None:
    network = Small()
    for finetune in ("head", "all"):
        thaw(network, first_thawed(network, finetune))
    assert learning(network) == {name for name, _ in network.named_parameters()}
    assert all(part.training for part in network.modules())


def test_a_k_larger_than_the_number_of_layers_is_refused_with_the_number() -> None:
    assert first_thawed(Small(), "last:4") == 0
    with pytest.raises(SettingError, match="'last:5', and the network has 4 layers") as error:
        first_thawed(Small(), "last:5")
    assert error.value.expected == "last:1 to last:4"


def test_auxiliary_heads_go_with_the_last_layer_and_are_not_counted() -> None:
    network = Small(auxiliary=True)
    assert layer_count(network) == 4
    assert layer_numbers(network)[network.auxiliaries["low"][0]] == 3


def test_a_network_thaws_from_its_top_stage_by_stage() -> None:
    # lenet5: conv1 | conv2 | fc3 fc4 output: the last layer, the head, the stage, the stem
    assert thawing(create("lenet5"), 0) == [4, 2, 1, 0]
    assert thawing(create("lenet5"), 1) == [4, 2, 1]
    assert thawing(create("resnet20"), 0) == [19, 13, 7, 1, 0]  # three stages of six layers


def test_rates_fall_by_a_factor_from_layer_to_layer() -> None:
    network = Small()
    scales = layer_scales(network, 0.5)
    assert [scales[parameter] for parameter in network.parameters()] == [
        *(0.125,) * 4,  # stem: convolution and norm, weight and bias
        *(0.25,) * 4,
        *(0.5,) * 2,
        *(1.0,) * 2,
    ]


def test_frozen_statistics_stand_still_in_a_forward_pass() -> None:
    network = Small()
    thaw(network, first_thawed(network, "last:3"))
    before = {name: tensor.clone() for name, tensor in network.state_dict().items()}
    network(torch.randn(4, 1, 8, 8))
    moved = {name for name, tensor in network.state_dict().items() if not torch.equal(tensor, before[name])}
    assert moved == {
        f"stages.0.norm.{name}" for name in ("running_mean", "running_var", "num_batches_tracked")
    }


def test_branches_of_a_detector_learn_while_it_stands_still() -> None:
    network = network_named("mask_rcnn", 2, 3, width=0.125, channels=8, proposals=5)
    thaw(network, first_thawed(network, "branches"))
    assert learning(network) == {
        name for name, _ in network.named_parameters() if name.startswith("branches.")
    }
    assert all(name.startswith("branches.") for name in in_training(network))
    assert {layer_scales(network, 0.5)[one] for one in network.branches.parameters()} == {1.0}
    thaw(network, first_thawed(network, "head"))
    assert {"branches", "head", "first"} <= {name.split(".")[0] for name in learning(network)}


def test_a_network_without_branches_has_none_to_learn() -> None:
    with pytest.raises(SettingError, match="the network has none"):
        first_thawed(create("lenet5"), "branches")
