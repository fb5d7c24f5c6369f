"""One convolution in three ways."""

import pytest
import torch
import torch.nn.functional as F
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Tensor
from torch.autograd import gradcheck

from striate.errors import SettingError, ShapeError
from striate.ops.conv import convolution_matrix, convolve, convolve_by_matrix, convolve_slowly

fast = settings(deadline=None, max_examples=25, derandomize=True)
WAYS = [convolve, convolve_slowly, convolve_by_matrix]

# Numbers for the letters (x, y, z) and (a, b, c, d) of the worked example. With the first every term of a sum
# shows in its digits, primes follow, then signs and a zero: a wrong term cannot agree by chance.
LETTERS = [((1, 100, 10_000), (2, 3, 5, 7)), ((2, 3, 5), (7, 11, 13, 17)), ((-4, 0, 9), (1, -6, 8, 25))]


def normal(*shape: int, seed: int = 0) -> Tensor:
    return torch.randn(*shape, dtype=torch.float64, generator=torch.Generator().manual_seed(seed))


@pytest.mark.parametrize(("kernel", "signal"), LETTERS)
def test_stride_1_as_a_matrix(kernel, signal):
    (x, y, z), (a, b, c, d) = kernel, signal
    matrix = convolution_matrix(torch.tensor(kernel), input_size=4, padding=1)
    assert matrix.tolist() == [[x, y, z, 0, 0, 0], [0, x, y, z, 0, 0], [0, 0, x, y, z, 0], [0, 0, 0, x, y, z]]
    padded = torch.tensor([0, a, b, c, d, 0])
    assert (matrix @ padded).tolist() == [
        a * y + b * z,
        a * x + b * y + c * z,
        b * x + c * y + d * z,
        c * x + d * y,
    ]


@pytest.mark.parametrize(("kernel", "signal"), LETTERS)
def test_stride_1_transposed(kernel, signal):
    (x, y, z), (a, b, c, d) = kernel, signal
    matrix = convolution_matrix(torch.tensor(kernel), input_size=4, padding=1)
    assert (matrix.T @ torch.tensor(signal)).tolist() == [
        a * x,
        a * y + b * x,
        a * z + b * y + c * x,
        b * z + c * y + d * x,
        c * z + d * y,
        d * z,
    ]


@pytest.mark.parametrize(("kernel", "signal"), LETTERS)
def test_stride_2_as_a_matrix_and_transposed(kernel, signal):
    (x, y, z), (a, b, c, d) = kernel, signal
    matrix = convolution_matrix(torch.tensor(kernel), input_size=4, stride=2, padding=1)
    assert matrix.tolist() == [[x, y, z, 0, 0, 0], [0, 0, x, y, z, 0]]
    assert (matrix @ torch.tensor([0, a, b, c, d, 0])).tolist() == [a * y + b * z, b * x + c * y + d * z]
    assert (matrix.T @ torch.tensor([a, b])).tolist() == [a * x, a * y, a * z + b * x, b * y, b * z, 0]


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize(("kernel", "signal"), LETTERS)
def test_every_way_gives_the_examples_sums(way, kernel, signal):
    (x, y, z), (a, b, c, d) = kernel, signal
    weight, line = (torch.tensor(v, dtype=torch.float64)[None, None] for v in (kernel, signal))
    dense = [a * y + b * z, a * x + b * y + c * z, b * x + c * y + d * z, c * x + d * y]
    assert way(line, weight, padding=1).flatten().tolist() == dense
    assert way(line, weight, stride=2, padding=1).flatten().tolist() == [dense[0], dense[2]]


@pytest.mark.parametrize("way", WAYS)
def test_a_6x6_picture_and_a_3x3_kernel_give_4x4(way):
    picture = torch.arange(36.0, dtype=torch.float64).reshape(1, 1, 6, 6)
    z = way(picture, torch.ones(1, 1, 3, 3, dtype=torch.float64))
    assert z.shape == (1, 1, 4, 4)
    assert z[0, 0, 0, 0] == 9 * 7  # the sum of a window is nine times its middle: row 1, column 1 holds 7
    assert z[0, 0, 3, 3] == 9 * 28  # row 4, column 4 holds 4 * 6 + 4


axes = st.lists(
    st.tuples(st.integers(3, 6), st.integers(1, 3), st.integers(1, 3), st.integers(0, 2), st.integers(0, 2)),
    min_size=1,
    max_size=2,
)


@fast
@given(
    axes,
    st.integers(0, 2),
    st.integers(1, 2),
    st.integers(1, 2),
    st.sampled_from(["pixels", "same", "valid"]),
)
def test_the_three_ways_are_equal(axes, images, channels, maps, name):
    sizes, f, stride, before, after = zip(*axes, strict=True)
    padding = list(zip(before, after, strict=True)) if name == "pixels" else name
    x, weight, bias = (
        normal(images, channels, *sizes),
        normal(maps, channels, *f, seed=1),
        normal(maps, seed=2),
    )
    expected = convolve(x, weight, bias, stride, padding)
    assert torch.allclose(convolve_slowly(x, weight, bias, stride, padding), expected)
    assert torch.allclose(convolve_by_matrix(x, weight, bias, stride, padding), expected)


