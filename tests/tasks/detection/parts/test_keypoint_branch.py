"""Heat maps of regions: torchvision's numbers, from the shared conformance cases (group keypoints)."""

import torch
from torchvision.models.detection.roi_heads import heatmaps_to_keypoints, keypointrcnn_loss

from striate.records import BoxTargets, PointTargets
from striate.tasks.detection.parts.heat_maps import near_shares, places_in, points_of
from striate.tasks.detection.parts.keypoint_branch import KeypointBranch
from striate.tasks.detection.parts.loss_sums import total_of
from striate.tasks.detection.parts.region_pool import RoiPool
from striate.tasks.detection.parts.region_sampling import RegionSampler

JOINTS = torch.tensor(
    [
        [[30.2000007629, 41.7000007629, 1.0], [12.0, 15.0, 1.0], [60.0, 60.0, 1.0]],
        [[5.0, 5.0, 0.0], [18.5, 22.5, 2.0], [9.9899997711, 19.9899997711, 1.0]],
    ]
)
REGIONS = torch.tensor([[10.0, 14.0, 50.0, 64.0], [0.0, 0.0, 20.0, 40.0]])


def test_places_of_56():  # keypoints_to_heatmap
    places, counted = places_in(JOINTS[..., :2], JOINTS[..., 2] > 0, REGIONS, 56)
    assert places.tolist() == [[1764, 58, 0], [0, 1787, 1539]]
    assert counted.int().tolist() == [[1, 1, 0], [0, 1, 1]]


def test_places_of_8():  # keypoint_rcnn_loss
    places, counted = places_in(JOINTS[..., :2], JOINTS[..., 2] > 0, REGIONS, 8)
    assert places.tolist() == [[36, 0, 0], [0, 39, 27]]
    assert counted.int().tolist() == [[1, 1, 0], [0, 1, 1]]


def test_points_and_values_are_torchvisions():
    maps = torch.randn(3, 5, 56, 56, generator=torch.Generator().manual_seed(0))
    regions = torch.tensor([[3.0, 4, 60.3, 90.7], [10, 10, 10.4, 30], [0, 0, 200, 17]])
    wanted, values = heatmaps_to_keypoints(maps, regions)
    points, found = points_of(maps, regions)
    assert torch.equal(points, wanted[..., :2])
    assert torch.allclose(found, values, atol=1e-5)


def test_a_sharp_map_is_sure_and_a_flat_one_is_not():
    maps = torch.zeros(1, 2, 56, 56)
    maps[0, 0, 20, 30] = 50
    points, _ = points_of(maps, torch.tensor([[0.0, 0, 56, 56]]))
    shares = near_shares(maps, torch.tensor([[0.0, 0, 56, 56]]), points)
    assert points[0, 0].tolist() == [30.5, 20.5]
    assert shares[0, 0] > 0.999
    assert shares[0, 1] < 0.01


def test_the_loss_of_a_batch_is_torchvisions():  # keypoint_rcnn_loss: its joints and regions, maps of size 8
    maps = 3 * torch.randn(2, 3, 8, 8, generator=torch.Generator().manual_seed(0))
    branch = KeypointBranch(RoiPool((8,), 14), 4, 4, 3)
    points = PointTargets(JOINTS[..., :2], JOINTS[..., 2] > 0, torch.ones(2), ())
    targets = BoxTargets(REGIONS, torch.zeros(2).long(), torch.tensor([1, 1]), joints=points)
    drawn = RegionSampler(2, 1.0, high=0.5, low=0.5).drawn([one[None] for one in REGIONS], targets)
    raw = [{"maps": one[None]} for one in maps]
    loss = branch.loss_sums(raw, [one[None] for one in REGIONS], drawn, targets)
    one_each = [torch.zeros(1).long() for _ in range(2)]
    wanted = keypointrcnn_loss(maps, [one[None] for one in REGIONS], [one[None] for one in JOINTS], one_each)
    assert torch.allclose(total_of(loss)["joints"], wanted)
