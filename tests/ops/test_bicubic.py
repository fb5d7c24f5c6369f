"""Bicubic interpolation by whole factors, beside Pillow's, whose kernel is the same."""

import numpy as np
import pytest
import torch
from PIL import Image

from striate.errors import SettingError, ShapeError
from striate.ops.bicubic import enlarged, multiples, reduced


def pillow(image, size):
    one = Image.fromarray(image[0, 0].numpy()).resize(size[::-1], Image.Resampling.BICUBIC)
    return torch.from_numpy(np.array(one))[None, None]


@pytest.mark.parametrize("by", [2, 3, 4])
def test_both_directions_agree_with_pillow_within_a_level(by):
    image = torch.randint(256, (1, 1, 12 * by, 9 * by), dtype=torch.uint8, generator=torch.Generator())
    small = reduced(image, by)
    assert (small.int() - pillow(image, (12, 9)).int()).abs().max() <= 1
    assert (enlarged(small, by).int() - pillow(small, (12 * by, 9 * by)).int()).abs().max() <= 1


def test_floats_have_the_levels_of_a_file():
    image = torch.randint(256, (1, 3, 8, 8), dtype=torch.uint8, generator=torch.Generator())
    assert torch.equal(reduced(image / 255, 2), reduced(image, 2) / 255)


def test_rows_and_columns_beyond_a_multiple_are_left_out():
    image = torch.rand(1, 1, 7, 9)
    assert multiples(image, 4).shape == (1, 1, 4, 8)
    assert torch.equal(reduced(image, 4), reduced(image[:, :, :4, :8], 4))


def test_pictures_that_are_smaller_than_the_factor_are_refused():
    with pytest.raises(ShapeError, match="sides of 3 or more"):
        reduced(torch.zeros(1, 1, 2, 5), 3)
    with pytest.raises(SettingError):
        reduced(torch.zeros(1, 1, 2, 5), 0)