def test_the_slow_way_knows_dilation():
    x, weight = normal(2, 2, 7, 6), normal(3, 2, 3, 2, seed=1)
    expected = F.conv2d(x, weight, stride=(1, 2), padding=(2, 1), dilation=(2, 3))
    assert torch.allclose(convolve_slowly(x, weight, None, (1, 2), (2, 1), (2, 3)), expected)
    assert torch.allclose(convolve(x, weight, None, (1, 2), (2, 1), (2, 3)), expected)


@pytest.mark.filterwarnings("ignore:Using padding='same' with even kernel")  # torch pads by a copy, as we do
def test_same_is_torchs_same_where_torch_has_it():
    x, weight = normal(1, 2, 5, 6), normal(2, 2, 2, 4, seed=1)
    assert torch.allclose(
        convolve(x, weight, padding="same", dilation=3), F.conv2d(x, weight, padding="same", dilation=3)
    )


def test_same_goes_with_a_stride():  # n = 5, f = 2, s = 2: ceil(5 / 2) = 3, total 2 * 2 + 2 - 5 = 1, after
    x = torch.tensor([[[1.0, 2.0, 3.0, 4.0, 5.0]]])
    z = convolve(x, torch.tensor([[[1.0, 10.0]]]), stride=2, padding="same")
    assert z.tolist() == [[[21.0, 43.0, 5.0]]]


@fast
@given(axes, st.integers(1, 2), st.integers(1, 2))
def test_the_transposed_matrix_is_torchs_transposed_convolution(axes, channels, maps):
    sizes, f, stride, padding, _ = zip(*axes, strict=True)
    weight = normal(maps, channels, *f, seed=1)
    z = convolve(normal(1, channels, *sizes), weight, None, stride, padding)
    matrix = convolution_matrix(weight, sizes, stride, padding)
    padded = [n + 2 * p for n, p in zip(sizes, padding, strict=True)]
    back = (matrix.T @ z.flatten()).reshape(1, channels, *padded)
    covered = F.conv_transpose2d if len(sizes) == 2 else F.conv_transpose1d
    expected = covered(z, weight, stride=stride)
    rest = [side for n, m in zip(padded, expected.shape[2:], strict=True) for side in (n - m, 0)]
    assert torch.allclose(back, F.pad(expected, rest[::-1]))  # pixels that no window reached stay zero


def test_the_transposed_matrix_is_the_gradient():  # <X a, b> = <a, X' b>
    x = normal(1, 2, 5, 4).requires_grad_()
    weight = normal(3, 2, 3, 2, seed=1)
    z = convolve(x, weight, None, 2, "valid")
    b = normal(*z.shape, seed=2)
    (gradient,) = torch.autograd.grad(z, x, b)
    assert torch.allclose(gradient.flatten(), convolution_matrix(weight, (5, 4), 2).T @ b.flatten())


@pytest.mark.parametrize("way", WAYS)
def test_gradients_are_exact(way):
    x, weight, bias = (
        normal(*shape, seed=s).requires_grad_() for s, shape in enumerate([(2, 1, 4, 3), (2, 1, 2, 2), (2,)])
    )
    assert gradcheck(lambda *tensors: way(*tensors, stride=2, padding="same"), (x, weight, bias))


@pytest.mark.parametrize("way", WAYS)
def test_an_empty_batch_gives_an_empty_result(way):
    assert way(torch.zeros(0, 2, 6, 6), torch.zeros(4, 2, 3, 3)).shape == (0, 4, 4, 4)


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize(
    ("x", "weight", "wrong"),
    [
        ((2, 6, 6), (4, 2, 3, 3), r"x is \(2, 6, 6\), weight \(4, 2, 3, 3\)"),
        ((6, 6), (3, 3), r"x is \(6, 6\), weight \(3, 3\)"),
        ((1, 3, 6, 6), (4, 2, 3, 3), "x has 3 channels, the filters have 2"),
        ((1, 2, 6, 2), (4, 2, 3, 3), "a window of 3 pixels does not fit an input of 2"),
    ],
)
def test_tensors_that_do_not_fit_are_refused(way, x, weight, wrong):
    with pytest.raises(ShapeError, match=wrong):
        way(torch.zeros(x), torch.zeros(weight))


@pytest.mark.parametrize("way", WAYS)
def test_a_bias_for_other_filters_is_refused(way):
    with pytest.raises(ShapeError, match=r"bias is \(3,\) for 4 filters"):
        way(torch.zeros(1, 2, 6, 6), torch.zeros(4, 2, 3, 3), torch.zeros(3))


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize(
    ("stride", "padding", "wrong"),
    [
        (0, 0, "stride is 0"),
        ((1, 1, 1), 0, "stride has 3 numbers"),
        (1, -1, "padding is -1"),
        (1, (1,), "padding has 1"),
    ],
)
def test_a_setting_out_of_range_is_refused(way, stride, padding, wrong):
    with pytest.raises(SettingError, match=wrong):
        way(torch.zeros(1, 2, 6, 6), torch.zeros(4, 2, 3, 3), stride=stride, padding=padding)


@pytest.mark.parametrize("shape", [(), (1, 1, 1, 1, 1), (0,)])
def test_a_kernel_of_no_shape_has_no_matrix(shape):
    with pytest.raises(ShapeError, match="kernel is"):
        convolution_matrix(torch.zeros(shape), input_size=4)
