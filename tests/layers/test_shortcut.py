import pytest
import torch
from torch import nn

from striate.errors import SettingError
from striate.layers.shortcut import ZeroPadding, projection, shortcut


def test_option_a_takes_every_second_pixel_and_adds_zero_channels():
    x = torch.arange(9.0).view(1, 1, 3, 3)  # 0 1 2 / 3 4 5 / 6 7 8
    expected = torch.tensor([[[[0.0, 2], [6, 8]], [[0, 0], [0, 0]], [[0, 0], [0, 0]]]])
    assert torch.equal(ZeroPadding(1, 3, stride=2)(x), expected)


def test_a_projection_sees_the_pixels_that_option_a_sees():
    way = projection(1, 1, stride=2).eval()
    nn.init.ones_(way.conv.weight)
    x = torch.arange(9.0).view(1, 1, 3, 3)
    assert torch.allclose(way(x), torch.tensor([[[[0.0, 2], [6, 8]]]]), atol=1e-4)  # the norm's epsilon


# a projection from 4 to 8 channels: 1x1 convolution 32, norm 16; from 8 to 8: 64 and 16
@pytest.mark.parametrize(
    ("option", "same_shape", "another_shape"), [("A", 0, 0), ("B", 0, 48), ("C", 80, 48)]
)
def test_the_options_have_the_parameters_of_the_paper(option, same_shape, another_shape):
    for way, expected in (
        (shortcut(option, 8, 8, stride=1), same_shape),
        (shortcut(option, 4, 8, stride=2), another_shape),
    ):
        assert sum(parameter.numel() for parameter in way.parameters()) == expected


@pytest.mark.parametrize("option", ["A", "B", "C"])
@pytest.mark.parametrize("side", [1, 6, 7])
def test_every_option_gives_the_shape_of_a_strided_convolution(option, side):
    x = torch.rand(2, 4, side, side + 1)
    expected = nn.Conv2d(4, 8, 3, 2, padding=1)(x).shape
    assert shortcut(option, 4, 8, stride=2)(x).shape == expected


@pytest.mark.parametrize("option", ["A", "B"])
def test_where_nothing_changes_the_input_passes_as_it_is(option):
    x = torch.rand(1, 4, 3, 3)
    assert torch.equal(shortcut(option, 4, 4, stride=1)(x), x)


def test_a_stride_alone_is_another_shape():
    assert shortcut("A", 4, 4, stride=2)(torch.rand(1, 4, 6, 6)).shape == (1, 4, 3, 3)


@pytest.mark.parametrize("option", ["a", "D", None])
def test_another_option_is_refused(option):
    with pytest.raises(SettingError, match="'A' or 'B' or 'C'"):
        shortcut(option, 4, 8, stride=2)


@pytest.mark.parametrize("option", ["A", "B", "C"])
def test_the_gradient_is_that_of_small_differences(option):
    torch.manual_seed(0)
    way = shortcut(option, 2, 4, stride=2).double().eval()
    assert torch.autograd.gradcheck(way, torch.randn(1, 2, 3, 3, dtype=torch.float64, requires_grad=True))
