"""Tensors become pictures."""

import pytest
import torch
from PIL import Image

from striate.draw.heatmap import enlarge, heat, overlay, picture, strength
from striate.draw.theme import EMBER, rgb
from striate.errors import ShapeError


def test_floats_are_scaled_and_clipped():
    shown = picture(torch.tensor([-1.0, 0.2, 0.5, 9.0]).view(1, 1, 4))
    assert [shown.getpixel((x, 0)) for x in range(4)] == [0, 51, 128, 255]  # 255 / 5 = 51, 255 / 2 = 127.5


def test_color_stays_color():
    image = torch.tensor([10, 20, 30], dtype=torch.uint8).view(3, 1, 1)
    assert picture(image).getpixel((0, 0)) == (10, 20, 30)


def test_strength_is_the_largest_magnitude_over_channels():
    values = torch.tensor([[[1.0, -4.0]], [[-2.0, 3.0]]])  # |.| max: 2, 4; as a share of 4: 0.5, 1
    assert strength(values).tolist() == [[0.5, 1.0]]


def test_one_outlier_does_not_hide_the_rest():
    values = torch.ones(1, 20, 20)
    values[0, 0, 0] = 1e6
    assert strength(values).min() == 1


def test_single_bright_pixel_is_seen():
    values = torch.zeros(1, 20, 20)
    values[0, 3, 4] = 1e-9
    assert strength(values)[3, 4] == 1


@pytest.mark.parametrize("values", [torch.zeros(3, 4, 4), torch.full((3, 4, 4), float("nan"))])
def test_map_of_nothing_is_dark(values):
    assert heat(values).getcolors() == [(16, rgb(EMBER[0]))]


def test_overlay_shows_the_image_where_nothing_matters():
    image = torch.tensor([[[0, 200, 200]]], dtype=torch.uint8)
    shown = overlay(image, torch.tensor([[[0.0, 0.0, 1.0]]]), opacity=1.0)
    assert [shown.getpixel((x, 0)) for x in range(2)] == [(14,) * 3, (104,) * 3]  # 14 + 0.45 * 200 = 104
    assert shown.getpixel((2, 0)) == rgb(EMBER[-1])


@pytest.mark.parametrize(("size", "side", "result"), [((8, 4), 16, (16, 8)), ((640, 480), 160, (160, 120))])
def test_enlarged_picture_keeps_its_shape(size, side, result):
    assert enlarge(Image.new("L", size), side).size == result


def test_what_is_no_picture_is_refused():
    with pytest.raises(ShapeError, match=r"the image is \(2, 3, 4, 4\)"):
        picture(torch.zeros(2, 3, 4, 4))
    with pytest.raises(ShapeError, match="the map"):
        overlay(torch.zeros(1, 4, 4), torch.zeros(1, 5, 5))
