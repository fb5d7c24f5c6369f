"""The pointing game and the top-k intersection: literals, and two published examples."""

import json

import pytest
import torch

from striate.errors import SettingError, ShapeError
from striate.explain.evaluation.pointing_game import pointing_game, topk_intersection

MAP = torch.tensor([[[0.1, 0.2, 0.9], [0.3, 0.0, 0.1], [0.8, 0.7, 0.6]]])
CORNER = torch.tensor([[[False, False, True], [False] * 3, [False] * 3]])
LOWER = torch.tensor([[[False] * 3, [False] * 3, [True] * 3]])


def test_the_strongest_pixel_is_on_the_thing_or_not():
    assert pointing_game(MAP, CORNER).tolist() == [1]
    assert pointing_game(MAP, LOWER).tolist() == [0]


def test_the_tolerance_is_a_distance():
    # the strongest pixel is two rows above LOWER, and 2.24 pixels from the pixel in its middle
    middle = torch.zeros(1, 3, 3, dtype=torch.bool)
    middle[0, 2, 1] = True
    assert pointing_game(MAP, LOWER, tolerance=1).tolist() == [0]
    assert pointing_game(MAP, LOWER, tolerance=2).tolist() == [1]
    assert pointing_game(MAP, middle, tolerance=2).tolist() == [0]
    assert pointing_game(MAP, middle, tolerance=3).tolist() == [1]


def test_boxes_hold_the_pixels_whose_middles_lie_in_them():
    assert pointing_game(MAP, torch.tensor([[2.0, 0.0, 3.0, 1.0]])).tolist() == [1]
    assert pointing_game(MAP, torch.tensor([[0.0, 1.0, 3.0, 3.0]])).tolist() == [0]
    # the middle of the strongest pixel is (2.5, 0.5): the right border is outside, the left one inside
    assert pointing_game(MAP, torch.tensor([[0.0, 0.0, 2.5, 1.0]])).tolist() == [0]
    assert pointing_game(MAP, torch.tensor([[2.5, 0.5, 3.0, 1.0]])).tolist() == [1]


def test_a_map_that_says_nothing_has_what_chance_would_have():
    assert pointing_game(torch.zeros(1, 3, 3), LOWER).tolist() == pytest.approx([1 / 3])
    two = torch.tensor([[[1.0, 0.0, 0.0], [0.0, 0.0, 0.0], [1.0, 0.0, 0.0]]])
    assert pointing_game(two, LOWER).tolist() == [0.5]


def test_of_channels_the_largest_magnitude_counts():
    values = torch.stack([MAP, torch.zeros_like(MAP)], 1)
    values[0, 1, 2, 2] = -2.0
    assert pointing_game(values, LOWER).tolist() == [1]


def test_the_share_of_the_strongest_pixels():
    # the three strongest: 0.9 in the corner, 0.8 and 0.7 in the lower row
    assert topk_intersection(MAP, LOWER, 3).tolist() == pytest.approx([2 / 3])
    assert topk_intersection(MAP, LOWER).tolist() == pytest.approx([2 / 3])  # the row has three pixels
    assert topk_intersection(MAP, CORNER).tolist() == [1]
    assert topk_intersection(MAP, CORNER, 4).tolist() == [0.25]


def test_the_published_examples(shared_data):
    # Quantus, tests/metrics/test_localisation_metrics.py
    cases = json.loads((shared_data.parent / "conformance" / "explain.json").read_text())["cases"]
    known = {case["id"]: case for case in cases}
    square, line, short = known["topk_intersection"]["cases"]
    mask = torch.zeros(1, 224, 224, dtype=torch.bool)
    mask[0, 50:150, 50:150] = True
    noise = 0.1 * torch.rand(1, 224, 224, generator=torch.Generator().manual_seed(0))
    values = torch.where(mask, torch.ones(()), noise)
    assert topk_intersection(values, mask, square["k"]).tolist() == [square["expected"]]
    row, row_mask = values[:, 100:101], mask[:, 100:101]
    assert topk_intersection(row, row_mask, line["k"]).tolist() == [line["expected"]]
    assert topk_intersection(row, row_mask, short["k"]).tolist() == [short["expected"]]
    elsewhere, there = noise.clone(), torch.zeros_like(mask)
    elsewhere[0, 100:200, 100:200], there[0, :100, :100] = 1.0, True
    assert bool(pointing_game(elsewhere, there)) is known["pointing_game_miss"]["expected"]


def test_nothing_in_is_nothing_out():
    empty = torch.empty(0, 3, 3)
    assert pointing_game(empty, empty.bool()).shape == topk_intersection(empty, empty.bool()).shape == (0,)


@pytest.mark.parametrize(
    ("call", "error", "wrong"),
    [
        (lambda: pointing_game(MAP, LOWER, tolerance=-1), SettingError, "tolerance is -1"),
        (lambda: pointing_game(MAP, LOWER[:, :2]), ShapeError, "the truth is"),
        (lambda: pointing_game(MAP[0], LOWER), ShapeError, "the maps are"),
        (lambda: topk_intersection(MAP, LOWER, 10), SettingError, "k is 10"),
        (lambda: topk_intersection(MAP, LOWER, 0), SettingError, "k is 0"),
        (lambda: topk_intersection(MAP, ~LOWER & LOWER), ShapeError, "no pixel"),
    ],
)
def test_what_does_not_belong_together_is_refused(call, error, wrong):
    with pytest.raises(error, match=wrong):
        call()
