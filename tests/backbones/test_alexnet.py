"""AlexNet: the figure's maps, and where its parameters and multiplications sit."""

import pytest
import torch
from torch import nn

from striate.backbones.alexnet import AlexNet, AlexNet2012
from striate.layers.response_norm import ResponseNorm
from striate.zoo.cost.summary import LayerRow, summary

# Filters f x f x C / groups, and the linear layers; each of these numbers is multiplied once for a position.
#   conv1   11 * 11 *   3 *  96     34,848 weights,  55 * 55 positions    105,415,200
#   conv2    5 *  5 *  48 * 256    307,200           27 * 27              223,948,800
#   conv3    3 *  3 * 256 * 384    884,736           13 * 13              149,520,384
#   conv4    3 *  3 * 192 * 384    663,552           13 * 13              112,140,288
#   conv5    3 *  3 * 192 * 256    442,368           13 * 13               74,760,192
#   fc6       9,216 * 4,096     37,748,736            1
#   fc7       4,096 * 4,096     16,777,216            1
#   output    4,096 * 1,000      4,096,000            1
LAYERS = {
    "conv1": (34_848 + 96, 105_415_200),
    "conv2": (307_200 + 256, 223_948_800),
    "conv3": (884_736 + 384, 149_520_384),
    "conv4": (663_552 + 384, 112_140_288),
    "conv5": (442_368 + 256, 74_760_192),
    "fc6": (37_748_736 + 4_096, 37_748_736),
    "fc7": (16_777_216 + 4_096, 16_777_216),
    "output": (4_096_000 + 1_000, 4_096_000),
}


def rows_of(build: type[AlexNet2012 | AlexNet]) -> dict[str, LayerRow]:
    with torch.device("meta"):
        network = build()
    return {row.path.split(".")[-1]: row for row in summary(network).rows}


def begun_by(build: type[AlexNet2012 | AlexNet]) -> AlexNet2012 | AlexNet:
    torch.manual_seed(0)
    return build(classes=10)


def test_every_layer_costs_what_the_figure_says():
    rows = rows_of(AlexNet2012)
    assert {name: (rows[name].parameters, rows[name].multiplications) for name in LAYERS} == LAYERS


def test_nearly_all_parameters_are_in_the_fully_connected_layers():  # 58,631,144 of 60,965,224
    rows = rows_of(AlexNet2012)
    full = sum(rows[name].parameters for name in ("fc6", "fc7", "output"))
    assert full / sum(row.parameters for row in rows.values()) == pytest.approx(0.9617, abs=1e-4)


def test_nearly_all_multiplications_are_in_the_convolutions():  # 665,784,864 of 724,406,816
    rows = rows_of(AlexNet2012)
    convolutions = sum(row.multiplications for name, row in rows.items() if name.startswith("conv"))
    assert convolutions / sum(row.multiplications for row in rows.values()) == pytest.approx(0.9191, abs=1e-4)


def test_the_first_two_layers_multiply_most_and_learn_least():
    # (105,415,200 + 223,948,800) of 724,406,816 and (34,944 + 307,456) of 60,965,224
    rows = rows_of(AlexNet2012)
    multiplications = rows["conv1"].multiplications + rows["conv2"].multiplications
    parameters = rows["conv1"].parameters + rows["conv2"].parameters
    everything = sum(row.multiplications for row in rows.values())
    assert multiplications / everything == pytest.approx(0.4547, abs=1e-4)
    assert parameters / sum(row.parameters for row in rows.values()) == pytest.approx(0.0056, abs=1e-4)


def test_the_maps_are_those_of_the_figure():
    shapes = {name: row.shape for name, row in rows_of(AlexNet2012).items()}
    assert {name: shapes[name] for name in ("conv1", "pool1", "conv2", "pool2", "conv5", "pool5", "fc6")} == {
        "conv1": (55, 55, 96),
        "pool1": (27, 27, 96),
        "conv2": (27, 27, 256),
        "pool2": (13, 13, 256),
        "conv5": (13, 13, 256),
        "pool5": (6, 6, 256),
        "fc6": (4096,),
    }


