"""Two measures: even overlap is not yet an even picture."""

import pytest
import torch
from torch.nn import functional as F

from striate.errors import SettingError, ShapeError
from striate.layers.upsampling import UPSAMPLINGS, pattern
from striate.ops import overlaps, phase_ratio, unevenness


@pytest.mark.parametrize(("kernel", "expected"), [(3, 1 / 3), (4, 0), (2, 0)])
def test_a_filter_whose_side_divides_by_the_stride_overlaps_evenly(kernel, expected):
    assert unevenness(kernel, 2, axes=1) == pytest.approx(expected)


def test_two_axes_multiply():  # 4 2 2 1: mean 2.25, deviation sqrt(6.25 - 2.25^2)
    assert unevenness(3, 2) == pytest.approx((6.25 - 2.25**2) ** 0.5 / 2.25)
    assert round(unevenness(3, 2), 4) == 0.4843


@pytest.mark.parametrize(("kernel", "stride"), [(1, 2), (3, 2), (5, 3), (4, 2), (2, 3)])
def test_overlaps_are_counted_by_a_filter_of_ones(kernel, stride):
    filters = torch.ones(1, 1, kernel)
    covered = F.conv_transpose1d(torch.ones(1, 1, 9), filters, stride=stride)[0, 0]
    assert covered[3 * stride : 4 * stride].tolist() == overlaps(kernel, stride).tolist()


def test_the_pattern_of_a_constant_picture():
    board = torch.tensor([[1.0, 2.0], [3.0, 4.0]]).repeat(3, 3)[None, None]  # deviation sqrt(1.25), mean 2.5
    assert phase_ratio(board) == pytest.approx(1.25**0.5 / 2.5)
    assert phase_ratio(torch.full((1, 2, 4, 4), 7.0)) == 0
    assert phase_ratio(torch.zeros(1, 1, 4, 4)) == 0


def test_only_an_enlarged_map_that_is_convolved_keeps_no_pattern():
    found = {kind: pattern(kind) for kind in UPSAMPLINGS}
    overlap = {kind: round(one.unevenness, 4) for kind, one in found.items()}
    assert overlap == {
        **dict.fromkeys(UPSAMPLINGS, 0.0),
        "transposed_3x3": 0.4843,
        "bed_of_nails": 1.7321,  # 1 0 0 0: sqrt(1/4 - 1/16) / (1/4)
    }
    assert max(found[kind].phase_ratio for kind in ("nearest", "resize_conv")) < 1e-6
    for kind in ("transposed_2x2", "transposed_3x3", "transposed_4x4", "sub_pixel", "bed_of_nails"):
        assert found[kind].phase_ratio > 0.5


def test_a_map_without_an_inside_is_refused():
    with pytest.raises(ShapeError):
        phase_ratio(torch.ones(1, 1, 4, 4), margin=2)
    with pytest.raises(SettingError):
        overlaps(0, 2)
