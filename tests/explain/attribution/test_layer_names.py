"""Layers are found by their whole names, by those inside a classifier, and by an end that only one has."""

import pytest
import torch
from torch import nn

from striate.data.preprocess import Preprocess
from striate.errors import SettingError
from striate.explain.attribution.layer_names import require_layer
from striate.explain.attribution.methods import explain
from striate.explain.embeddings.embed import embed
from striate.explain.synthesis.invert import invert
from striate.explain.synthesis.objectives import channel
from striate.explain.synthesis.visualize import visualize
from striate.tasks.classification.classifier import Classifier
from striate.zoo.cost.summary import summary
from striate.zoo.networks import create

PICTURE = torch.randint(0, 256, (1, 32, 32), dtype=torch.uint8, generator=torch.Generator().manual_seed(0))


def classifier() -> Classifier:
    torch.manual_seed(0)
    network = create("lenet5", classes=2, in_channels=1)
    return Classifier(network, ("a", "b"), Preprocess((32, 32), 1, (0.5,), (0.5,)))


def test_one_name_means_one_layer_in_all_verbs() -> None:
    model = classifier()
    for name in ("stages.0", "network.stages.0"):
        seen = explain(model, PICTURE, "activations", layer=name).values
        assert seen.shape == (1, 16, 5, 5)
        assert visualize(model, channel(name, 0), steps=1).image.shape == (1, 32, 32)
        assert invert(model, PICTURE, name, steps=1).layers == (name,)
        assert torch.allclose(embed(model, [PICTURE], name).values, seen.mean((2, 3)), atol=1e-6)


def test_an_end_that_several_have_is_refused_with_their_names() -> None:
    model = nn.ModuleDict({"a": nn.ModuleDict({"conv": nn.Identity()}), "b": nn.Sequential(nn.Identity())})
    assert require_layer(model, "conv") == "a.conv"
    model["b"].conv = nn.Identity()
    with pytest.raises(SettingError, match="several layers 'conv'") as refused:
        require_layer(model, "conv")
    assert set(refused.value.attempt.split(" or ")) == {"a.conv", "b.conv"}


def test_names_are_proposed_as_the_network_has_them() -> None:
    for wrong in ("stages.0.convv2", "network.stages.0.convv2"):
        with pytest.raises(SettingError) as refused:
            require_layer(classifier(), wrong)
        assert "network." not in refused.value.attempt
        assert "stages.0.conv2" in refused.value.attempt


def test_every_block_that_the_summary_names_is_a_layer() -> None:
    model = classifier()
    assert summary(model).blocks == ("stem", "stages.0", "head")
    assert summary(model).to_dict()["blocks"] == ["stem", "stages.0", "head"]
    assert [require_layer(model, name) for name in summary(model).blocks] == [
        "network.stem", "network.stages.0", "network.head",
    ]  # fmt: skip
