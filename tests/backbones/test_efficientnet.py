import pytest
import torch
from torch import nn

from striate.backbones.efficientnet import SCALES, EfficientNet, efficientnet
from striate.errors import SettingError
from striate.layers.drop_path import DropPath
from striate.layers.squeeze_excite import SqueezeExcite
from striate.zoo.cost.summary import summary


def meta(member: str, **arguments: object) -> EfficientNet:
    with torch.device("meta"):
        return efficientnet(member, **arguments).eval()


# Tan, Le 2019, table 1: resolution and channels of the stages
def test_the_maps_of_b0_are_those_of_table_1():
    network = meta("b0")
    x = network.stem(torch.empty(1, 3, 224, 224, device="meta"))
    shapes = [tuple(x.shape[1:])]
    for stage in (*network.stages, network.head.widen):
        x = stage(x)
        shapes.append(tuple(x.shape[1:]))
    assert shapes == [
        (32, 112, 112),
        (16, 112, 112),
        (24, 56, 56),
        (40, 28, 28),
        (80, 14, 14),
        (112, 14, 14),
        (192, 7, 7),
        (320, 7, 7),
        (1280, 7, 7),
    ]


# 1, 2, 2, 3, 3, 4, 1 times the depth, rounded up
@pytest.mark.parametrize(
    ("member", "blocks"),
    [
        ("b0", [1, 2, 2, 3, 3, 4, 1]),
        ("b1", [2, 3, 3, 4, 4, 5, 2]),
        ("b3", [2, 3, 3, 5, 5, 6, 2]),
        ("b7", [4, 7, 7, 10, 10, 13, 4]),
    ],
)
def test_depth_repeats_blocks(member, blocks):
    assert [len(stage) for stage in meta(member).stages] == blocks


@pytest.mark.parametrize("member", SCALES)
def test_dropout_stochastic_depth_and_epsilon_are_torchvisions(member):
    from torchvision.models import get_model
    from torchvision.ops import StochasticDepth

    network = meta(member)
    with torch.device("meta"):
        twin = get_model(f"efficientnet_{member}", weights=None)
    drops = [part.probability for part in network.modules() if isinstance(part, DropPath)]
    assert drops == pytest.approx([part.p for part in twin.modules() if isinstance(part, StochasticDepth)])
    assert network.head.dropout.p == twin.classifier[0].p
    assert epsilons(network) == epsilons(twin)


def epsilons(network: nn.Module) -> list[float]:
    return [part.eps for part in network.modules() if isinstance(part, nn.BatchNorm2d)]


def test_the_probability_to_skip_a_block_grows_from_zero():  # 0.2 * 0 / 16 ... 0.2 * 15 / 16
    drops = [part.probability for part in meta("b0").modules() if isinstance(part, DropPath)]
    assert drops == pytest.approx([0.0125 * number for number in range(16)])


def test_the_squeeze_goes_through_a_quarter_of_what_came_in():  # 32 / 4, 16 / 4, 24 / 4, 24 / 4, 40 / 4, ...
    squeezes = [part for part in meta("b0").modules() if isinstance(part, SqueezeExcite)]
    assert [part.reduce.out_channels for part in squeezes][:6] == [8, 4, 6, 6, 10, 10]


def test_the_baseline_scaled_is_the_larger_member():  # b2 is 1.1 as wide and 1.2 as deep
    counts = [
        summary(network, (3, 64, 64)).total for network in (meta("b0", width=1.1, depth=1.2), meta("b2"))
    ]
    assert counts[0] == counts[1]


def test_at_the_resolution_of_the_public_weights_b2_costs_what_they_do():
    assert summary(meta("b2"), (3, 288, 288)).total.multiplications == 1_087_529_456


def test_small_pictures_begin_without_halving():
    network = meta("b0", stem="small")
    assert network.input_size == (32, 32)
    assert network.channels == {1: 16, 2: 24, 4: 40, 8: 112, 16: 320}


def test_wrong_arguments_are_refused():
    with pytest.raises(SettingError, match="stem is None"):
        efficientnet("b0", stem=None)
    with pytest.raises(SettingError, match="width is -2"):
        efficientnet("b0", width=-2)
