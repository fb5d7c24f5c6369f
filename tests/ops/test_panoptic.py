"""Panoptic quality, by hand."""

import pytest
import torch

from striate.errors import LabelError, ShapeError
from striate.ops import panoptic_counts, panoptic_quality

ONE = torch.tensor([0])


def test_two_cows_on_grass_of_which_one_is_found_well_and_one_badly() -> None:
    truth = torch.tensor([[0, 0, 0, 0, 1, 1, 1, 1], [2, 2, 2, 2, 2, 2, 2, 2]])
    guess = torch.tensor([[0, 0, 0, 2, 2, 2, 2, 1], [2, 2, 2, 2, 2, 2, 2, 2]])
    kinds = torch.tensor([0, 0, 1])  # cow, cow, grass
    counts = panoptic_counts(truth, kinds, guess, kinds, 2)
    # cow 0: 3/4; cow 1: 1/4 is a miss and an invention; grass: 8/12
    assert counts[0].tolist() == [0.75, 1, 1, 1]
    assert counts[1].tolist() == pytest.approx([8 / 12, 1, 0, 0])
    found = panoptic_quality(counts)
    assert found.quality.tolist() == pytest.approx([0.75 / 2, 8 / 12])
    assert found.recognition.tolist() == pytest.approx([0.5, 1.0])


def test_half_is_not_enough_to_meet() -> None:
    truth, guess = torch.tensor([[0, 0, -1]]), torch.tensor([[0, -1, -1]])
    assert panoptic_counts(truth, ONE, guess, ONE, 1).tolist() == [[0, 0, 1, 1]]


def test_pixels_that_nobody_named_count_in_no_union() -> None:
    truth, guess = torch.tensor([[0, 0, -1, -1]]), torch.tensor([[0, 0, 0, 0]])
    assert panoptic_counts(truth, ONE, guess, ONE, 1).tolist() == [[1, 1, 0, 0]]


def test_a_guess_mostly_where_nobody_named_anything_is_no_mistake() -> None:
    truth, kinds = torch.tensor([[0, -1, -1]]), torch.tensor([1])
    assert panoptic_counts(truth, ONE, torch.tensor([[0, 0, 0]]), kinds, 2).tolist() == [
        [0, 0, 0, 1],
        [0, 0, 0, 0],
    ]
    half = torch.tensor([[0, 0, -1]])
    assert panoptic_counts(truth, ONE, half, kinds, 2)[1].tolist() == [0, 0, 1, 0]


def test_pictures_add_up_and_absent_classes_are_not_numbers() -> None:
    picture = torch.tensor([[0, 0]])
    one = panoptic_counts(picture, ONE, picture, ONE, 3)
    found = panoptic_quality(one + one)
    assert one.sum(0).tolist() == [1, 1, 0, 0]
    assert found.quality[0] == 1
    assert found.quality[1:].isnan().all()
    assert found.segmentation[1:].isnan().all()


def test_an_empty_answer_misses_all() -> None:
    truth = torch.tensor([[0, 0]])
    nothing = torch.full((1, 2), -1), torch.empty(0, dtype=torch.int64)
    assert panoptic_counts(truth, ONE, *nothing, 1).tolist() == [[0, 0, 0, 1]]


def test_what_is_no_picture_of_segments_is_refused() -> None:
    with pytest.raises(ShapeError, match="guess"):
        panoptic_counts(
            torch.zeros(1, 2, dtype=torch.int64), ONE, torch.zeros(2, 1, dtype=torch.int64), ONE, 1
        )
    with pytest.raises(LabelError, match="truth has segments 0 to 1"):
        panoptic_counts(torch.tensor([[0, 1]]), ONE, torch.tensor([[0, 0]]), ONE, 1)
    with pytest.raises(LabelError, match="classes 0 to 0"):
        panoptic_counts(torch.tensor([[0]]), ONE, torch.tensor([[0]]), ONE, 0)
