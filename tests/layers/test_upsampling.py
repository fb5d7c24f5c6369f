"""Ways up: their sizes, and what each does to one number."""

import pytest
import torch
from torch import nn

from striate.errors import SettingError
from striate.layers.upsampling import UNLEARNED, UPSAMPLINGS, upsampling


@pytest.mark.parametrize("kind", UPSAMPLINGS)
def test_maps_have_twice_the_side(kind):
    channels = 6 if kind in UNLEARNED else 4
    assert upsampling(kind, 6, 4)(torch.randn(2, 6, 3, 5)).shape == (2, channels, 6, 10)


def filled(kind):
    """With weights and biases of 1 and 0."""
    made = upsampling(kind, 1, 1)
    for module in made.modules():
        if isinstance(module, nn.Conv2d | nn.ConvTranspose2d):
            nn.init.ones_(module.weight)
            nn.init.zeros_(module.bias)
    return made


@pytest.mark.parametrize(
    ("kind", "expected"),
    [
        ("nearest", [[1, 1, 2, 2], [1, 1, 2, 2]]),
        ("bed_of_nails", [[1, 0, 2, 0], [0, 0, 0, 0]]),
        ("transposed_2x2", [[1, 1, 2, 2], [1, 1, 2, 2]]),
        (
            "transposed_3x3",
            [[1, 3, 2, 2], [1, 3, 2, 2]],
        ),  # the third column of both filters falls on the second
        ("transposed_4x4", [[1, 3, 3, 2], [1, 3, 3, 2]]),  # columns -1..2 of the first, 1..4 of the second
        ("resize_conv", [[4, 8, 10, 8], [4, 8, 10, 8]]),  # sums over 3x3 of 1 1 2 2 in two rows
        ("sub_pixel", [[3, 3, 3, 3], [3, 3, 3, 3]]),  # each of the four maps has the sum of the row
    ],
)
def test_two_numbers_become_eight(kind, expected):
    found = filled(kind)(torch.tensor([[[[1.0, 2.0]]]]))
    assert found.tolist() == [[expected]]


def test_no_such_way_is_refused():
    with pytest.raises(SettingError, match="up is 'bilinear'"):
        upsampling("bilinear", 1, 1)
