"""Torchvision's auxiliary heads: every tensor of them has a name here, and is loaded where ours has them."""

from pathlib import Path

import pytest
import torch
from torch import nn

from striate.zoo.networks import create
from striate.zoo.weights.keys import theirs
from striate.zoo.weights.load_weights import load_weights

NAMES = ["googlenet", "inception_v3"]


def built_elsewhere(name: str) -> nn.Module:
    from torchvision.models import get_model

    return get_model(name, weights=None, num_classes=5, aux_logits=True, init_weights=False)


@pytest.mark.parametrize("name", NAMES)
def test_the_names_of_all_tensors_are_theirs(name: str) -> None:
    with torch.device("meta"):
        ours = create(name, classes=5, auxiliary=True).state_dict()
        expected = built_elsewhere(name).state_dict()
    shapes = {theirs(name, "torchvision", key): tensor.shape for key, tensor in ours.items()}
    assert shapes == {key: tensor.shape for key, tensor in expected.items()}


@pytest.mark.parametrize(("name", "last"), [("googlenet", "aux2.fc2"), ("inception_v3", "AuxLogits.fc")])
def test_the_heads_of_a_file_are_loaded(name: str, last: str, tmp_path: Path) -> None:
    network = built_elsewhere(name)
    torch.save(network.state_dict(), tmp_path / "theirs.pth")
    ours = create(name, classes=5, auxiliary=True)
    load_weights(ours, name, tmp_path / "theirs.pth")
    head = list(ours.auxiliaries.values())[-1]
    assert torch.equal(head.output.weight, network.get_submodule(last).weight)
