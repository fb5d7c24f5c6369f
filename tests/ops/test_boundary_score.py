"""Edges: which pixels they are, and how far they may be from each other."""

import pytest
import torch

from striate.errors import SettingError, ShapeError
from striate.ops import boundary_counts, boundary_f
from striate.ops.boundary_score import boundary, near

SQUARE = torch.zeros(9, 9, dtype=torch.int64)
SQUARE[3:6, 3:6] = 1


def test_a_square_has_eight_boundary_pixels_and_its_surroundings_twelve():
    counts = boundary_counts(SQUARE, SQUARE, classes=2, tolerance=0)
    assert counts.tolist() == [[12, 12, 12, 12], [8, 8, 8, 8]]
    assert boundary_f(counts).tolist() == [1.0, 1.0]


def test_a_shift_by_one_pixel_is_met_within_one_pixel():
    moved = SQUARE.roll(1, dims=1)
    assert boundary_f(boundary_counts(SQUARE, moved, 2, tolerance=1)).tolist() == [1.0, 1.0]
    met = boundary_counts(SQUARE, moved, 2, tolerance=0)[1]
    assert met.tolist() == [4, 8, 4, 8]  # columns 4 and 5 of both: two pixels above, two below


def test_ignored_pixels_and_the_edge_of_the_picture_are_no_boundary():
    labels = torch.tensor([[0, 0, 255, 1, 1]])
    assert not boundary(labels, labels != 255).any()


def test_near_is_a_disc():  # 1 pixel: a plus; sqrt 2: the square of 3x3; 2: with four points more
    pixels = torch.zeros(7, 7, dtype=torch.bool)
    pixels[3, 3] = True
    assert [int(near(pixels, radius).sum()) for radius in (0, 1, 1.5, 2, 2.5)] == [1, 5, 9, 13, 21]


def test_near_is_a_search_over_all_pixels():
    torch.manual_seed(0)
    pixels = torch.rand(11, 6) < 0.05
    places, true = torch.ones(11, 6).nonzero().double(), pixels.nonzero().double()
    expected = (torch.cdist(places, true) <= 3.5).any(1).view(11, 6)
    assert torch.equal(near(pixels, 3.5), expected)


def test_a_class_without_boundary_has_no_score():
    assert boundary_f(boundary_counts(SQUARE, SQUARE, 3))[2].isnan()
    assert boundary_f(boundary_counts(SQUARE, torch.zeros_like(SQUARE), 2)).tolist() == [0.0, 0.0]


def test_the_tolerance_is_a_share_of_the_diagonal():  # 0.0075 * 500 = 3.75 pixels
    truth, guess = torch.zeros(2, 300, 400, dtype=torch.int64).unbind()
    truth[:, 200:], guess[:, 203:] = 1, 1
    assert boundary_f(boundary_counts(truth, guess, 2)).tolist() == [1.0, 1.0]
    guess[:, 203:204] = 0
    assert boundary_f(boundary_counts(truth, guess, 2)).tolist() == [0.0, 0.0]


def test_other_sizes_and_a_tolerance_below_0_are_refused():
    with pytest.raises(ShapeError):
        boundary_counts(SQUARE, SQUARE[:3], 2)
    with pytest.raises(SettingError):
        boundary_counts(SQUARE, SQUARE, 2, tolerance=-1)
