"""Errors of points, by hand."""

import math

import pytest
import torch

from striate.errors import SettingError, ShapeError
from striate.ops.point_errors import expected_points, pck, pcp, point_error

TRUTH = torch.tensor([[[0.0, 0.0], [10.0, 0.0]], [[0.0, 0.0], [0.0, 20.0]]])
GUESS = torch.tensor([[[3.0, 4.0], [10.0, 1.0]], [[0.0, 0.0], [0.0, 12.0]]])
SEEN = torch.tensor([[True, True], [True, False]])


def test_an_error_is_the_distance_by_the_length_of_the_image():  # 5/10, 1/10; 0/20, not visible
    error = point_error(GUESS, TRUTH, SEEN, torch.tensor([10.0, 20.0]))
    assert torch.allclose(error, torch.tensor([[0.5, 0.1], [0.0, math.nan]]), equal_nan=True)


def test_an_image_without_a_length_is_not_counted():
    assert point_error(GUESS, TRUTH, SEEN, torch.tensor([0.0, 20.0]))[0].isnan().all()


def test_correct_points_lie_within_the_share_and_hidden_ones_are_left_out():
    error = torch.tensor([[0.1, 0.11, math.nan]])
    assert torch.equal(pck(error, 0.1).nan_to_num(-1), torch.tensor([[1.0, 0.0, -1.0]]))


def test_a_limb_is_right_while_both_ends_are_within_half_of_its_length():
    # first image: the limb has 10 pixels, the ends are off by 5 and 1: right. 4 of 5 of the limit: wrong
    seen = torch.ones(2, 2, dtype=torch.bool)
    assert pcp(GUESS, TRUTH, seen, [(0, 1)]).tolist() == [[1.0], [1.0]]  # second: off by 0 and 8 of 20
    assert pcp(GUESS, TRUTH, seen, [(0, 1)], share=0.4).tolist() == [[0.0], [1.0]]


def test_a_limb_with_a_hidden_end_or_without_a_length_is_left_out():
    assert pcp(GUESS, TRUTH, SEEN, [(0, 1)])[1].isnan().all()
    assert pcp(GUESS, TRUTH, torch.ones(2, 2, dtype=torch.bool), [(0, 0)]).isnan().all()


def test_no_images_no_limbs_and_no_points_are_legal():
    none = torch.empty(0, 2, 2)
    assert point_error(none, none, torch.empty(0, 2, dtype=torch.bool), torch.empty(0)).shape == (0, 2)
    assert pcp(GUESS, TRUTH, SEEN, []).shape == (2, 0)


def test_a_sharp_map_gives_the_middle_of_its_pixel():  # pixel (row 1, column 2) of 4 x 5
    maps = torch.full((1, 1, 4, 5), -100.0)
    maps[0, 0, 1, 2] = 100.0
    assert torch.allclose(expected_points(maps), torch.tensor([[[2.5 / 5, 1.5 / 4]]]))


def test_two_equal_peaks_give_the_middle_between_them():
    maps = torch.full((1, 1, 1, 5), -100.0)
    maps[0, 0, 0, 0] = maps[0, 0, 0, 4] = 50.0
    assert torch.allclose(expected_points(maps), torch.tensor([[[0.5, 0.5]]]))


def test_expected_points_have_the_gradient_of_their_formula():
    maps = torch.randn(1, 2, 3, 4, dtype=torch.float64, generator=torch.Generator().manual_seed(0))
    assert torch.autograd.gradcheck(expected_points, maps.requires_grad_())


@pytest.mark.parametrize(
    "call",
    [
        lambda: point_error(GUESS[:1], TRUTH, SEEN, torch.ones(2)),
        lambda: point_error(GUESS, TRUTH, SEEN.float(), torch.ones(2)),
        lambda: point_error(GUESS, TRUTH, SEEN, torch.ones(3)),
        lambda: pcp(GUESS, TRUTH, SEEN[:1], [(0, 1)]),
    ],
)
def test_shapes_that_do_not_fit_are_refused(call):
    with pytest.raises(ShapeError, match="expected"):
        call()


def test_a_limb_without_such_a_point_and_a_share_of_nothing_are_refused():
    with pytest.raises(SettingError, match=r"the limb \(0, 2\) names no point"):
        pcp(GUESS, TRUTH, SEEN, [(0, 2)])
    with pytest.raises(SettingError, match="share is 0"):
        pck(torch.zeros(1, 1), 0)
