"""Colors that stay: brightness of one picture, hues of another; statistics of one, shapes of another."""

import torch

from striate.style.color_transfer import match_colors, transfer_colors


def test_a_picture_with_its_own_colors_stays_itself() -> None:
    picture = torch.rand(1, 3, 5, 6)
    assert torch.allclose(transfer_colors(picture, picture), picture, atol=1e-5)


def test_the_brightness_is_that_of_the_painting() -> None:
    painting, content = torch.rand(1, 3, 5, 6) * 0.2 + 0.4, torch.rand(1, 3, 5, 6) * 0.2 + 0.4
    luma = torch.tensor([0.299, 0.587, 0.114]).view(1, 3, 1, 1)
    found = transfer_colors(painting, content)
    assert torch.allclose((found * luma).sum(1), (painting * luma).sum(1), atol=1e-3)
    assert not torch.allclose(found, painting, atol=0.02)


def test_a_grey_content_leaves_grey() -> None:
    found = transfer_colors(torch.rand(1, 3, 4, 4), torch.full((1, 3, 4, 4), 0.3))
    assert torch.allclose(found[:, 0], found[:, 2], atol=2e-3)  # the printed rows of YIQ sum to 0.000


def test_a_matched_style_has_the_mean_and_the_covariance_of_the_content() -> None:
    mix = torch.tensor([[0.10, 0.02, 0.0], [0.0, 0.08, 0.03], [0.01, 0.0, 0.06]])
    style = torch.rand(1, 3, 40, 40) * 0.3 + 0.1
    content = 0.5 + torch.einsum("ij,njhw->nihw", mix, torch.rand(1, 3, 30, 50) - 0.5)
    found = match_colors(style, content).flatten(2)[0]
    wanted = content.flatten(2)[0]
    assert torch.allclose(found.mean(1), wanted.mean(1), atol=1e-3)
    assert torch.allclose(found.cov(), wanted.cov(), atol=2e-4)


def test_a_style_of_one_color_can_be_matched() -> None:
    found = match_colors(torch.full((1, 3, 4, 4), 0.9), torch.full((1, 3, 3, 3), 0.25))
    assert torch.allclose(found, torch.full((1, 3, 4, 4), 0.25), atol=1e-5)
