"""Color spaces against the standard library and published values."""

import colorsys

import pytest
import torch

from striate.errors import SettingError, ShapeError
from striate.ops import convert_colors


def pixels(*colors: tuple[int, int, int]) -> torch.Tensor:
    return torch.tensor(colors, dtype=torch.uint8).T.reshape(3, 1, -1)


def test_hue_saturation_and_value_are_those_of_the_standard_library() -> None:
    image = torch.randint(0, 256, (3, 40, 50), generator=torch.Generator().manual_seed(0)).to(torch.uint8)
    found = convert_colors(image, "hsv").flatten(1).T.int()
    for (r, g, b), (hue, saturation, value) in zip(image.flatten(1).T.tolist(), found.tolist(), strict=True):
        turn, share, _ = colorsys.rgb_to_hsv(r / 255, g / 255, b / 255)
        assert abs((hue - 256 * turn + 128) % 256 - 128) <= 0.51
        assert abs(saturation - 255 * share) <= 0.51
        assert value == max(r, g, b)


def test_lab_has_the_published_values_of_the_primary_colors() -> None:
    # L, a, b of sRGB under D65: red 53.24, 80.09, 67.20; green 87.73, -86.18, 83.18;
    # blue 32.30, 79.19, -107.86: L * 2.55, a + 128, b + 128, rounded
    image = pixels((255, 0, 0), (0, 255, 0), (0, 0, 255), (255, 255, 255), (0, 0, 0))
    expected = [[136, 208, 195], [224, 42, 211], [82, 207, 20], [255, 128, 128], [0, 128, 128]]
    assert convert_colors(image, "lab").flatten(1).T.tolist() == expected


def test_shares_and_intensity_by_hand() -> None:
    # 100 + 50 + 0 = 150: 2/3 and 1/3 of 255, and 150 / 3; black has no shares, and counts as grey
    found = convert_colors(pixels((100, 50, 0), (0, 0, 0)), "rgi")
    assert found.flatten(1).T.tolist() == [[170, 85, 50], [85, 85, 0]]


def test_one_channel_of_a_space_is_that_channel() -> None:
    image = torch.arange(36, dtype=torch.uint8).reshape(3, 3, 4) * 7
    assert torch.equal(convert_colors(image, "hue"), convert_colors(image, "hsv")[:1])
    assert torch.equal(convert_colors(image, "intensity"), convert_colors(image, "rgi")[2:])
    assert torch.equal(convert_colors(image, "rgb"), image)


def test_a_grey_picture_is_one_of_three_equal_channels() -> None:
    grey = torch.arange(20, dtype=torch.uint8).reshape(1, 4, 5)
    assert torch.equal(convert_colors(grey, "lab"), convert_colors(grey.expand(3, 4, 5), "lab"))


def test_what_is_no_picture_or_no_space_is_refused() -> None:
    for image in (torch.zeros(3, 4, 5), torch.zeros(4, 5, dtype=torch.uint8), torch.zeros(3, 0, 5).byte()):
        with pytest.raises(ShapeError):
            convert_colors(image, "lab")
    with pytest.raises(SettingError, match="xyz"):
        convert_colors(torch.zeros(3, 4, 5, dtype=torch.uint8), "xyz")  # type: ignore[arg-type]
