"""Masks of objects: run lengths against pycocotools, crops against whole pictures, records there and back."""

import json

import numpy as np
import pytest
import torch
from pycocotools import mask as coco

from striate.errors import ShapeError
from striate.records import BitMasks, BoxTargets, Detections, InstanceJoints, MaskCrops, PointTargets
from striate.records.affine import scaling
from striate.records.rings import rings
from striate.records.run_lengths import bits_of, packed, unpacked, window_counts


def masks(count=6, size=(13, 17), share=0.4):
    found = torch.rand(count, *size, generator=torch.Generator().manual_seed(0)) < share
    found[0] = False
    found[1] = True
    found[2] = False
    found[2, 5, 16] = True  # one pixel, at the border
    return found


@pytest.mark.parametrize("number", range(6))
def test_run_lengths_are_those_of_pycocotools(number):
    one = masks()[number]
    wanted = coco.encode(np.asfortranarray(one.numpy().astype(np.uint8)))
    found = BitMasks(MaskCrops.of(one[None])).run_lengths(0)
    assert found == {"size": wanted["size"], "counts": wanted["counts"].decode()}
    assert torch.equal(bits_of(unpacked(found["counts"]), (13, 17)), one)


def test_a_window_has_the_run_lengths_of_its_whole_picture():
    whole = torch.zeros(9, 11, dtype=torch.bool)
    whole[0:9, 3:6] = True  # runs go on from one column to the next
    counts = window_counts(whole[:, 2:7], 2, 0, (9, 11))
    assert counts == [27, 27, 45]
    assert unpacked(packed(counts)) == counts


def test_crops_are_the_masks():
    whole = masks()
    crops = MaskCrops.of(whole)
    assert torch.equal(BitMasks(crops).pasted(), whole)
    assert torch.equal(crops.areas, whole.sum((1, 2)))
    assert crops.windows[0].tolist() == [0, 0, 0, 0]
    assert crops.windows[2].tolist() == [16, 5, 17, 6]
    order = torch.tensor([3, 1])
    assert torch.equal(BitMasks(crops.where(order)).pasted(), whole[order])


def test_a_mirror_moves_every_pixel():
    whole = masks()
    mirror = torch.tensor([[-1.0, 0, 17], [0, 1, 0]]).expand(6, 2, 3)
    assert torch.equal(BitMasks(MaskCrops.of(whole).moved(mirror, (13, 17))).pasted(), whole.flip(2))


def test_a_quarter_turn_moves_every_pixel():
    whole = masks()
    turn = torch.tensor([[0.0, -1, 13], [1, 0, 0]]).expand(6, 2, 3)  # (x, y) -> (13 - y, x)
    moved = BitMasks(MaskCrops.of(whole).moved(turn, (17, 13)))
    assert torch.equal(moved.pasted(), whole.rot90(-1, (1, 2)))


def test_what_nobody_knows_stays_unknown():
    unknown = MaskCrops.gathered([None, (torch.ones(2, 2) > 0, 1, 1)], (5, 5))
    moved = unknown.moved(scaling(2, 2).expand(2, 2, 3), (10, 10))
    assert moved.known.tolist() == [False, True]
    assert moved.windows.tolist() == [[0, 0, 0, 0], [2, 2, 6, 6]]


def test_rings_filled_by_the_even_odd_rule_are_the_mask():
    for one in masks()[2:]:
        pixels = np.zeros(one.shape, bool)
        for ring in rings(one):
            corners = np.array(ring).reshape(-1, 2)
            for (x, y), (_, after) in zip(corners, np.roll(corners, -1, 0), strict=True):
                low, high = sorted((y, after))
                pixels[int(low) : int(high), int(x) :] ^= True  # right of a vertical edge
        assert np.array_equal(pixels, one.numpy())


def test_pixels_that_touch_at_a_corner_are_two_rings():
    assert rings(torch.eye(2) > 0) == [[0, 0, 1, 0, 1, 1, 0, 1], [1, 1, 2, 1, 2, 2, 1, 2]]


def record():
    joints = InstanceJoints(
        torch.arange(24.0).view(6, 2, 2), torch.ones(6, 2) / 2, ("nose", "tail"), ((0, 1),)
    )
    return Detections(
        torch.tensor([[0.0, 0, 9, 9]]).repeat(6, 1),
        torch.linspace(0.9, 0.1, 6),
        torch.zeros(6).long(),
        ("cat",),
        "a.jpg",
        BitMasks(MaskCrops.of(masks())),
        joints,
    )


def test_a_record_with_masks_and_joints_goes_through_json():
    one = record()
    other = Detections.from_dict(json.loads(one.to_json()))
    assert torch.equal(other.masks.pasted(), one.masks.pasted())
    assert torch.allclose(other.joints.points, one.joints.points)
    assert other.joints.skeleton == ((0, 1),)
    assert other.pose(2).names == ("nose", "tail")


def test_some_objects_keep_their_masks_and_joints():
    one = record()
    best = one.above(0.5)
    assert len(best.masks) == len(best.joints) == len(best) == 3
    assert torch.equal(best.masks.mask(1), one.masks.mask(1))


def test_objects_move_with_masks_and_joints():
    moved = record().moved(scaling(2, 2), (26, 34))
    assert torch.equal(moved.masks.mask(3)[::2, ::2], record().masks.mask(3))
    assert torch.allclose(moved.joints.points, 2 * record().joints.points)


def test_masks_of_other_objects_are_refused():
    with pytest.raises(ShapeError, match="masks of 6 objects, and 1 boxes"):
        Detections(
            torch.ones(1, 4),
            torch.ones(1),
            torch.zeros(1).long(),
            ("cat",),
            masks=BitMasks(MaskCrops.of(masks())),
        )
    with pytest.raises(ShapeError, match="run lengths of 4 pixels"):
        BitMasks.from_run_lengths([{"size": [2, 2], "counts": [1, 3]}], (3, 3))


def test_targets_travel_with_masks_joints_and_proposals():
    boxes = torch.tensor([[0.0, 0, 4, 4], [2, 2, 8, 8], [16, 12, 16.5, 12.5]])
    points = PointTargets(
        torch.arange(12.0).view(3, 2, 2) / 2, torch.ones(3, 2) > 0, torch.ones(3), ((0, 1),)
    )
    none = BoxTargets(torch.zeros(0, 4), torch.zeros(0).long(), torch.zeros(2).long())
    crops = MaskCrops.of(masks()[:3])
    targets = BoxTargets(boxes, torch.zeros(3).long(), torch.tensor([1, 2]), None, none, crops, points)
    again = targets.like(targets.tensors())
    assert torch.equal(again.masks.pixels, crops.pixels)
    assert torch.equal(again.joints.points, points.points)
    assert len(again.proposals) == 2
    mirror = torch.tensor([[-1.0, 0, 17], [0, 1, 0]]).expand(2, 2, 3)
    moved = targets.moved(mirror, (13, 17))  # the third box is less than a pixel
    assert moved.counts.tolist() == [1, 1]
    assert torch.equal(moved.masks.mask(1), masks()[1].flip(1))
    assert torch.allclose(
        moved.joints.points[0, 0, 0], 17 - points.points[0, 1, 0]
    )  # the pair changed places
