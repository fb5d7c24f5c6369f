import math

import pytest
import torch
from torchmetrics.functional.image import peak_signal_noise_ratio, structural_similarity_index_measure

from striate.errors import SettingError, ShapeError
from striate.ops import psnr, ssim, studio_luma


@pytest.fixture
def pictures():
    torch.manual_seed(0)
    first = torch.rand(2, 3, 24, 31)
    return first, (first + 0.1 * torch.randn_like(first)).clamp(0, 1)


def test_psnr_of_one_grey_level_is_48_decibels():  # 20 log10 255
    levels = torch.zeros(1, 1, 4, 4)
    assert psnr(levels, levels + 1, peak=255).item() == pytest.approx(20 * math.log10(255))


def test_equal_pictures_have_no_end_of_decibels_and_a_similarity_of_1(pictures):
    assert psnr(pictures[0], pictures[0]).tolist() == [math.inf] * 2
    assert torch.allclose(ssim(pictures[0], pictures[0]), torch.ones(2, dtype=torch.float64))


def test_both_are_torchmetrics(pictures):
    first, second = (one.double() for one in pictures)
    expected = peak_signal_noise_ratio(first, second, data_range=1.0, reduction="none", dim=(1, 2, 3))
    assert torch.allclose(psnr(first, second), expected)
    options = {"data_range": 1.0, "reduction": "none", "return_full_image": True}
    _, windows = structural_similarity_index_measure(first, second, **options)  # also those of mirrored edges
    expected = windows[..., 5:-5, 5:-5].mean((1, 2, 3))
    assert torch.allclose(ssim(first, second), expected, atol=1e-9)


def test_luma_is_that_of_the_standard():  # BT.601: pure red 16 + 65.481, blue 16 + 24.966
    red, blue = torch.tensor([[1.0, 0, 0], [0, 0, 1]]).view(2, 3, 1, 1).split(1)
    assert [round(255 * studio_luma(one).item(), 3) for one in (red, blue)] == [81.481, 40.966]


def test_pictures_that_do_not_fit_are_refused(pictures):
    with pytest.raises(ShapeError):
        psnr(pictures[0], pictures[1][:1])
    with pytest.raises(ShapeError, match="11 or more"):
        ssim(torch.zeros(1, 1, 10, 20), torch.zeros(1, 1, 10, 20))
    with pytest.raises(SettingError, match="peak is 0"):
        psnr(*pictures, peak=0)
    with pytest.raises(ShapeError):
        studio_luma(torch.zeros(1, 1, 4, 4))
