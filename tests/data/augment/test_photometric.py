"""What pixels are worth: one formula equals torchvision's three steps, squares lie in their place."""

import pytest
import torch
from torchvision.transforms.v2 import functional as V

from striate.data.augment.photometric import adjusted, erased, greys, hue_turned

ONE = torch.ones(1)


def mild(channels):
    """Pixels 0.3..0.6, which no factor up to 1.2 takes out of 0..1."""
    return 0.3 + 0.3 * torch.rand(1, channels, 6, 7, generator=torch.Generator().manual_seed(channels))


@pytest.mark.parametrize("channels", [1, 3])
@pytest.mark.parametrize(("b", "c", "s"), [(1.2, 1, 1), (1, 0.7, 1), (1, 1, 0.4), (1.1, 1.2, 1.2)])
def test_one_formula_is_brightness_contrast_and_saturation_in_turn(b, c, s, channels):
    theirs = V.adjust_saturation(V.adjust_contrast(V.adjust_brightness(mild(channels), b), c), s)
    ours = adjusted(mild(channels), ONE * b, ONE * c, ONE * s)
    assert torch.allclose(ours, theirs, atol=2e-4)  # torchvision rounds the luma of red to 0.2989


def test_without_saturation_red_is_its_luma():  # 0.299 of 1
    red = torch.tensor([1.0, 0.0, 0.0]).view(1, 3, 1, 1)
    assert adjusted(red, ONE, ONE, 0 * ONE).flatten().tolist() == pytest.approx([0.299] * 3)


def test_without_contrast_all_is_the_mean():  # (0.2 + 0.6) / 2
    image = torch.tensor([[[[0.2, 0.6]]]])
    assert adjusted(image, ONE, 0 * ONE, ONE).flatten().tolist() == pytest.approx([0.4, 0.4])


def test_every_picture_has_its_own_factor():
    images, factors = torch.full((2, 3, 1, 1), 0.4), torch.tensor([0.5, 2.0])
    bright = adjusted(images, factors, torch.ones(2), torch.ones(2))
    assert bright[:, 0, 0, 0].tolist() == pytest.approx([0.2, 0.8])


def test_a_square_is_grey_and_the_rest_stays():
    image = torch.zeros(1, 1, 3, 4, dtype=torch.uint8)
    expected = [[0, 0, 0, 0], [0, 0, 128, 128], [0, 0, 128, 128]]
    assert erased(image, torch.tensor([1]), torch.tensor([2]), 2)[0, 0].tolist() == expected
    floats = erased(image.float(), torch.tensor([1]), torch.tensor([2]), 2)
    assert floats[0, 0, 1, 2] == pytest.approx(128 / 255)


def test_the_original_is_not_touched():
    image = torch.zeros(1, 1, 3, 4, dtype=torch.uint8)
    erased(image, torch.tensor([1]), torch.tensor([2]), 2)
    assert image.sum() == 0


def test_a_turned_hue_keeps_the_luma_and_grey():
    images = torch.rand(3, 3, 4, 5, generator=torch.Generator().manual_seed(0))
    turned = hue_turned(images, torch.tensor([0.1, -0.3, 0.5]))
    assert torch.allclose(greys(turned), greys(images), atol=1e-5)
    grey = torch.full((1, 3, 2, 2), 0.4)
    assert torch.allclose(hue_turned(grey, torch.tensor([0.25])), grey, atol=1e-4)


def test_no_turn_a_whole_turn_and_back_change_nothing():
    images = torch.rand(2, 3, 4, 5, generator=torch.Generator().manual_seed(0))
    for turn in (0.0, 1.0):
        assert torch.allclose(hue_turned(images, torch.full((2,), turn)), images, atol=1e-4)
    forth = hue_turned(images, torch.tensor([0.2, 0.4]))
    assert torch.allclose(hue_turned(forth, -torch.tensor([0.2, 0.4])), images, atol=1e-4)
    assert float((forth - images).abs().max()) > 0.1


def test_the_colors_go_round_in_the_order_of_the_rainbow():  # a third of the circle: red, green, blue, red
    colors = torch.eye(3).view(3, 3, 1, 1)
    assert hue_turned(colors, torch.full((3,), 1 / 3)).flatten(1).argmax(1).tolist() == [1, 2, 0]
