import pytest
import torch

from striate.errors import SettingError
from striate.layers.compound_scaling import compound, scaled_depth, scaled_width
from striate.zoo.cost.summary import summary
from striate.zoo.networks import create


def test_one_step_is_the_constants_of_the_paper():
    assert compound(1) == (1.1, 1.2, 1.15)
    assert compound(0) == (1, 1, 1)


def test_a_step_about_doubles_the_cost():  # 1.2 * 1.21 * 1.3225 = 1.92
    width, depth, resolution = compound(1)
    assert depth * width**2 * resolution**2 == pytest.approx(1.920, abs=0.001)


@pytest.mark.parametrize(
    ("channels", "factor", "expected"),
    [
        (32, 1.0, 32),
        (32, 0.5, 16),
        (16, 0.35, 8),  # 5.6: at least 8
        (24, 0.75, 24),  # 18 lies nearer to 16, but 16 is less than 0.9 * 18 = 16.2
        (32, 1.4, 48),  # 44.8
        (1280, 1.4, 1792),
        (24, 1.1, 24),  # 26.4
        (112, 1.1, 120),  # 123.2
    ],
)
def test_channels_are_the_nearest_multiple_of_eight(channels, factor, expected):
    assert scaled_width(channels, factor) == expected


def test_no_layer_loses_more_than_a_tenth():
    for channels in range(8, 400):
        for factor in (0.3, 0.5, 0.77, 1.0, 1.3):
            scaled = scaled_width(channels, factor)
            assert scaled % 8 == 0
            assert scaled >= 0.9 * channels * factor


@pytest.mark.parametrize(
    ("repeats", "factor", "expected"),
    [(1, 1.0, 1), (1, 1.1, 2), (4, 1.1, 5), (4, 3.1, 13), (3, 0.5, 2), (10, 1.1, 11), (2, 0.1, 1)],
)
def test_blocks_are_rounded_up_and_never_none(repeats, factor, expected):
    assert scaled_depth(repeats, factor) == expected


@pytest.mark.parametrize("factor", [0, -1.0, float("nan"), float("inf"), "wide", True])
def test_a_factor_is_a_number_above_zero(factor):
    with pytest.raises(SettingError, match="width is"):
        scaled_width(32, factor)
    with pytest.raises(SettingError, match="depth is"):
        scaled_depth(2, factor)


@pytest.mark.parametrize("name", ["mobilenet_v1", "mobilenet_v2", "efficientnet_b0"])
def test_any_network_with_repeats_scales_by_it(name):
    def cost(phi: int) -> int:
        width, depth, resolution = compound(phi)
        with torch.device("meta"):
            network = create(name, width=width, depth=depth)
        side = round(224 * resolution)
        return summary(network, (3, side, side)).total.multiplications

    # widths go by eights and blocks by ones, upward, so four steps are near 2 ** 4 and not at it
    assert 0.75 * 2**4 < cost(4) / cost(0) < 1.25 * 2**4
    assert cost(1) > 1.5 * cost(0)
