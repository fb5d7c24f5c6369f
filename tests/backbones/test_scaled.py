"""Networks with repeats, wider and deeper: counts by hand, twins, files, and weights of another width."""

from itertools import pairwise
from pathlib import Path

import pytest
import torch
from torch import nn

from striate.data.preprocess import Preprocess
from striate.errors import ModelFileError
from striate.layers.compound_scaling import compound
from striate.zoo.build import build
from striate.zoo.networks import MODELS, arguments_of, create
from striate.zoo.save_load import load, read_header, save

SCALED = [name for name in MODELS if {"width", "depth"} <= arguments_of(name).keys()]
ONE_OF_EACH = ("resnet18", "resnet50", "se_resnet18", "se_resnet50", "plain_18", "resnet20", "convnext_tiny")
MOBILE = ("mobilenet_v1", "mobilenet_v2", "mobilenet_v3_small", "mobilenet_v3_large", "efficientnet_b0")


def meta(name: str, **arguments: object) -> nn.Module:
    with torch.device("meta"):
        return create(name, **arguments).eval()


def parameters(name: str, **arguments: object) -> int:
    return sum(one.numel() for one in meta(name, **arguments).parameters())


def test_every_network_with_repeats_can_be_scaled():
    families = ("resnet", "se_resnet", "plain_", "convnext", "mobilenet", "efficientnet")
    assert sorted(SCALED) == sorted(name for name in MODELS if name.startswith(families))


# With half the width the stem has 7 * 7 * 3 * 32 = 4,704 weights and 64 of its norm. Two basic blocks of c
# channels that come from b: 9bc + 3 * 9cc, 4 norms of 2c, and where the shape changes bc + 2c to project.
# c = 32 from 32: 36,864 + 256. 64 from 32: 18,432 + 110,592 + 512 + 2,048 + 128. 128 from 64: 73,728 +
# 442,368 + 1,024 + 8,192 + 256. 256 from 128: 294,912 + 1,769,472 + 2,048 + 32,768 + 512.
# Linear: 256 * 10 + 10.
HALF = 4_768 + 37_120 + 131_712 + 525_568 + 2_099_712 + 2_570


def test_half_of_resnet_18_has_the_parameters_counted_by_hand():
    assert parameters("resnet18", classes=10, width=0.5) == HALF


def test_depth_repeats_the_blocks_of_a_stage_rounded_up():  # 2 * 1.25 = 2.5 --> 3, of 2 * 9cc + 4c each
    more = sum(18 * c * c + 4 * c for c in (32, 64, 128, 256))
    network = meta("resnet18", classes=10, width=0.5, depth=1.25)
    assert parameters("resnet18", classes=10, width=0.5, depth=1.25) == HALF + more
    assert [list(stage._modules)[-1] for stage in network.stages] == ["block3"] * 4


def test_depth_below_one_leaves_one_block_of_a_stage_at_least():
    network = meta("resnet50", depth=0.1)  # 3, 4, 6, 3 --> 1
    assert [sum(name.startswith("block") for name in stage._modules) for stage in network.stages] == [1] * 4


@pytest.mark.parametrize(
    ("name", "arguments", "channels"),
    [
        ("resnet50", {"width": 0.75}, {2: 48, 4: 192, 8: 384, 16: 768, 32: 1536}),
        ("se_resnet50", {"width": 2}, {2: 128, 4: 512, 8: 1024, 16: 2048, 32: 4096}),
        ("resnet20", {"width": 4}, {1: 64, 2: 128, 4: 256}),
        ("plain_34", {"width": 0.25}, {2: 16, 4: 16, 8: 32, 16: 64, 32: 128}),
        ("convnext_tiny", {"width": 0.5}, {4: 48, 8: 96, 16: 192, 32: 384}),
        # 16, 24, 40, 112, 160 times 0.75 are 12, 18, 30, 84, 120; the nearest multiples of 8 not below 9/10
        ("mobilenet_v3_large", {"width": 0.75}, {2: 16, 4: 24, 8: 32, 16: 88, 32: 120}),
    ],
)
def test_width_multiplies_the_channels_of_every_map(name, arguments, channels):
    assert meta(name, **arguments).channels == channels


@pytest.mark.parametrize(
    ("ours", "theirs", "width"),
    [
        ("mobilenet_v3_large", "mobilenetv3_large_075", 0.75),
        ("mobilenet_v3_small", "mobilenetv3_small_075", 0.75),
    ],
)
def test_mobilenet_v3_has_the_parameters_of_its_published_twin(ours, theirs, width):
    import timm

    with torch.device("meta"):
        twin = timm.create_model(theirs, pretrained=False)
    assert parameters(ours, width=width) == sum(one.numel() for one in twin.parameters())


def test_mobilenet_v3_repeats_the_last_block_of_a_stage_without_its_stride():
    deep, usual = meta("mobilenet_v3_small", depth=2), meta("mobilenet_v3_small")
    assert deep.channels == usual.channels
    assert [len(stage) for stage in deep.stages] == [2 * len(stage) for stage in usual.stages]
    assert [len(stage) for stage in meta("mobilenet_v3_large", depth=0.5).stages] == [1, 1, 2, 2, 1, 2]


@pytest.mark.parametrize("name", SCALED)
def test_factors_of_one_change_nothing(name):
    own = {"width": None, "depth": None} if name.startswith("efficientnet") else {"width": 1, "depth": 1.0}
    ours, usual = meta(name, **own).state_dict(), meta(name).state_dict()
    assert {key: one.shape for key, one in ours.items()} == {key: one.shape for key, one in usual.items()}


@pytest.mark.parametrize("name", ONE_OF_EACH)
def test_each_step_of_compound_scaling_adds_parameters(name):
    factors = [compound(phi) for phi in (-1, 0, 1)]
    costs = [parameters(name, width=one.width, depth=one.depth) for one in factors]
    assert all(more > less for less, more in pairwise(costs))


@pytest.mark.parametrize("name", ONE_OF_EACH + MOBILE)
@torch.no_grad()
def test_a_scaled_network_is_saved_with_its_factors_and_comes_back(name, tmp_path: Path):
    own = {"width": 0.25, "depth": 0.5}
    torch.manual_seed(0)
    model = build(name, ["a", "b"], Preprocess((32, 32)), **own).eval()
    save(model, tmp_path / "model.safetensors")
    assert read_header(tmp_path / "model.safetensors")["arguments"] == {"in_channels": 3, **own}
    images = torch.randint(0, 256, (2, 3, 32, 32), dtype=torch.uint8)
    assert torch.equal(load(tmp_path / "model.safetensors")(images), model(images))


def test_weights_of_the_usual_width_are_refused_by_a_narrower_network(tmp_path: Path):
    torch.save(create("resnet18").state_dict(), tmp_path / "resnet18.pth")
    with pytest.raises(ModelFileError) as caught:
        create("resnet18", weights=tmp_path / "resnet18.pth", width=0.5)
    assert "a network with width=0.5 is not that of" in caught.value.wrong
    assert "stem.conv.weight is 64x3x7x7 instead of 32x3x7x7" in caught.value.wrong
    assert caught.value.attempt == "leave width out, or begin without weights"


def test_published_weights_are_refused_before_they_are_fetched(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(
        "striate.zoo.weights.load_weights.fetch", lambda _: pytest.fail("nothing is to be fetched")
    )
    with pytest.raises(ModelFileError, match=r"width=0\.5, depth=2 is not that of the published weights"):
        create("resnet18", weights="imagenet", width=0.5, depth=2)
