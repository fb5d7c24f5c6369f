"""Bilinear sampling of regions: literals, the map's edge, gradients to the corners, levels of a pyramid."""

import pytest
import torch

from striate.tasks.detection.parts.bilinear_pool import BilinearPool, sample_points

RAMP = torch.arange(8.0).view(1, 1, 1, 8).expand(1, 1, 8, 8).contiguous()  # the value is the column


def test_points_are_the_middles_of_bins():
    assert sample_points(torch.tensor([[0.0, 0, 4, 8]]), 2).tolist() == [[[[1, 2], [3, 2]], [[1, 6], [3, 6]]]]


def test_a_ramp_is_read_where_the_points_are():
    """Stride 2: the middle of column c of the map is at 2 c + 1. Points at x = 5 and 7: columns 2 and 3."""
    found = BilinearPool((2,), 2)([RAMP], [torch.tensor([[4.0, 4, 8, 8]])])
    assert found.tolist() == [[[[2.0, 3.0], [2.0, 3.0]]]]


def test_beyond_the_edge_the_last_number_is_read():
    found = BilinearPool((2,), 1)([RAMP], [torch.tensor([[100.0, 0, 110, 4]])])
    assert found.item() == 7.0


def test_regions_of_several_images_follow_each_other():
    maps = torch.stack([RAMP[0], RAMP[0] + 10])
    regions = [torch.tensor([[4.0, 4, 8, 8]]), torch.zeros(0, 4)]
    regions[1] = torch.tensor([[4.0, 4, 8, 8], [0, 0, 4, 4]])
    found = BilinearPool((2,), 1)([maps], regions)
    assert found.flatten().tolist() == [2.5, 12.5, 10.5]


def test_an_image_without_regions_gives_no_rows():
    assert BilinearPool((2,), 3)([RAMP], [torch.zeros(0, 4)]).shape == (0, 1, 3, 3)


def test_a_large_region_is_taken_from_the_coarse_map():
    """Sides 20 and 60 with a canonical side of 40 on stride 16: levels 3 and 4."""
    maps = [torch.zeros(1, 1, 16, 16), torch.ones(1, 1, 8, 8)]
    found = BilinearPool((8, 16), 1, canonical=40)(maps, [torch.tensor([[0.0, 0, 20, 20], [0, 0, 60, 60]])])
    assert found.flatten().tolist() == [0.0, 1.0]


@pytest.mark.parametrize("strides", [(2,), (2, 4)])
def test_maps_and_corners_have_the_gradients_of_finite_differences(strides):
    torch.manual_seed(0)
    sides = [16 // one for one in strides]
    maps = [torch.randn(1, 2, one, one, dtype=torch.float64, requires_grad=True) for one in sides]
    corners = torch.tensor([[2.3, 1.7, 7.1, 9.2], [0.9, 3.1, 13.3, 14.9]], dtype=torch.float64)
    pool = BilinearPool(strides, 2, canonical=30)

    def pooled(regions, *levels):
        return pool(levels, [regions])

    assert torch.autograd.gradcheck(pooled, (corners.requires_grad_(), *maps))
