"""A canvas shows what was put onto it, in either space, and begins with faint noise from its seed."""

import pytest
import torch

from striate.data.augment.color_pca import ColorAxes
from striate.explain.synthesis.image_parameterization import IMAGENET, ImageParameterization, mixing, shares


@pytest.mark.parametrize("space", ["pixels", "fourier"])
@pytest.mark.parametrize("colors", [None, IMAGENET])
@pytest.mark.parametrize("size", [(8, 8), (5, 7), (1, 1), (1, 6)])
def test_a_picture_that_is_put_onto_it_is_shown(space, colors, size):
    canvas = ImageParameterization((1, 3, *size), space, colors)
    picture = 0.1 + 0.8 * torch.rand(1, 3, *size, generator=torch.Generator().manual_seed(0))
    canvas.put(picture)
    assert torch.allclose(canvas.pixels(), picture, atol=1e-4)


def test_black_and_white_come_back_nearly():
    canvas = ImageParameterization((1, 1, 1, 2), "pixels")
    canvas.put(torch.tensor([[[[0.0, 1.0]]]]))
    assert canvas.pixels().flatten().tolist() == pytest.approx([1 / 512, 511 / 512])


def test_one_seed_makes_one_noise_around_grey():
    one, same, other = (
        ImageParameterization((1, 3, 8, 8), "fourier", IMAGENET, seed).pixels() for seed in (1, 1, 2)
    )
    assert torch.equal(one, same)
    assert not torch.equal(one, other)
    assert 0 < (one - 0.5).abs().amax().item() < 0.2


def test_long_waves_have_large_shares():
    # frequencies of 4 rows are 0, 1/4, -1/2, -1/4; of 4 columns 0, 1/4, 1/2; share = 1 / length, at most 4
    found = shares(4, 4)
    assert found.shape == (4, 3)
    assert found[1, 1].item() == pytest.approx(1 / (2 * 0.25**2) ** 0.5)
    assert found[2, 2].item() == pytest.approx(2**0.5)


def test_the_color_matrix_gives_back_the_correlations_of_imagenet():
    # lucid's published matrix, one row a channel: lucid/optvis/param/color.py of tensorflow/lucid
    published = torch.tensor([[0.26, 0.09, 0.02], [0.27, 0.0, -0.05], [0.27, -0.09, 0.03]])
    published = published / published.norm(dim=0).max()
    ours = mixing(IMAGENET).T
    assert torch.allclose((ours @ ours.T), published @ published.T, atol=0.05)


def test_grey_data_still_have_three_axes():
    axes = ColorAxes((0.1, 0.0, 0.0), ((1.0, 0.0, 0.0), (0.0, 1.0, 0.0), (0.0, 0.0, 1.0)))
    assert mixing(axes).diagonal().tolist() == pytest.approx([1.0, 0.01, 0.01])


def test_grey_pictures_have_no_color_axes():
    assert ImageParameterization((1, 1, 4, 4), "fourier", IMAGENET).pixels().shape == (1, 1, 4, 4)
