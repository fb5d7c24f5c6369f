"""Boxes that are there before anything is seen."""

import itertools

import pytest
import torch
from torchvision.models.detection.anchor_utils import AnchorGenerator, DefaultBoxGenerator
from torchvision.models.detection.image_list import ImageList

from striate.errors import SettingError, ShapeError
from striate.ops.anchors import (
    base_anchors,
    cell_of,
    cluster_boxes,
    default_boxes,
    default_scales,
    grid_anchors,
    grid_cells,
    pyramid_anchors,
    shape_iou,
)

SSD300 = {
    "ratios": [(2,), (2, 3), (2, 3), (2, 3), (2,), (2,)],
    "scales": (0.07, 0.15, 0.33, 0.51, 0.69, 0.87, 1.05),
    "steps": (8, 16, 32, 64, 100, 300),
}
GRIDS = [(38, 38), (19, 19), (10, 10), (5, 5), (3, 3), (1, 1)]


def test_anchors_by_hand() -> None:  # 32 by 1/2: 32 * sqrt 2 = 45.25 wide, 22.63 high; half of it, rounded
    assert base_anchors((32,), (0.5,)).tolist() == [[-23, -11, 23, 11]]
    assert base_anchors((32,), (0.5,), rounded=False)[0, 2].item() == pytest.approx(22.627417)
    assert base_anchors((2, 4), (1,)).tolist() == [[-1, -1, 1, 1], [-2, -2, 2, 2]]


def test_a_grid_goes_row_by_row_with_all_anchors_of_a_cell_together() -> None:
    base = torch.tensor([[-1.0, -1, 1, 1], [-2, -1, 2, 1]])
    found = grid_anchors(base, (2, 2), (10, 20), offset=0.5)
    centres = (found[:, :2] + found[:, 2:]) / 2
    assert centres.tolist() == [[10, 5], [10, 5], [30, 5], [30, 5], [10, 15], [10, 15], [30, 15], [30, 15]]
    assert (found[1::2, 2] - found[1::2, 0]).tolist() == [4, 4, 4, 4]


@pytest.mark.parametrize("size", [(256, 320), (203, 333)])
def test_all_anchors_are_torchvisions(size: tuple[int, int]) -> None:
    grids = [(-(-size[0] // s), -(-size[1] // s)) for s in (8, 16, 32)]
    sizes, ratios = ((32,), (64, 90), (128,)), ((0.5, 1.0, 2.0), (1.0,), (0.3, 1.0))
    images = ImageList(torch.zeros(1, 3, *size), [size])
    expected = AnchorGenerator(sizes, ratios)(images, [torch.zeros(1, 1, *grid) for grid in grids])[0]
    assert torch.equal(pyramid_anchors(size, grids, sizes, ratios), expected)


@pytest.mark.parametrize("clip", [True, False])
@pytest.mark.parametrize("given", [{}, {"scales": SSD300["scales"], "steps": SSD300["steps"]}])
def test_default_boxes_are_torchvisions(clip: bool, given: dict) -> None:
    images = ImageList(torch.zeros(1, 3, 300, 280), [(300, 280)])
    maker = DefaultBoxGenerator([list(r) for r in SSD300["ratios"]], clip=clip, **given)
    expected = maker(images, [torch.zeros(1, 1, *grid) for grid in GRIDS])[0]
    found = default_boxes((300, 280), GRIDS, SSD300["ratios"], clip=clip, **given)
    assert torch.allclose(found, expected, rtol=0, atol=1e-4)
    assert len(found) == 8732


def test_scales_grow_evenly() -> None:
    assert default_scales(4, 0.2, 0.8) == pytest.approx((0.2, 0.4, 0.6, 0.8, 1.0))
    assert default_scales(1) == (0.15, 0.9)


def test_cells_and_the_centres_they_hold() -> None:
    assert grid_cells((2, 2), (20, 40)).tolist() == [
        [0, 0, 20, 10],
        [20, 0, 40, 10],
        [0, 10, 20, 20],
        [20, 10, 40, 20],
    ]
    # centres (5, 5), (15, 5) on the border to the second cell, (30, 30) on the far corner, (-5, 12) outside
    boxes = torch.tensor([[0.0, 0, 10, 10], [10, 0, 20, 10], [20, 20, 40, 40], [-20, 2, 10, 22]])
    assert cell_of(boxes, (2, 2), (30, 30)).tolist() == [0, 1, 3, 0]


def test_overlap_of_shapes() -> None:  # 2 x 2 inside; 8 + 8 - 4
    assert shape_iou(torch.tensor([[4.0, 2]]), torch.tensor([[2.0, 4], [4, 2], [0, 0]])).tolist() == [
        [pytest.approx(1 / 3), 1, 0]
    ]


def test_clusters_are_found_and_sorted() -> None:
    generator = torch.Generator().manual_seed(0)
    true = torch.tensor([[12.0, 10], [60, 90], [200, 150]])
    sizes = (true.repeat_interleave(50, dim=0) * (1 + 0.1 * torch.randn(150, 2, generator=generator))).clamp(
        min=1
    )
    expected = torch.stack([part.mean(dim=0) for part in sizes.split(50)])
    for seed in range(5):
        found = cluster_boxes(sizes, 3, torch.Generator().manual_seed(seed))
        assert torch.allclose(found, expected, rtol=1e-4)


@pytest.mark.parametrize("kinds", [1, 2, 3, 6])
def test_few_different_sizes_leave_no_cluster_without_a_box(kinds: int) -> None:
    # Equal boxes all fit their clusters alike: the box that an empty cluster takes must not leave one empty.
    sides = torch.tensor([20.0, 10, 40, 80, 30, 5])[:kinds]
    for count, seed in itertools.product((6, 8, 11), range(20)):
        sizes = torch.stack([sides, 16 + sides], dim=1)[torch.arange(count) % kinds]
        found = cluster_boxes(sizes, 5, torch.Generator().manual_seed(seed))
        assert found.isfinite().all()
        if kinds < 5:
            assert set(map(tuple, found.tolist())) == set(map(tuple, sizes.tolist()))


def test_clusters_of_one_seed_are_equal_and_none_is_lost() -> None:
    sizes = torch.rand(60, 2, generator=torch.Generator().manual_seed(1)) * 90 + 5
    first, second = (cluster_boxes(sizes, 9, torch.Generator().manual_seed(3)) for _ in range(2))
    assert torch.equal(first, second)
    assert first.isfinite().all()
    same = torch.full((4, 2), 7.0)
    assert cluster_boxes(same, 4, torch.Generator().manual_seed(0)).tolist() == same.tolist()


def test_wrong_arguments_are_refused() -> None:
    generator = torch.Generator()
    with pytest.raises(SettingError, match="5 clusters of 3 boxes, 0 without area"):
        cluster_boxes(torch.ones(3, 2), 5, generator)
    with pytest.raises(SettingError, match="1 clusters of 2 boxes, 1 without area"):
        cluster_boxes(torch.tensor([[1.0, 1], [0, 3]]), 1, generator)
    with pytest.raises(ShapeError, match=r"sizes are \(3, 4\)"):
        cluster_boxes(torch.ones(3, 4), 2, generator)
    with pytest.raises(SettingError, match="sizes are"):
        base_anchors((), (1.0,))
    with pytest.raises(SettingError, match="2 scales, 1 ratios, 2 steps, 2 maps"):
        default_boxes((9, 9), [(1, 1), (2, 2)], [(2,)], scales=(0.1, 0.2))
