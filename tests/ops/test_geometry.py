"""How large a map comes out, and which pixels a unit sees."""

import pytest
import torch
import torch.nn.functional as F
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from torch import Tensor

from striate.errors import SettingError, ShapeError
from striate.ops.geometry import ReceptiveField, output_size, padding_sides, per_axis, same_padding

fast = settings(deadline=None, max_examples=25, derandomize=True)


@pytest.mark.parametrize(
    ("n", "f", "stride", "padding", "expected"),
    [
        (6, 3, 1, 0, 4),  # 6 - 3 + 1
        (6, 3, 1, 1, 6),  # 6 + 2 - 3 + 1
        (7, 3, 2, 0, 3),  # floor(4 / 2) + 1
        (8, 3, 2, 0, 3),  # floor(5 / 2) + 1: the last pixel is not seen
        (32, 5, 1, 0, 28),  # LeNet-5
        (28, 2, 2, 0, 14),
        (227, 11, 4, 0, 55),  # AlexNet
        (224, 7, 2, 3, 112),  # ResNet's stem: floor(223 / 2) + 1
        (3, 3, 5, "valid", 1),
        (5, 2, 2, "same", 3),  # ceil(5 / 2)
        (6, 4, 1, (1, 2), 6),  # 6 + 3 - 4 + 1
    ],
)
def test_output_size_is_that_of_the_formula(n, f, stride, padding, expected):
    assert output_size(n, f, stride, padding) == expected


def test_a_dilated_window_spans_more_pixels():  # 3 elements, 2 apart, span 5 pixels: 7 - 5 + 1
    assert output_size(7, 3, dilation=2) == 3


@fast
@given(st.integers(1, 30), st.integers(1, 7), st.integers(1, 4), st.integers(0, 3), st.integers(1, 3))
def test_output_size_is_that_of_torch(n, f, stride, padding, dilation):
    assume(dilation * (f - 1) + 1 <= n + 2 * padding)
    z = F.conv1d(torch.zeros(1, 1, n), torch.zeros(1, 1, f), None, stride, padding, dilation)
    assert output_size(n, f, stride, padding, dilation) == z.shape[-1]


