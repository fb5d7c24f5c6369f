"""What every segmentation network does: any size in, that size out, every weight learns."""

import pytest
import torch

from striate.zoo.networks import models, network_named, segmenter_named

TINY = {
    "unet": {"width": 0.125, "channels": 4},
    "unet_2015": {"channels": 2},
    "fcn": {"channels": 4, "depth": 3},
    **{name: {"width": 0.125} for name in ("fcn32s", "fcn16s", "fcn8s", "segnet")},
    "patch_classifier": {},
}
LARGE = [name for name in models("segmentation") if name not in TINY]


def tiny(name):
    torch.manual_seed(0)
    return segmenter_named(name, 5, **TINY[name])


@pytest.mark.parametrize("name", TINY)
@pytest.mark.parametrize("size", [(64, 96), (50, 33), (1, 1), (1, 70)])
def test_scores_have_the_size_of_the_images(name, size):
    with torch.no_grad():
        assert tiny(name).eval()(torch.randn(2, 3, *size)).shape == (2, 5, *size)


@pytest.mark.parametrize("name", LARGE)
def test_scores_of_a_large_network_have_the_size_of_the_images(name):
    with torch.device("meta"):
        network = network_named(name, 21).eval()
    for size in [(96, 64), (50, 33), (1, 1), (1, 70)]:
        assert network(torch.empty(1, 3, *size, device="meta")).shape == (1, 21, *size)


@pytest.mark.parametrize("name", TINY)
def test_every_weight_learns(name):
    network = tiny(name).train()
    network(torch.randn(2, 3, 64, 64)).square().sum().backward()
    assert [key for key, one in network.named_parameters() if one.grad is None] == []


@pytest.mark.parametrize("name", TINY)
def test_an_image_is_scored_for_itself(name):
    network, images = tiny(name).double().eval(), torch.randn(3, 3, 40, 40, dtype=torch.float64)
    with torch.no_grad():
        assert torch.allclose(network(images)[1:2], network(images[1:2]), atol=1e-10)
