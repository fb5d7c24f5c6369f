"""Boxes of the data that are likely wrong, one kind after the other."""

import pytest
import torch

from striate.tasks.detection.box_suspects import box_suspects
from striate.tasks.detection.image_boxes import PredictedBoxes, TrueBoxes

CLASSES = ("cat", "dog")
BOX = [10.0, 10, 50, 50]


def suspects(found: list[tuple[list[float], float, int]], truth: list[tuple[list[float], int]], ignored=None):
    boxes = torch.tensor([box for box, _, _ in found]).reshape(-1, 4)
    scores = torch.tensor([score for _, score, _ in found])
    guesses = PredictedBoxes(boxes, scores, torch.tensor([label for *_, label in found], dtype=torch.int64))
    true = torch.tensor([box for box, _ in truth]).reshape(-1, 4)
    labels = torch.tensor([label for _, label in truth], dtype=torch.int64)
    return box_suspects([guesses], [TrueBoxes(true, labels, ignored)], CLASSES)


def test_a_right_answer_suspects_nothing():
    assert suspects([(BOX, 0.9, 0)], [(BOX, 0)]) == []


def test_a_sure_detection_without_a_box_is_a_missing_box():
    (one,) = suspects([(BOX, 0.8, 1)], [])
    assert (one.kind, one.suggested, one.given) == ("missing box", "dog", "")
    assert (one.score, one.box, one.given_box) == (pytest.approx(0.8), tuple(BOX), None)


def test_an_unsure_detection_is_not_believed():
    assert suspects([(BOX, 0.4, 1)], []) == []


def test_a_box_that_nothing_overlaps_is_around_nothing():
    (one,) = suspects([], [(BOX, 0)])
    assert (one.kind, one.given, one.suggested, one.score) == ("box of nothing", "cat", "", 1.0)


def test_a_sure_detection_of_another_class_is_a_wrong_class():
    (one,) = suspects([(BOX, 0.7, 1)], [(BOX, 0)])
    assert (one.kind, one.given, one.suggested) == ("wrong class", "cat", "dog")
    assert one.given_box == tuple(BOX)


def test_a_box_that_is_half_covered_is_loose():  # 40 x 40 in 40 x 80: IoU 1/2
    (one,) = suspects([(BOX, 0.8, 0)], [([10.0, 10, 50, 90], 0)])
    assert (one.kind, one.box) == ("loose box", tuple(BOX))
    assert one.score == pytest.approx(0.8 * 0.5)


def test_neighbours_of_another_class_do_not_make_a_wrong_class():
    other = [14.0, 10, 54, 50]  # IoU 36 / 44 with BOX
    assert suspects([(BOX, 0.9, 0), (other, 0.9, 1)], [(BOX, 0), (other, 1)]) == []


def test_ignored_boxes_are_not_suspected():
    assert suspects([], [(BOX, 0)], torch.tensor([True])) == []
    assert suspects([(BOX, 0.9, 1)], [(BOX, 0)], torch.tensor([True])) == []
