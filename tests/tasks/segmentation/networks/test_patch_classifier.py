"""A patch around every pixel, and one pass: equal scores, fewer multiplications."""

import pytest
import torch
from torch import nn

from striate.errors import SettingError, ShapeError
from striate.layers.convolutional import Convolutional
from striate.tasks.segmentation.networks.patch_classifier import (
    PATCH,
    PatchClassifier,
    multiplications_saved,
)


@pytest.fixture
def network():
    torch.manual_seed(0)
    return PatchClassifier(11).double().eval()


@torch.no_grad()
def test_one_pass_gives_the_scores_of_all_patches(network):
    images = torch.randn(2, 3, 50, 38, dtype=torch.float64)
    patches, whole = network.by_patches(images), network.in_one_pass(images)
    assert patches.shape == (2, 11, 7, 4)
    assert torch.allclose(patches, whole, rtol=0, atol=1e-12)


@torch.no_grad()
def test_one_pass_is_the_network_that_slides(network):
    backbone = network.backbone
    chain = nn.Sequential(backbone.stem, backbone.stages, backbone.head, network.score)
    images = torch.randn(1, 3, 42, 30, dtype=torch.float64)
    sliding = Convolutional(chain, (PATCH, PATCH))
    assert sliding.exact
    assert torch.allclose(sliding(images), network.in_one_pass(images), rtol=0, atol=1e-12)


def test_an_image_of_130_pixels_takes_9_times_fewer_multiplications_and_136_times_fewer_than_every_pixel():
    saved = multiplications_saved(PatchClassifier(11), 130)
    # a patch: 24^2 * 27 * 32 + 10^2 * 288 * 64 + 1600 * 100 + 1100 = 2,501,964; there are 27^2 and 105^2
    # one pass: 128^2 * 864 + 62^2 * 18,432 + 27^2 * 161,100 = 202,450,284 (a pooling of 128 gives 64)
    assert saved.of_its_patches == pytest.approx(27**2 * 2_501_964 / 202_450_284)
    assert (round(saved.of_its_patches, 1), round(saved.of_every_pixel)) == (9.0, 136)


@torch.no_grad()
def test_both_ways_score_whole_images_alike(network):
    images = torch.randn(1, 3, 9, 14, dtype=torch.float64)
    whole = network(images)
    network.by = "patches"
    assert torch.allclose(whole, network(images), rtol=0, atol=1e-12)


@torch.no_grad()
def test_a_square_of_pixels_lies_in_the_middle_of_its_patch(network):
    image = torch.randn(1, 3, 40, 40, dtype=torch.float64)
    own = network.score(network.backbone(image[..., 5 : 5 + PATCH, 9 : 9 + PATCH]))  # 11 before 16, 20
    assert torch.allclose(network(image)[..., 16, 20], own, rtol=0, atol=1e-12)
    assert torch.equal(network(image)[..., 16:20, 20:24].amax((2, 3)), network(image)[..., 16, 20])


def test_no_such_way_and_too_small_an_image_are_refused():
    with pytest.raises(SettingError, match="by is 'pixels'"):
        PatchClassifier(2, by="pixels")
    with pytest.raises(ShapeError):
        multiplications_saved(PatchClassifier(2), 20)
