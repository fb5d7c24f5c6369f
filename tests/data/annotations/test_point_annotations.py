"""Points in columns."""

import numpy as np
import pytest
import torch

from striate.data.annotations.point_annotations import PointAnnotations
from striate.data.joints import Joints
from striate.errors import LabelError, ShapeError

JOINTS = Joints(("left", "right", "top"), ((0, 1),), ((0, 2),))
POINTS = np.arange(12, dtype=np.float32).reshape(2, 3, 2)
VISIBLE = np.array([[True, True, False], [True, True, False]])
SOME = PointAnnotations(POINTS, VISIBLE, np.array([4, 8], np.float32), JOINTS)


def test_targets_have_the_rows_that_were_asked_for_and_the_mirror_pairs():
    targets = SOME.collate(torch.tensor([1]))
    assert targets.points.tolist() == [[[6, 7], [8, 9], [10, 11]]]
    assert targets.visible.tolist() == [[True, True, False]]
    assert targets.scale.tolist() == [8]
    assert targets.pairs == ((0, 1),)


def test_a_mirror_swaps_the_pair():  # 20 pixels wide: x becomes 20 - x, and left becomes right
    mirrored = SOME.collate(torch.tensor([0])).moved(torch.tensor([[[-1.0, 0, 20], [0, 1, 0]]]), (20, 20))
    assert mirrored.points[0, :2].tolist() == [[18, 3], [20, 1]]


def test_points_come_in_the_order_of_a_model_and_missing_ones_are_not_visible():
    other = SOME.remap(("nose", "top", "right", "left"))
    assert other.points[0, 3].tolist() == [0, 1]
    assert other.visible[0].tolist() == [False, False, True, True]
    assert other.joints.pairs == ((3, 2),)
    with pytest.raises(LabelError, match="does not know the points top"):
        SOME.remap(("left", "right"))


def test_a_point_that_is_never_visible_and_two_on_one_pixel_are_found():
    same = POINTS.copy()
    same[:, 1] = same[:, 0] + 0.2
    found = PointAnnotations(same, VISIBLE, SOME.scale, JOINTS).findings(np.zeros(2, np.int8))
    assert [(one.kind, one.source) for one in found] == [("unseen", "top"), ("same-point", "left and right")]
    assert [one.kind for one in SOME.findings(np.zeros(2, np.int8))] == ["unseen"]


def test_columns_that_do_not_fit_are_refused():
    with pytest.raises(ShapeError, match=r"expected: \(1, 3, 2\)"):
        PointAnnotations(POINTS, VISIBLE, np.ones(1, np.float32), JOINTS)
