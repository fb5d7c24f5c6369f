"""Where named points are."""

import pytest
import torch

from striate.data.joints import Joints
from striate.data.preprocess import Preprocess
from striate.errors import SettingError
from striate.records import Batch, PointTargets
from striate.tasks.regression.distances import map_entropy
from striate.tasks.regression.point_model import LandmarkModel, PoseModel
from striate.zoo.networks import create

JOINTS = Joints(("left", "right", "top"), ((0, 1),), ((0, 2),))


def model(kind: type = PoseModel, **options: object):
    torch.manual_seed(0)
    own = {"joints": JOINTS.to_dict(), **options}
    return kind(create("resnet20", classes=1), JOINTS.names, Preprocess((32, 32)), **own)


def batch(visible: torch.Tensor) -> Batch:
    images = torch.randint(0, 256, (2, 3, 32, 32), dtype=torch.uint8)
    points = torch.rand(2, 3, 2, generator=torch.Generator().manual_seed(1)) * 32
    return Batch.full(images, torch.arange(2), PointTargets(points, visible, torch.ones(2), JOINTS.pairs))


@pytest.mark.parametrize("head", ["map", "vector"])
@pytest.mark.parametrize("kind", [LandmarkModel, PoseModel])
def test_losses_are_finite_and_reach_every_parameter(kind, head):
    made = model(kind, head=head)
    one = batch(torch.tensor([[True, True, False], [False, False, False]]))
    losses = made.losses(one)
    assert set(losses) == {"distance", "visible"} | ({"maps"} if head == "map" else set())
    sum(losses.values()).backward()
    assert [name for name, p in made.named_parameters() if p.grad is None] == []
    assert made.sample_losses(one).mean().item() == pytest.approx(sum(losses.values()).item(), rel=1e-5)


def test_without_a_visible_point_the_distance_is_zero():
    losses = model().losses(batch(torch.zeros(2, 3, dtype=torch.bool)))
    assert losses["distance"].item() == 0.0
    assert losses["maps"].item() == 0.0
    assert all(value.isfinite() for value in losses.values())


def test_records_are_in_pixels_with_a_score_for_each_point():
    raw = torch.tensor([[0.5, 0.25, 0.0, 1.0, 1.0, 0.0, 0.0, 9.0, -9.0]])
    (pose,) = model().decode(raw, torch.tensor([[32, 32]]))
    assert pose.points.tolist() == [[16, 8], [0, 32], [32, 0]]
    assert pose.scores.tolist() == pytest.approx([0.5, 1, 0], abs=1e-3)
    assert (pose.names, pose.skeleton) == (JOINTS.names, ((0, 2),))


def test_a_mirror_image_gives_mirrored_points_with_left_and_right_exchanged():
    raw = torch.tensor([[0.5, 0.25, 0.0, 1.0, 0.75, 0.0, 1.0, 2.0, 3.0]])
    expected = [[1.0, 1.0, 0.5, 0.25, 0.25, 0.0, 2.0, 1.0, 3.0]]
    assert model().mirrored(raw).tolist() == expected


def test_a_mirror_without_pairs_is_refused():
    with pytest.raises(SettingError, match="no points are named left and right"):
        model(joints=Joints(JOINTS.names).to_dict()).mirrored(torch.zeros(1, 9))


def test_errors_can_be_divided_by_the_distance_of_two_points():
    assert model(normalize="left,right").metric().ends == (0, 1)
    with pytest.raises(SettingError, match="normalize is 'left'"):
        model(normalize="left")


def test_a_skeleton_has_limbs_in_a_pose_and_not_in_a_face():
    assert model(PoseModel).metric().skeleton == JOINTS.skeleton
    assert model(LandmarkModel).metric().skeleton == ()


def test_the_loss_of_a_map_is_least_with_its_peak_at_the_true_position():
    truth = torch.tensor([[[2.5 / 4, 1.5 / 4]]])
    losses = []
    for column in range(4):
        maps = torch.zeros(1, 1, 6, 6)
        maps[0, 0, 2, 1 + column] = 5.0  # the ring is one wide
        losses.append(map_entropy(maps, truth).item())
    assert losses.index(min(losses)) == 2
