"""Movements keep the size; their directions are worked by hand."""

import math

import torch

from striate.explain.synthesis.jitter import moved, transformed

SQUARE = torch.tensor([[[[1.0, 2.0], [3.0, 4.0]]]])


def test_a_shift_goes_down_and_to_the_right_and_repeats_the_border():
    picture = torch.arange(9.0).view(1, 1, 3, 3)
    down, left = transformed(picture, (1, 0), 1.0, 0.0), transformed(picture, (0, -1), 1.0, 0.0)
    assert torch.allclose(down, torch.tensor([[0.0, 1, 2], [0, 1, 2], [3, 4, 5]]), atol=1e-5)
    assert torch.allclose(left, torch.tensor([[1.0, 2, 2], [4, 5, 5], [7, 8, 8]]), atol=1e-5)


def test_a_quarter_turn_is_exact():  # counterclockwise: the upper right corner comes to the upper left
    turned = transformed(SQUARE, (0, 0), 1.0, math.pi / 2)
    assert torch.allclose(turned[0, 0], torch.tensor([[2.0, 4.0], [1.0, 3.0]]), atol=1e-5)


def test_enlarging_shows_the_middle():
    step = torch.tensor([[[[0.0, 0.0, 0.0, 0.0, 1.0, 1.0, 1.0, 1.0]]]])
    assert transformed(step, (0, 0), 2.0, 0.0)[0, 0, 0].tolist() == [0, 0, 0, 0.25, 0.75, 1, 1, 1]


def test_chance_comes_from_the_generator_alone_and_gradients_pass():
    picture = torch.rand(1, 3, 9, 7).requires_grad_()
    one, same = (moved(picture, 2, 0.1, 10, torch.Generator().manual_seed(5)) for _ in range(2))
    assert torch.equal(one, same)
    assert one.shape == picture.shape
    one.sum().backward()
    assert bool(picture.grad.any())


def test_a_single_pixel_can_be_moved():
    assert moved(torch.full((1, 1, 1, 1), 0.5), 2, 0.1, 10, torch.Generator()).item() == 0.5