def test_the_maps_of_2014_have_64_and_192_channels():
    shapes = {name: row.shape for name, row in rows_of(AlexNet).items()}
    assert [shapes[name] for name in ("conv1", "pool1", "conv2", "pool2", "conv5", "pool5")] == [
        (55, 55, 64),
        (27, 27, 64),
        (27, 27, 192),
        (13, 13, 192),
        (13, 13, 256),
        (6, 6, 256),
    ]


@torch.no_grad()
def test_the_towers_meet_at_the_third_convolution_only():
    network = begun_by(AlexNet2012).eval()
    maps = torch.rand(1, 96, 15, 15)
    changed = maps.clone()
    changed[:, :40] += 1.0  # far from map 48: normalization reaches two maps beyond a border
    conv2, conv3 = network.stages[0].conv2, network.stages[1].conv3
    before, after = conv2(maps), conv2(changed)
    assert torch.equal(before[:, 128:], after[:, 128:])
    assert not torch.equal(before[:, :128], after[:, :128])
    assert ((conv3(before) - conv3(after)).abs().amax(dim=(0, 2, 3)) > 0).all()


def test_pooling_windows_overlap():
    pools = [part for part in AlexNet2012(classes=2).modules() if isinstance(part, nn.MaxPool2d)]
    assert [(pool.kernel_size, pool.stride) for pool in pools] == [(3, 2)] * 3


def test_only_the_network_of_2012_normalizes_and_only_its_first_two_layers():
    with torch.device("meta"):
        norms = [name for name, part in AlexNet2012().named_modules() if isinstance(part, ResponseNorm)]
        assert norms == ["stem.norm1", "stages.0.norm2"]
        assert not any(isinstance(part, ResponseNorm) for part in AlexNet().modules())


def test_weights_of_2012_begin_small_and_five_layers_begin_awake():  # section 5
    network = begun_by(AlexNet2012)
    weights = {name: value for name, value in network.named_parameters() if name.endswith("weight")}
    assert all(value.std().item() == pytest.approx(0.01, rel=0.05) for value in weights.values())
    biases = {name.split(".")[-2]: v for name, v in network.named_parameters() if name.endswith("bias")}
    ones = [name for name, value in biases.items() if torch.equal(value, torch.ones_like(value))]
    zeros = [name for name, value in biases.items() if not value.any()]
    assert ones == ["conv2", "conv4", "conv5", "fc6", "fc7"]
    assert zeros == ["conv1", "conv3", "output"]


@pytest.mark.parametrize(("build", "least"), [(AlexNet2012, 67), (AlexNet, 63)])
def test_one_pixel_less_than_the_least_side_leaves_nothing(build, least):
    # pool5 needs 3 units, so pool2 needs 7 and pool1 15: 11 + 14 * 4 = 67, less 4 where conv1 is padded
    with torch.device("meta"):
        network = build().eval()
        assert network.stages(network.stem(torch.empty(1, 3, least, least))).shape == (1, 256, 1, 1)
        with pytest.raises(RuntimeError, match="too small"):
            network.stages(network.stem(torch.empty(1, 3, least - 1, least - 1)))


@torch.no_grad()
@pytest.mark.parametrize("build", [AlexNet2012, AlexNet])
def test_bins_of_the_papers_size_change_nothing(build):
    with torch.device("meta"):
        bins = build().head.bins
    maps = torch.rand(2, 256, 6, 6)
    assert torch.equal(bins(maps), maps)


def test_the_description_of_a_picture_has_4096_numbers():  # notes: nearest neighbours by the 4,096 of fc7
    with torch.device("meta"):
        assert AlexNet().embed(torch.empty(2, 3, 224, 224)).shape == (2, 4096)