@fast
@given(st.integers(1, 40), st.integers(1, 9), st.integers(1, 5), st.integers(1, 3))
def test_same_padding_gives_one_unit_for_each_started_stride(n, f, stride, dilation):
    before, after = same_padding(n, f, stride, dilation)
    assert output_size(n, f, stride, (before, after), dilation) == -(-n // stride)
    assert after - before in (0, 1)


def test_same_padding_puts_the_odd_pixel_after():
    assert same_padding(6, 3) == (1, 1)  # (f - 1) / 2 on both sides
    assert same_padding(6, 2) == (0, 1)  # f - 1 = 1
    assert same_padding(6, 4) == (1, 2)  # f - 1 = 3
    assert same_padding(224, 3, stride=2) == (0, 1)  # 111 * 2 + 3 - 224 = 1
    assert same_padding(5, 1, stride=3) == (0, 0)  # (2 - 1) * 3 + 1 - 5 = -1: nothing is cut


@pytest.mark.parametrize(
    ("arguments", "wrong"),
    [
        ({"n": 6, "f": 3, "stride": 0}, "stride is 0"),
        ({"n": 0, "f": 3}, "n is 0"),
        ({"n": 6, "f": 0}, "f is 0"),
        ({"n": 6, "f": 3, "dilation": 0}, "dilation is 0"),
        ({"n": 6, "f": 3, "padding": -1}, "padding is -1"),
        ({"n": 6, "f": 3, "padding": (0, -2)}, "padding is -2"),
        ({"n": 6, "f": 3, "padding": "full"}, "padding is 'full'"),
    ],
)
def test_a_number_out_of_range_is_named(arguments, wrong):
    with pytest.raises(SettingError, match=wrong):
        output_size(**arguments)


def test_a_window_larger_than_the_padded_input_is_refused():
    with pytest.raises(ShapeError, match="a window of 7 pixels does not fit an input of 4 padded to 6"):
        output_size(4, 7, padding=1)


def test_padding_has_many_names_and_one_meaning():
    assert padding_sides(6, 4, padding="valid") == padding_sides(6, 4, padding=0) == (0, 0)
    assert padding_sides(6, 3, padding="same") == padding_sides(6, 3, padding=1) == (1, 1)


def test_there_is_one_number_for_each_axis():
    with pytest.raises(SettingError, match="stride has 3 numbers"):
        per_axis("stride", (1, 2, 3), axes=2)


@pytest.mark.parametrize(
    ("layers", "size", "stride"),
    [
        ([(3, 1)] * 2, 5, 1),  # two 3x3 see as much as one 5x5
        ([(3, 1)] * 3, 7, 1),  # three as much as one 7x7 (VGG, section 2.3)
        ([(5, 1), (2, 2), (5, 1), (2, 2)], 16, 4),  # LeNet-5: 5, 6, 6 + 4 * 2, 14 + 2
        ([(5, 1), (2, 2), (5, 1), (2, 2), (5, 1)], 32, 4),  # and the next layer all 32 pixels: 16 + 4 * 4
        ([(11, 4), (3, 2), (5, 1), (3, 2), (3, 1), (3, 1), (3, 1), (3, 2)], 195, 32),  # AlexNet's pool5
        ([(7, 2), (3, 2)], 11, 4),  # ResNet's stem: 7 + 2 * 2
    ],
)
def test_fields_of_known_networks(layers, size, stride):
    field = ReceptiveField()
    for layer in layers:
        field = field.through(*layer)
    assert (field.size, field.stride) == (size, stride)


def test_the_centre_of_the_first_unit():
    assert ReceptiveField().through(3).start == 1.5  # the middle of pixels 0, 1, 2
    assert ReceptiveField().through(3, padding=1).start == 0.5  # the middle of pixels -1, 0, 1
    assert ReceptiveField().through(2, stride=2).start == 1.0  # between pixels 0 and 1
    assert ReceptiveField().through(3, dilation=2).start == 2.5  # the middle of pixels 0, 2, 4


def seen_pixels(unit: Tensor, x: Tensor) -> tuple[int, int]:
    """The first and the last pixel that has a gradient."""
    (gradient,) = torch.autograd.grad(unit, x, retain_graph=True)
    seen = gradient.flatten().nonzero()
    return int(seen.min()), int(seen.max())


layers = st.lists(
    st.tuples(st.integers(1, 5), st.integers(1, 3), st.integers(0, 2), st.integers(1, 2)), max_size=4
)


@fast
@given(layers)
def test_a_field_holds_the_pixels_that_have_a_gradient(chain):
    x = torch.zeros(1, 1, 400, requires_grad=True)
    z, field = x, ReceptiveField()
    for f, stride, padding, dilation in chain:
        z = F.conv1d(z, torch.ones(1, 1, f), None, stride, padding, dilation)
        field = field.through(f, stride, padding, dilation)
    middle = z.shape[-1] // 2  # far from both edges, so that nothing is cut off
    for unit in (middle, middle + 1):
        first, last = seen_pixels(z[0, 0, unit], x)
        centre = field.start + unit * field.stride
        assert (first, last + 1) == (centre - field.size / 2, centre + field.size / 2)


@pytest.mark.parametrize(("f", "stride", "padding"), [(2, 2, 0), (3, 2, 1), (4, 2, 1), (3, 1, 1), (6, 3, 2)])
def test_a_transposed_convolution_halves_the_stride_again(f, stride, padding):
    x = torch.zeros(1, 1, 60, requires_grad=True)
    coarse = F.conv1d(x, torch.ones(1, 1, 3), stride=stride, padding=1)
    z = F.conv_transpose1d(coarse, torch.ones(1, 1, f), stride=stride, padding=padding)
    field = ReceptiveField().through(3, stride, padding=1).through_transposed(f, stride, padding)
    units = range(24, 24 + 2 * stride)
    ends = [seen_pixels(z[0, 0, unit], x) for unit in units]
    assert field.stride == 1
    assert field.size == max(last + 1 - first for first, last in ends)
    centres = [(first + last + 1) / 2 - unit for (first, last), unit in zip(ends, units, strict=True)]
    assert field.start == pytest.approx(sum(centres) / len(centres))


def test_branches_that_meet_see_what_either_sees():
    wide = ReceptiveField().through(3, padding=1).through(3, padding=1)
    assert ReceptiveField().merge(wide) == wide  # a shortcut adds nothing to the branch beside it
    late = ReceptiveField().through(3)  # pixels 0..2, beside a field of pixel 0 alone
    assert ReceptiveField().merge(late) == late.merge(ReceptiveField()) == ReceptiveField(3, 1, 1.5)


def test_branches_of_different_strides_cannot_meet():
    with pytest.raises(ShapeError, match="two branches of strides 1 and 2 meet"):
        ReceptiveField().merge(ReceptiveField().through(3, stride=2))


def test_a_field_refuses_a_stride_of_zero():
    with pytest.raises(SettingError, match="stride is 0"):
        ReceptiveField().through(3, stride=0)
    with pytest.raises(SettingError, match="stride is 0"):
        ReceptiveField().through_transposed(3, stride=0)
