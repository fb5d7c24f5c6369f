"""Darknet: the layers of the two papers, and the sums that they say."""

import pytest
import torch
from torch import nn

from striate.backbones.darknet import Darknet19, Darknet24
from striate.zoo.networks import DETECTORS

# Weights of each convolution, worked by hand: side * side * maps in * maps out. Without biases and norms.
#   224   9 * 3 * 32 = 864                             112   9 * 32 * 64 = 18,432
#    56   9 * 64 * 128 = 73,728    128 * 64 = 8,192     73,728
#    28   9 * 128 * 256 = 294,912  256 * 128 = 32,768   294,912
#    14   9 * 256 * 512 = 1,179,648    512 * 256 = 131,072
#     7   9 * 512 * 1024 = 4,718,592   1024 * 512 = 524,288
TABLE_6 = [
    *(864, 18_432, 73_728, 8_192, 73_728, 294_912, 32_768, 294_912),
    *(1_179_648, 131_072, 1_179_648, 131_072, 1_179_648),
    *(4_718_592, 524_288, 4_718_592, 524_288, 4_718_592),
]
#   224   49 * 3 * 64 = 9,408       112   9 * 64 * 192 = 110,592
#    56   192 * 128, 9 * 128 * 256, 256 * 256, 9 * 256 * 512
#    28   four times 512 * 256, 9 * 256 * 512; 512 * 512, 9 * 512 * 1024
#    14   twice 1024 * 512, 9 * 512 * 1024; 9 * 1024 * 1024          7   three times 9 * 1024 * 1024
FIGURE_3 = [
    *(9_408, 110_592, 24_576, 294_912, 65_536, 1_179_648),
    *(131_072, 1_179_648) * 4,
    *(262_144, 4_718_592),
    *(524_288, 4_718_592) * 2,
    *(9_437_184,) * 4,
]


def convolutions(network):
    return [part for part in network.modules() if isinstance(part, nn.Conv2d)]


@pytest.mark.parametrize(("build", "table"), [(Darknet19, TABLE_6), (Darknet24, FIGURE_3)])
def test_every_convolution_is_that_of_the_table(build, table):
    with torch.device("meta"):
        network = build()
    assert [part.weight.numel() for part in convolutions(network)] == table


def test_19_has_the_parameters_and_operations_of_its_paper():
    # Convolutions, two numbers of each norm, and the scores. The paper: 5.58 billion operations, twice
    # the multiplications, with the 1x1 convolution to the scores on the 7x7 map.
    assert (len(TABLE_6) + 1, len(FIGURE_3)) == (19, 24)
    norms = 2 * (32 + 64 + (128 + 64 + 128) + (256 + 128 + 256) + (3 * 512 + 2 * 256) + (3 * 1024 + 2 * 512))
    assert sum(TABLE_6) + norms + 1025 * 1000 == 20_842_376
    assert round(2 * (2_741_837_824 + 48 * 1024 * 1000) / 1e9, 2) == 5.58


@pytest.mark.parametrize(
    ("build", "side", "maps"),
    [
        (Darknet19, 224, {1: 32, 2: 64, 4: 128, 8: 256, 16: 512, 32: 1024}),
        (Darknet24, 448, {2: 64, 4: 192, 8: 512, 16: 1024, 32: 1024, 64: 1024}),
    ],
)
def test_the_maps_have_the_sides_of_the_figure(build, side, maps):
    with torch.device("meta"):
        found = build().features(torch.empty(1, 3, side, side))
    assert {stride: tuple(x.shape[1:]) for stride, x in found.items()} == {
        stride: (channels, side // stride, side // stride) for stride, channels in maps.items()
    }


def test_the_activation_leaks_a_tenth():
    (leaky, *others) = {
        part.negative_slope for part in Darknet19(classes=2).modules() if isinstance(part, nn.LeakyReLU)
    }
    assert (leaky, others) == (0.1, [])


@torch.no_grad()
def test_the_mean_of_scores_is_the_score_of_the_mean():  # table 6 has the scores first
    torch.manual_seed(0)
    network = Darknet19(classes=4).eval()
    images = torch.rand(2, 3, 64, 96)
    maps = network.features(images)[32]
    output = network.head.output
    first = nn.functional.conv2d(maps, output.weight[:, :, None, None], output.bias).mean((2, 3))
    assert torch.allclose(network(images), first, atol=1e-5)


@pytest.mark.parametrize(
    ("name", "backbone"), [("yolo", "darknet19"), ("yolo_v1", "darknet24"), ("ssd", "darknet24_bn")]
)
def test_detectors_look_through_it(name, backbone):
    with torch.device("meta"):
        network = DETECTORS[name](20, backbone=backbone)
        assert isinstance(network.backbone, Darknet19 if backbone == "darknet19" else Darknet24)
        raw = network(torch.empty(1, 3, 448, 448))
    if name == "yolo_v1":
        assert raw["cells"].shape == (1, 49, 30)
