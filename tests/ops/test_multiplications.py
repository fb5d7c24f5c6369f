"""What a layer learns, and what it multiplies."""

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import nn
from torch.utils.flop_counter import FlopCounterMode

from striate.errors import SettingError
from striate.ops.multiplications import (
    conv_multiplications,
    conv_parameters,
    linear_multiplications,
    linear_parameters,
)

fast = settings(deadline=None, max_examples=25, derandomize=True)


def test_ten_filters_on_a_colour_picture_learn_280_numbers():  # (3 * 3 * 3 + 1) * 10
    assert conv_parameters(3, in_channels=3, out_channels=10) == 280
    assert conv_parameters(3, in_channels=3, out_channels=10, bias=False) == 270


def test_the_layers_of_lenet_5_learn_what_its_table_says():
    assert conv_parameters(5, 3, 6) == 456  # (75 + 1) * 6
    assert conv_parameters(5, 6, 16) == 2_416  # (150 + 1) * 16
    assert linear_parameters(400, 120) == 48_120
    assert linear_parameters(120, 84) == 10_164
    assert linear_parameters(84, 10) == 850
    assert linear_parameters(84, 10, bias=False) == linear_multiplications(84, 10) == 840


def test_a_bottleneck_costs_a_tenth():  # the notes: 120 million against 12.4 million
    assert conv_multiplications(5, 192, 32, map_size=28) == 28 * 28 * 32 * 5 * 5 * 192 == 120_422_400
    squeeze, widen = (
        conv_multiplications(1, 192, 16, map_size=28),
        conv_multiplications(5, 16, 32, map_size=28),
    )
    assert (squeeze, widen) == (2_408_448, 10_035_200)


def test_a_depthwise_filter_sees_one_map():
    assert conv_parameters(3, 32, 32, groups=32) == (9 + 1) * 32
    assert conv_multiplications(3, 32, 32, map_size=14, groups=32) == 9 * 32 * 14 * 14


def test_windows_and_maps_need_not_be_square():
    assert conv_parameters((1, 7), 4, 8) == (7 * 4 + 1) * 8
    assert conv_multiplications((1, 7), 4, 8, map_size=(5, 6)) == 7 * 4 * 8 * 30
    assert conv_multiplications((3,), 1, 2, map_size=10) == 3 * 2 * 10  # a signal


@fast
@given(st.integers(1, 4), st.integers(1, 3), st.integers(1, 3), st.integers(1, 3), st.booleans())
def test_torch_counts_the_same(f, width_in, width_out, groups, bias):
    channels, maps = width_in * groups, width_out * groups
    layer = nn.Conv2d(channels, maps, f, groups=groups, bias=bias)
    assert conv_parameters(f, channels, maps, groups, bias=bias) == sum(p.numel() for p in layer.parameters())
    with FlopCounterMode(display=False) as counter, torch.no_grad():
        z = layer(torch.zeros(1, channels, 6, 5))
    counted = conv_multiplications(f, channels, maps, tuple(z.shape[2:]), groups)
    assert 2 * counted == counter.get_total_flops()


def test_a_transposed_convolution_is_laid_on_the_map_that_comes_in():
    layer = nn.ConvTranspose2d(3, 4, 2, stride=2)
    with FlopCounterMode(display=False) as counter, torch.no_grad():
        layer(torch.zeros(1, 3, 5, 5))
    assert 2 * conv_multiplications(2, 3, 4, map_size=5) == counter.get_total_flops()


@pytest.mark.parametrize(
    ("f", "channels", "maps", "groups", "wrong"),
    [
        (3, 4, 6, 3, "4 and 6 channels do not split into 3 groups"),
        (3, 6, 4, 3, "6 and 4 channels do not split into 3 groups"),
        (0, 4, 6, 1, "f is 0"),
        (3, 0, 6, 1, "channels is 0"),
        (3, 4, 6, 0, "groups is 0"),
    ],
)
def test_a_layer_that_cannot_be_is_refused(f, channels, maps, groups, wrong):
    with pytest.raises(SettingError, match=wrong):
        conv_parameters(f, channels, maps, groups)


def test_a_map_without_pixels_and_a_layer_without_features_are_refused():
    with pytest.raises(SettingError, match="map_size is 0"):
        conv_multiplications(3, 4, 6, map_size=0)
    with pytest.raises(SettingError, match="features is 0"):
        linear_parameters(0, 10)
