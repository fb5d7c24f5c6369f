"""Kernels that find edges."""

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image
from torch.autograd import gradcheck
from torchvision.transforms.functional import pil_to_tensor

from striate.errors import SettingError, ShapeError
from striate.ops.conv import convolve_slowly
from striate.ops.edges import Edges, edge_kernel, edges

fast = settings(deadline=None, max_examples=25, derandomize=True)
NAMES = ["prewitt", "sobel", "scharr"]
BRIGHT_LEFT = torch.tensor([[10, 10, 10, 0, 0, 0]] * 6, dtype=torch.uint8)


def test_the_kernels_are_the_ones_of_the_course():
    assert edge_kernel("prewitt", "vertical").tolist() == [[1, 0, -1]] * 3
    assert edge_kernel("prewitt", "horizontal").tolist() == [[1, 1, 1], [0, 0, 0], [-1, -1, -1]]
    assert edge_kernel("sobel", "vertical").tolist() == [[1, 0, -1], [2, 0, -2], [1, 0, -1]]
    assert edge_kernel("sobel", "horizontal").tolist() == [[1, 2, 1], [0, 0, 0], [-1, -2, -1]]
    assert edge_kernel("scharr", "vertical").tolist() == [[3, 0, -3], [10, 0, -10], [3, 0, -3]]


@pytest.mark.parametrize(("kernel", "weight"), [("prewitt", 3), ("sobel", 4), ("scharr", 16)])
def test_bright_on_the_left_is_a_vertical_edge(
    kernel, weight
):  # 6x6 * 3x3 -> 4x4; the weights of a side, times 10
    answer = edges(BRIGHT_LEFT, kernel)
    assert answer.vertical.tolist() == [[0, 10 * weight, 10 * weight, 0]] * 4
    assert answer.horizontal.tolist() == [[0, 0, 0, 0]] * 4
    assert answer.magnitude.tolist() == answer.vertical.tolist()


def test_dark_on_the_left_is_the_same_edge_with_the_other_sign():
    assert edges(BRIGHT_LEFT.flip(1), "prewitt").vertical.tolist() == [[0, -30, -30, 0]] * 4


def test_bright_above_is_a_horizontal_edge():
    answer = edges(BRIGHT_LEFT.T, "prewitt")
    assert answer.horizontal.tolist() == [[0] * 4, [30] * 4, [30] * 4, [0] * 4]
    assert not answer.vertical.any()


@fast
@given(st.sampled_from(NAMES), st.integers(3, 6), st.integers(3, 6), st.integers(0, 99))
def test_responses_are_those_of_the_slow_convolution(name, height, width, seed):
    x = torch.rand(2, 3, height, width, dtype=torch.float64, generator=torch.Generator().manual_seed(seed))
    answer = edges(x, name)
    for direction in ("vertical", "horizontal"):
        weight = edge_kernel(name, direction).double()[None, None]
        expected = convolve_slowly(x.reshape(6, 1, height, width), weight).reshape(
            2, 3, height - 2, width - 2
        )
        assert torch.allclose(getattr(answer, direction), expected)


@pytest.mark.parametrize("shape", [(5, 6), (3, 5, 6), (2, 3, 5, 6), (0, 3, 5, 6)])
def test_a_plane_a_picture_and_a_batch_keep_their_axes(shape):
    answer = edges(torch.zeros(shape, dtype=torch.uint8))
    assert answer.vertical.shape == answer.magnitude.shape == (*shape[:-2], 3, 4)
    assert answer.vertical.dtype == torch.float32


def test_bytes_do_not_overflow():  # 16 * 255
    assert edges(BRIGHT_LEFT.clamp(max=1) * 255, "scharr").vertical.max() == 4080


@pytest.mark.parametrize("name", NAMES)
def test_a_photograph_has_edges_in_both_directions(name, shared_data):
    picture = pil_to_tensor(Image.open(shared_data / "photos" / "eagle.jpg").convert("RGB"))
    answer = edges(picture, name)
    assert answer.magnitude.shape == (3, picture.shape[1] - 2, picture.shape[2] - 2)
    turned = edges(picture.transpose(1, 2), name)
    assert torch.equal(turned.horizontal, answer.vertical.transpose(1, 2))
    assert answer.vertical.any()
    assert answer.horizontal.any()


def test_gradients_are_exact_and_finite_where_nothing_changes():
    x = torch.rand(
        1, 4, 5, dtype=torch.float64, generator=torch.Generator().manual_seed(0), requires_grad=True
    )
    assert gradcheck(lambda x: tuple(edges(x)), x)
    assert gradcheck(lambda x: edges(x).magnitude, x)
    flat = torch.ones(1, 4, 5, requires_grad=True)
    edges(flat).magnitude.sum().backward()
    assert torch.isfinite(flat.grad).all()


def test_magnitude_is_the_length_of_the_two_answers():  # 3, 4, 5
    assert Edges(torch.tensor([3.0, 0.0]), torch.tensor([4.0, -2.0])).magnitude.tolist() == [5.0, 2.0]


@pytest.mark.parametrize(
    "image", [torch.zeros(6), torch.zeros(3, 2, 6), torch.zeros(6, 6, 2), torch.zeros(4, 4) * 1j]
)
def test_what_is_no_picture_is_refused(image):
    with pytest.raises(ShapeError, match="image is"):
        edges(image)


def test_an_unknown_name_is_refused():
    with pytest.raises(SettingError, match="the kernel is 'canny'\n  expected: prewitt, sobel, scharr"):
        edges(BRIGHT_LEFT, "canny")
    with pytest.raises(SettingError, match="the direction is 'diagonal'"):
        edge_kernel("sobel", "diagonal")
