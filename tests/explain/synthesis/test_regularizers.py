"""Costs of unnatural pictures, by hand."""

import pytest
import torch

from striate.explain.synthesis.regularizers import blurred, l2, total_variation


def test_l2_is_the_mean_squared_distance_from_grey():  # (0.25 + 0 + 0.25 + 0) / 4
    assert l2(torch.tensor([[[[0.0, 0.5], [1.0, 0.5]]]])).item() == 0.125


def test_total_variation_follows_mahendran_and_vedaldi():
    # the upper left pixels of 3x3 have the neighbours: differences (down, right)
    # 1 2 4      (2,1) (3,2)
    # 3 5 8      (3,2) (1,3)         squares together: 5, 13, 13, 10
    # 6 6 6
    picture = torch.tensor([[[[1.0, 2, 4], [3, 5, 8], [6, 6, 6]]]])
    assert total_variation(picture).item() == pytest.approx((5 + 13 + 13 + 10) / 4)
    roots = 5**0.5 + 13**0.5 + 13**0.5 + 10**0.5
    assert total_variation(picture, beta=1.0).item() == pytest.approx(roots / 4)


def test_flat_pictures_have_a_gradient_that_is_a_number():
    flat = torch.ones(1, 1, 3, 3).requires_grad_()
    total_variation(flat, beta=1.0).backward()
    assert flat.grad.flatten().tolist() == [0.0] * 9


def test_a_single_row_has_no_variation_but_a_gradient():
    row = torch.rand(1, 3, 1, 5).requires_grad_()
    cost = total_variation(row)
    cost.backward()
    assert cost.item() == 0.0


def test_blur_spreads_a_point_and_keeps_its_sum():
    point = torch.zeros(1, 2, 9, 9)
    point[:, :, 4, 4] = 1
    soft = blurred(point, 1.0)
    assert torch.allclose(soft.sum((2, 3)), torch.ones(1, 2))
    # a Gaussian: the neighbour has exp(-1/2) of the middle
    assert (soft[0, 0, 4, 5] / soft[0, 0, 4, 4]).item() == pytest.approx(0.60653, abs=1e-4)
