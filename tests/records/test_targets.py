"""Targets that move with their pictures: by hand."""

from dataclasses import replace

import pytest
import torch

from striate.errors import ShapeError
from striate.records import BoxTargets, ClassTargets, MaskTargets, PointTargets
from striate.records.affine import inverse, moved_points, scaling, then

MIRROR = torch.tensor([[[-1.0, 0.0, 10.0], [0.0, 1.0, 0.0]]])  # of a picture 10 pixels wide
HALF = scaling(0.5, 0.5)[None]
SIZE = (8, 10)


def points(rows, visible=None, pairs=()):
    places = torch.tensor([rows], dtype=torch.float32)
    seen = torch.ones(places.shape[:2], dtype=torch.bool) if visible is None else torch.tensor([visible])
    return PointTargets(places, seen, torch.tensor([4.0]), pairs)


def boxes(rows, labels, counts):
    table = torch.tensor(rows, dtype=torch.float32).view(-1, 4)
    return BoxTargets(table, torch.tensor(labels, dtype=torch.int64), torch.tensor(counts))


ALL = [
    ClassTargets(torch.tensor([1])),
    points([[1, 2], [3, 4]]),
    boxes([[1, 1, 3, 4]], [2], [1]),
    MaskTargets(torch.zeros(1, 8, 10, dtype=torch.uint8)),
]


@pytest.mark.parametrize("targets", ALL, ids=lambda one: type(one).__name__)
def test_targets_come_back_from_their_tensors(targets):
    again = targets.like(targets.tensors())
    assert len(again) == len(targets) == 1
    assert all(torch.equal(a, b) for a, b in zip(again.tensors(), targets.tensors(), strict=True))
    assert type(targets.to(torch.device("cpu"))) is type(targets)


@pytest.mark.parametrize("targets", ALL, ids=lambda one: type(one).__name__)
def test_mirrored_twice_is_as_before(targets):
    twice = targets.moved(MIRROR, SIZE).moved(MIRROR, SIZE)
    assert all(torch.equal(a, b) for a, b in zip(twice.tensors(), targets.tensors(), strict=True))


def test_a_class_is_nowhere():
    targets = ClassTargets(torch.tensor([1]))
    assert targets.moved(MIRROR, SIZE) is targets


def test_points_go_along_and_their_scale_with_them():  # (6, 4) / 2, and 4 / 2
    found = points([[6, 4]]).moved(HALF, (4, 5))
    assert found.points.tolist() == [[[3.0, 2.0]]]
    assert found.scale.tolist() == [2.0]


def test_a_mirror_swaps_left_and_right_with_what_is_seen_of_them():  # 10 - 7 and 10 - 2, in the other's place
    found = points([[2, 1], [7, 5], [5, 5]], [True, False, True], ((0, 1),)).moved(MIRROR, SIZE)
    assert found.points.tolist() == [[[3.0, 5.0], [8.0, 1.0], [5.0, 5.0]]]
    assert found.visible.tolist() == [[False, True, True]]


def test_points_outside_are_not_visible():
    found = points([[1, 1], [9, 7]]).moved(scaling(1, 1, 5, 0)[None], SIZE)
    assert found.visible.tolist() == [[True, False]]


def test_boxes_are_clipped_and_dropped_by_what_is_left():  # of 4 x 4: all, 1 x 4 of 16 = 1/4, 0.5 x 4 = 1/8
    one = boxes([[0, 0, 4, 4], [5, 0, 9, 4], [5.5, 0, 9.5, 4]], [0, 1, 2], [1, 2])
    found = one.moved(scaling(1, 1, 4, 0).expand(2, 2, 3), (8, 10))
    assert found.boxes.tolist() == [[4, 0, 8, 4], [9, 0, 10, 4]]
    assert (found.labels.tolist(), found.counts.tolist()) == ([0, 1], [1, 1])


def test_what_is_ignored_goes_along():  # the first box leaves the picture
    rows = torch.tensor([[8.0, 0.0, 9.0, 4.0], [0.0, 0.0, 4.0, 4.0]])
    one = BoxTargets(rows, torch.tensor([0, 1]), torch.tensor([2]), torch.tensor([False, True]))
    found = one.moved(scaling(1, 1, 4, 0)[None], (8, 10))
    assert (found.labels.tolist(), found.unclear.tolist()) == ([1], [True])
    assert boxes([[0, 0, 4, 4]], [0], [1]).unclear.tolist() == [False]


def test_pictures_without_boxes_stay_empty():
    found = boxes([], [], [0, 0]).moved(MIRROR.expand(2, 2, 3), SIZE)
    assert (found.boxes.shape, found.counts.tolist(), found.images.tolist()) == ((0, 4), [0, 0], [])
    assert [len(part) for part, _ in found.split()] == [0, 0]


def test_each_image_gets_its_own_boxes():
    one = boxes([[0, 0, 1, 1], [1, 1, 2, 2], [2, 2, 3, 3]], [5, 6, 7], [2, 0, 1])
    assert [labels.tolist() for _, labels in one.split()] == [[5, 6], [], [7]]


def test_masks_move_by_whole_pixels_and_ignore_what_comes_from_outside():
    mask = torch.arange(1, 7, dtype=torch.uint8).view(1, 2, 3)
    found = MaskTargets(mask).moved(scaling(1, 1, 1, 0)[None], (2, 3))
    assert found.masks.tolist() == [[[255, 1, 2], [255, 4, 5]]]


def test_maps_follow_each_other_and_lead_back():
    first, second = torch.tensor([[0.0, -1.0, 9.0], [1.0, 0.0, 2.0]]), scaling(2, 3, 1, 5)
    place = torch.tensor([[[4.0, 7.0]]])
    both = moved_points(moved_points(place, first[None]), second[None])
    assert torch.equal(moved_points(place, then(first, second)[None]), both)
    assert torch.allclose(moved_points(both, inverse(then(first, second))[None]), place)


def test_proposals_move_with_the_boxes_and_are_passed_on_with_them():
    one = torch.tensor([[1.0, 2, 4, 6]])
    proposals = BoxTargets(torch.cat([one, one + 4]), torch.zeros(2).long(), torch.tensor([2]))
    targets = BoxTargets(one, torch.tensor([3]), torch.tensor([1]), proposals=proposals)
    mirrored = targets.moved(scaling(-1, 1, 10)[None], (10, 10))
    assert mirrored.proposals.boxes.tolist() == [[6, 2, 9, 6], [2, 6, 5, 10]]
    again = targets.like([tensor.clone() for tensor in targets.tensors()])
    assert len(targets.tensors()) == 8
    assert torch.equal(again.proposals.boxes, proposals.boxes)
    assert again.proposals.counts.tolist() == [2]


@pytest.mark.parametrize(
    "make",
    [
        lambda: PointTargets(torch.zeros(2, 3), torch.ones(2, 3) > 0, torch.ones(2)),
        lambda: BoxTargets(torch.zeros(2, 5), torch.zeros(2).long(), torch.tensor([2])),
        lambda: BoxTargets(torch.zeros(2, 4), torch.zeros(2).long(), torch.tensor([2]), torch.ones(1) > 0),
        lambda: replace(boxes([], [], [0]), proposals=boxes([], [], [0, 0])),
        lambda: MaskTargets(torch.zeros(1, 2, 2)),
    ],
)
def test_shapes_that_do_not_belong_together_are_refused(make):
    with pytest.raises(ShapeError):
        make()
