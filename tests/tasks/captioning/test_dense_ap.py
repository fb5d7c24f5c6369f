"""Dense captioning average precision: constants as published, and by hand."""

import pytest
import torch

from striate.tasks.captioning import dense_ap as measure
from striate.tasks.captioning.dense_ap import Judged, average_precision, dense_ap, judged, merged

ONE = [0.0, 0.0, 10.0, 10.0]
FAR = [50.0, 50.0, 60.0, 60.0]


def boxes(*rows):
    return torch.tensor(rows, dtype=torch.float32).view(-1, 4)


def exact(answer, truths):
    return float(answer in truths)


def test_the_constants_are_the_published_ones():
    """Conformance case densecap_constants: jcjohnson/densecap eval/eval_utils.lua."""
    assert measure.OVERLAPS == (0.3, 0.4, 0.5, 0.6, 0.7)
    assert measure.SIMILARITIES == (0, 0.05, 0.1, 0.15, 0.2, 0.25)
    assert (measure.MERGED, measure.RECALLS) == (0.7, 101)


def test_true_regions_that_overlap_by_the_least_are_one():
    """IoU of the first two: 80 / 100. Their mean is 9 high."""
    found = merged(boxes(ONE, [0, 0, 10, 8], FAR), [("a",), ("b",), ("c",)])
    assert found.boxes.tolist() == [[0, 0, 10, 9], FAR]
    assert found.captions == ((("a",), ("b",)), (("c",),))


def test_the_region_with_most_neighbours_takes_them_first():
    """The middle one overlaps both by 60 / 80, and these each other by 50 / 90."""
    left, middle, right = [0, 0, 7, 10], [1, 0, 8, 10], [2, 0, 9, 10]
    found = merged(boxes(left, middle, right), [("a",), ("b",), ("c",)])
    assert len(found.boxes) == 1
    assert len(merged(boxes(left, right), [("a",), ("c",)]).boxes) == 2


def test_no_truth_is_no_object():
    found = merged(boxes(), [])
    assert found.boxes.shape == (0, 4)
    assert judged(boxes(ONE), torch.ones(1), [("a",)], found).objects == 0


def test_an_object_is_found_once_by_the_surest():
    truth = merged(boxes(ONE), [("a",)])
    found = judged(
        boxes(ONE, ONE, FAR), torch.tensor([0.4, 0.9, 0.5]), [("b",), ("a",), ("a",)], truth, exact
    )
    assert found.scores.tolist() == pytest.approx([0.9, 0.5, 0.4])
    assert found.first.tolist() == [True, False, False]
    assert found.overlaps.tolist() == [1.0, 0.0, 1.0]
    assert found.similarities.tolist() == [1.0, 0.0, 0.0]
    assert found.exact.tolist() == [True, False, False]


PRECISION = {
    "all found": ([True, True], 2, 1.0),
    "none found": ([False], 2, 0.0),
    "no answer": ([], 2, 0.0),
    "half found first": ([True, False], 2, 51 / 101),  # recall 0 .. 0.5
    "half found last": ([False, True], 2, 51 / 101 / 2),
    "one of three, then another": ([True, False, True], 3, (34 + 33 * 2 / 3) / 101),  # up to .33, up to .66
}


@pytest.mark.parametrize("case", PRECISION)
def test_average_precision_by_hand(case):
    right, objects, expected = PRECISION[case]
    assert average_precision(torch.tensor(right, dtype=torch.bool), objects) == pytest.approx(expected)


def test_without_objects_there_is_no_number():
    assert average_precision(torch.tensor([True]), 0) != average_precision(torch.tensor([True]), 0)


def test_a_recall_that_is_a_whole_number_of_hundredths_is_reached():
    """29 of 100 objects: recall 0.29 is reached though 29/100 * 100 is 28.999... in floats."""
    right = torch.ones(29, dtype=torch.bool)
    assert average_precision(right, 100) == pytest.approx(30 / 101)


def test_every_overlap_and_similarity_has_its_own_precision():
    """IoU 0.55 and similarity 0.12: right for three overlaps and for three similarities."""
    one = torch.ones(1, dtype=torch.float64)
    answer = Judged(one, 0.55 * one, 0.12 * one, *torch.ones(2, 1, dtype=torch.bool), 1)
    table = dense_ap([answer])
    expected = torch.zeros(5, 6, dtype=torch.float64)
    expected[:3, :3] = 1
    assert torch.equal(table, expected)


def test_answers_of_all_pictures_stand_in_one_order():
    """Picture one: its object by a score of 0.5. Picture two: nothing there, and an answer of 0.9."""
    truth = merged(boxes(ONE), [("a",)])
    right = judged(boxes(ONE), torch.tensor([0.5]), [("a",)], truth, exact)
    wrong = judged(boxes(ONE), torch.tensor([0.9]), [("a",)], merged(boxes(), []), exact)
    assert dense_ap([right, wrong]).unique().tolist() == [0.5]
    assert dense_ap([right]).unique().tolist() == [1.0]


def test_a_true_sentence_counts_at_every_similarity_and_another_at_none():
    truth = merged(boxes(ONE), [("a", "red", "circle")])
    for answer, expected in ((("a", "red", "circle"), 1.0), (("two", "dogs"), 0.0)):
        found = judged(boxes(ONE), torch.ones(1), [answer], truth)
        assert dense_ap([found]).unique().tolist() == [expected]
