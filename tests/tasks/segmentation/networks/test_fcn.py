"""FCN at full resolution, on any backbone, and as published."""

import pytest
import torch
from torch.nn import functional as F

from striate.errors import SettingError
from striate.tasks.segmentation.networks.fcn import FullResolution
from striate.tasks.segmentation.networks.fcn_skips import FcnSkips, bilinear_up
from striate.tasks.segmentation.networks.fcn_vgg16 import FcnVgg16
from striate.zoo.networks import create

WEIGHTS = {32: 136_152_917, 16: 134_815_994, 8: 134_489_759}


def outlined(finest):
    with torch.device("meta"):
        return FcnVgg16(21, finest=finest).eval()


@pytest.mark.parametrize("finest", WEIGHTS)
def test_it_has_the_weights_of_the_authors_files(finest):
    assert sum(one.numel() for one in outlined(finest).parameters()) == WEIGHTS[finest]


@pytest.mark.parametrize(
    ("finest", "skips", "last"), [(32, {}, 19), (16, {16: 5}, 27), (8, {16: 5, 8: 9}, 31)]
)
def test_the_crops_that_follow_from_the_layers_are_those_of_the_authors_files(finest, skips, last):
    network = outlined(finest)
    assert (network.skip_cuts, network.last_cut) == (skips, last)


def test_a_stride_that_is_not_scored_is_refused():
    with pytest.raises(SettingError, match="finest is 4"):
        FcnVgg16(21, finest=4)


def test_poolings_are_scored_before_the_next_convolution():
    pools = outlined(8).pools(torch.empty(1, 3, 224, 224, device="meta"))
    # 224 + 2 * 100 - 2 = 422, 211, 106, 53, 27, 14 by rounding up
    assert {stride: tuple(one.shape[1:]) for stride, one in pools.items()} == {
        2: (64, 211, 211),
        4: (128, 106, 106),
        8: (256, 53, 53),
        16: (512, 27, 27),
        32: (512, 14, 14),
    }


@pytest.mark.parametrize("factor", [2, 4, 8])
def test_a_transposed_convolution_begins_as_bilinear_interpolation(factor):
    scores = torch.randn(1, 3, 6, 7)
    with torch.no_grad():
        found = bilinear_up(3, factor)(scores)
    expected = F.interpolate(scores, scale_factor=factor, mode="bilinear")
    inner = slice(factor, -factor)  # at the edge torch repeats the last number, and the filter sees zeros
    assert torch.allclose(found[..., inner, inner], expected[..., inner, inner], atol=1e-6)


@torch.no_grad()
def test_finer_maps_begin_with_nothing_to_say():
    torch.manual_seed(0)
    network = FcnSkips(create("resnet18", width=0.125), 4, maps=3).eval()
    torch.nn.init.normal_(network.score["32"].weight)
    images = torch.randn(1, 3, 96, 64)
    coarse = network.score["32"](network.backbone.features(images)[32])
    doubled = bilinear_up(4, 2)(bilinear_up(4, 2)(coarse))
    assert torch.allclose(network(images), F.interpolate(doubled, scale_factor=8, mode="bilinear"), atol=1e-4)


@pytest.mark.parametrize(
    ("name", "strides"), [("lenet5", [4, 2]), ("alexnet", [32, 16, 8]), ("vgg11", [32, 16, 8])]
)
def test_it_scores_the_coarsest_maps_that_a_backbone_has(name, strides):
    with torch.device("meta"):
        network = FcnSkips(create(name), 3, maps=3).eval()
    assert network.strides == strides
    assert network(torch.empty(1, 3, 70, 90, device="meta")).shape == (1, 3, 70, 90)


def test_a_unit_at_full_resolution_sees_two_pixels_more_for_each_layer():
    torch.manual_seed(0)
    network = FullResolution(2, 1, channels=16, depth=4).eval()
    images = torch.randn(1, 1, 21, 21, requires_grad=True)
    network(images)[0, 0, 10, 10].backward()
    rows = images.grad[0, 0].abs().sum(1).nonzero().flatten()
    assert (rows.min().item(), rows.max().item()) == (10 - 4, 10 + 4)


def test_full_resolution_without_layers_is_refused():
    with pytest.raises(SettingError, match="depth is 0"):
        FullResolution(2, depth=0)
