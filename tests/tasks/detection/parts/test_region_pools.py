"""Three ways to pool a region: a pyramid of bins, position-sensitive maps, a crop through a network."""

import pytest
import torch
from torch import nn

from striate.backbones.resnet import basic_resnet
from striate.errors import SettingError
from striate.ops import context_windows, spatial_pyramid_pool
from striate.tasks.detection.parts.position_sensitive import PositionSensitivePool, Vote
from striate.tasks.detection.parts.spatial_pyramid import SpatialPyramid, cells_of
from striate.tasks.detection.parts.warped_crops import CropEmbedding


def test_a_pyramid_is_that_of_the_cells_of_the_region():  # 36..100 pixels: cells 3 to 6, rows 1 to 5
    maps = torch.rand(2, 3, 12, 10, generator=torch.Generator().manual_seed(0))
    regions = [torch.zeros(0, 4), torch.tensor([[36.0, 12, 104, 92]])]
    found = SpatialPyramid(16)([maps], regions)
    assert found.shape == (1, 3 * 21, 1, 1)
    expected = spatial_pyramid_pool(maps[1:, :, 1:6, 3:7])
    assert torch.equal(found.flatten(1), expected)


@pytest.mark.parametrize(
    ("region", "cells"),
    [
        ([0, 0, 160, 192], [0, 0, 9, 11]),  # the whole image
        ([17, 17, 20, 20], [1, 1, 1, 1]),  # smaller than a cell: the nearest one
        ([150, 180, 160, 192], [9, 11, 9, 11]),  # at the last corner
        ([16, 16, 48, 48], [2, 2, 2, 2]),  # floor(16 / 16) + 1 to ceil(48 / 16) - 1
    ],
)
def test_a_region_has_at_least_one_cell(region, cells):
    assert cells_of(torch.tensor([region]).float(), 16, (12, 10)).tolist() == [cells]


def test_no_region_gives_no_row():
    nothing = [torch.zeros(0, 4)]
    assert SpatialPyramid(16)([torch.ones(1, 2, 4, 4)], nothing).shape == (0, 42, 1, 1)
    assert PositionSensitivePool(2, 3, 16, 3)([torch.ones(1, 2, 4, 4)], nothing).shape == (0, 8, 3, 3)
    pool = CropEmbedding(basic_resnet(18, 5, 3, width=0.125), 32)
    assert pool([torch.ones(1, 3, 40, 40)], nothing).shape == (0, 64, 1, 1)


def test_every_bin_looks_at_a_map_of_its_own_and_all_vote():
    pool = PositionSensitivePool(1, classes=1, stride=1, bins=2)
    with torch.no_grad():  # map b of score c gives 10 c + b everywhere
        for conv, count in ((pool.scores, 2), (pool.places, 4)):
            conv.weight.zero_()
            conv.bias.copy_(torch.cat([10.0 * c + torch.arange(4) for c in range(count)]))
    pooled = pool([torch.zeros(1, 1, 8, 8)], [torch.tensor([[0.0, 0, 8, 8]])])
    assert pooled[0, 1].flatten().tolist() == pytest.approx([10, 11, 12, 13])
    answer = Vote(1)(pooled)
    assert answer["scores"][0].tolist() == pytest.approx([1.5, 11.5])
    assert answer["offsets"][0].tolist() == pytest.approx([1.5, 11.5, 21.5, 31.5])


def test_a_crop_shows_the_window_around_its_region_and_zeros_beyond_the_image():
    pool = CropEmbedding(basic_resnet(18, 5, 3, width=0.125), 32)
    image = torch.arange(40.0).expand(1, 3, 40, 40) + 1  # every pixel says its column
    region = torch.tensor([[0.0, 8, 28, 36]])
    (window,) = context_windows(region, 32, 2).tolist()
    assert window == [-2, 6, 31, 39]  # 28 pixels of 32 are the region: 2 more on each side
    (crop,) = pool.crops(image, [region])
    assert crop[0, 5, 0] == 0
    middles = [-2 + (column + 0.5) * 33 / 32 for column in range(4, 32)]
    assert crop[0, 5, 4:].tolist() == pytest.approx([middle + 0.5 for middle in middles], abs=1e-4)


def test_more_crops_than_go_at_once_give_the_same_rows(monkeypatch: pytest.MonkeyPatch):
    torch.manual_seed(0)
    pool = CropEmbedding(basic_resnet(18, 5, 3, width=0.125), 32).eval()
    images, regions = torch.rand(1, 3, 40, 40), [torch.rand(5, 4).sort(1).values * 40]
    whole = pool([images], regions)
    monkeypatch.setattr("striate.tasks.detection.parts.warped_crops.AT_ONCE", 2)
    assert torch.allclose(pool([images], regions), whole, atol=1e-6)


def test_backbones_that_cannot_see_crops_are_refused():
    large = basic_resnet(18, 5, 3, width=0.125)
    large.least_side = 33
    with pytest.raises(SettingError, match="crop is 32"):
        CropEmbedding(large, 32)
    with pytest.raises(SettingError, match="crop is 31"):  # the deepest map has a stride of 32
        CropEmbedding(basic_resnet(18, 5, 3, width=0.125), 31)
    headless = basic_resnet(18, 5, 3, width=0.125)
    headless.head = nn.Sequential(nn.Flatten())
    with pytest.raises(SettingError, match="ends in a Flatten"):
        CropEmbedding(headless, 32)
