"""U-Net as published: the sizes of figure 1, its weights, and the mirrored edges."""

import pytest
import torch

from striate.errors import SettingError
from striate.ops.mirrored import mirrored
from striate.tasks.segmentation.networks.unet_2015 import UNet2015


def outlined(**own):
    with torch.device("meta"):
        return UNet2015(2, 1, **own).eval()


def tiny(**own):
    torch.manual_seed(0)
    return UNet2015(2, 1, channels=2, **own).eval()


def test_it_has_the_weights_of_the_paper():
    assert sum(one.numel() for one in outlined().parameters()) == 31_030_658


@pytest.mark.parametrize(("padding", "after"), [("valid", 388), ("same", 576)])
def test_a_tile_of_572_pixels_gives_scores_of_388(padding, after):
    network = outlined(padding=padding)
    side = 572 if padding == "valid" else 576
    assert network.scores(torch.empty(1, 1, side, side, device="meta")).shape == (1, 2, after, after)


def test_maps_of_the_contracting_path_are_those_of_figure_1():
    maps = outlined().backbone.features(torch.empty(1, 1, 572, 572, device="meta"))
    sides = {stride: (one.shape[1], one.shape[-1]) for stride, one in maps.items()}
    assert sides == {1: (64, 568), 2: (128, 280), 4: (256, 136), 8: (512, 64), 16: (1024, 28)}


@pytest.mark.parametrize("padding", ["valid", "same"])
@pytest.mark.parametrize("size", [(1, 1), (5, 40), (33, 20)])
def test_scores_have_the_size_of_the_images(padding, size):
    assert tiny(padding=padding)(torch.randn(1, 1, *size)).shape == (1, 2, *size)


def test_the_image_is_mirrored_by_92_pixels():
    network, images = tiny(), torch.randn(1, 1, 20, 36)  # 4 + 16, 4 + 32: nothing more is added
    expected = network.scores(mirrored(images, (92, 92, 92, 92)))
    assert torch.equal(network(images), expected)


def test_a_tile_has_the_scores_of_the_whole_image():  # the paper's overlap-tile strategy
    network = tiny().double()
    image = torch.randn(1, 1, 252, 252, dtype=torch.float64)  # scores of the 68 pixels in its middle
    whole = network.scores(image)
    tile = network.scores(image[..., 32:236, 48:252])  # 204 pixels, of which 20 have scores
    assert torch.allclose(tile, whole[..., 32:52, 48:68], atol=1e-12)


def test_every_weight_learns():
    network = tiny().train()
    network(torch.randn(1, 1, 20, 20)).square().sum().backward()
    assert [name for name, one in network.named_parameters() if one.grad is None] == []


def test_no_such_padding_is_refused():
    with pytest.raises(SettingError, match="padding is 'full'"):
        UNet2015(2, 1, padding="full")
