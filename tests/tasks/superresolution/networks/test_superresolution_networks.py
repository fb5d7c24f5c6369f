"""Networks that enlarge: they begin as bicubic interpolation, and learn what it lacks."""

import pytest
import torch
from torch.nn import functional as F

from striate.errors import SettingError, ShapeError
from striate.ops import conv_parameters, phase_ratio
from striate.tasks.superresolution.networks.edsr import Edsr
from striate.tasks.superresolution.networks.espcn import Espcn
from striate.tasks.superresolution.networks.resize_convolution import ResizeConvolution

NETWORKS = [Espcn, ResizeConvolution]
"""The shallow ones."""


def learned(kind, by, channels=1):
    """With random weights in the last convolution too."""
    torch.manual_seed(0)
    network = kind(by, channels).eval()
    last = network.convs.conv3 if kind is Espcn else network.leave
    torch.nn.init.normal_(last.weight, std=0.1)
    return network


@pytest.mark.parametrize("kind", NETWORKS)
@pytest.mark.parametrize("by", [2, 3, 4])
def test_a_network_begins_as_bicubic_interpolation(kind, by):
    images = torch.rand(2, 3, 7, 9)
    with torch.no_grad():
        found = kind(by)(images)
    assert torch.equal(found, F.interpolate(images, scale_factor=by, mode="bicubic"))
    assert found.shape == (2, 3, 7 * by, 9 * by)


@pytest.mark.parametrize("kind", NETWORKS)
def test_every_weight_learns(kind):
    network = learned(kind, 3)
    network(torch.rand(1, 1, 6, 6)).square().sum().backward()
    assert [name for name, one in network.named_parameters() if one.grad is None] == []


@pytest.mark.parametrize("by", [2, 3, 4])
def test_espcn_has_the_weights_of_the_figure(by):  # one channel: 5x5 to 64, 3x3 to 32, 3x3 to by^2
    expected = conv_parameters(5, 1, 64) + conv_parameters(3, 64, 32) + conv_parameters(3, 32, by**2)
    assert sum(one.numel() for one in Espcn(by, 1).parameters()) == expected


def test_only_resize_and_convolution_keep_a_constant_picture_without_a_pattern():
    constant = torch.full((1, 1, 24, 24), 0.5)
    with torch.no_grad():
        even, uneven = (
            phase_ratio(learned(kind, 2).detail(constant), margin=16) for kind in reversed(NETWORKS)
        )
    assert even < 1e-5
    assert uneven > 0.1


@pytest.mark.parametrize("kind", NETWORKS)
@pytest.mark.parametrize("by", [2, 3, 4])
def test_no_pixel_beyond_the_margin_matters(kind, by):
    network, images = learned(kind, by), torch.rand(1, 1, 15, 15)
    other = images.clone()
    other[..., : 7 - network.margin], other[..., 8 + network.margin :] = 0, 1
    with torch.no_grad():
        first, second = network(images), network(other)
    own = slice(7 * by, 8 * by)
    assert torch.allclose(first[..., own], second[..., own], atol=1e-6)


@pytest.mark.parametrize("kind", NETWORKS)
def test_other_factors_and_channels_are_refused(kind):
    with pytest.raises(SettingError, match="by is 5"):
        kind(5)
    with pytest.raises(SettingError, match="channels is 0"):
        kind(2, channels=(0, 4) if kind is Espcn else 0)
    with pytest.raises(ShapeError, match="3 channels"):
        kind(2)(torch.zeros(1, 1, 8, 8))


@pytest.mark.parametrize("by", [2, 3, 4])
def test_edsr_begins_as_bicubic_and_sees_no_pixel_beyond_its_margin(by):
    network = Edsr(by, 1, blocks=1, channels=4)
    images = torch.rand(1, 1, 15, 15)
    assert torch.equal(network(images), F.interpolate(images, scale_factor=by, mode="bicubic"))
    torch.nn.init.normal_(network.leave.weight)
    other = images.clone()
    other[..., : 7 - network.margin], other[..., 8 + network.margin :] = 0, 1
    own = slice(7 * by, 8 * by)
    assert torch.allclose(network(images)[..., own], network(other)[..., own], atol=1e-5)


def test_the_baseline_of_edsr_has_the_published_number_of_weights():  # table 1: 1.37 M for x2, 64 channels
    body = conv_parameters(3, 3, 64) + 33 * conv_parameters(3, 64, 64)
    expected = body + conv_parameters(3, 64, 256) + conv_parameters(3, 64, 3)
    assert sum(one.numel() for one in Edsr(2, blocks=16, channels=64).parameters()) == expected == 1_369_859
