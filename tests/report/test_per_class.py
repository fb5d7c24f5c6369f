"""Figures class by class."""

import pytest
import torch

from striate.report.per_class import calibration, class_rows, most_confused, shares
from striate.tasks.classification.metrics import calibration_error, classification_metrics

CLASSES = ("a", "b", "c", "never")
# truth a: 2 right, 1 taken for b; truth b: 2 taken for c; truth c: 1 right
TRUTH = torch.tensor([0, 0, 0, 1, 1, 2])
SAID = torch.tensor([0, 0, 1, 2, 2, 2])
MEASURED = classification_metrics(torch.eye(4)[SAID], TRUTH, CLASSES)


def test_weakest_class_comes_first_and_unmeasured_ones_last():
    rows = class_rows(MEASURED, [[5, 6, 7, 8], [3, 2, 1, 0]])
    # F1 = 2 right / (support + said): a 4/5, b 0/3, c 2/4
    assert [(row.name, row.f1) for row in rows] == [("b", 0.0), ("c", 0.5), ("a", 0.8), ("never", 0.0)]
    assert rows[0].counts == (6, 2)


def test_most_frequent_confusion_comes_first():
    pairs = [(one.truth, one.said, one.times, one.share) for one in most_confused(MEASURED)]
    assert pairs == [("b", "c", 2, 1.0), ("a", "b", 1, 1 / 3)]


def test_list_of_confusions_ends():
    assert len(most_confused(MEASURED, count=1)) == 1


def test_shares_are_those_of_the_row():
    assert shares(MEASURED)[0] == [(2, 2 / 3), (1, 1 / 3), (0, 0.0), (0, 0.0)]
    assert shares(MEASURED)[3] == [(0, 0.0)] * 4


def test_bins_are_open_below_and_closed_above():
    # confidences 0.5, 0.75, 1.0 in bins (0.25, 0.5], (0.5, 0.75], (0.75, 1]; the second is wrong
    found = calibration(torch.tensor([[0.5, 0.5], [0.75, 0.25], [0.0, 1.0]]), torch.tensor([0, 1, 1]), bins=4)
    assert found.count == [0, 1, 1, 1]
    assert found.right == [0.0, 1.0, 0.0, 1.0]
    assert found.confidence == [0.0, 0.5, 0.75, 1.0]
    assert found.mean == 0.75


def test_bins_give_the_calibration_error_that_was_measured():
    torch.manual_seed(1)
    scores, labels = (2 * torch.randn(500, 5)).softmax(1), torch.randint(0, 5, (500,))
    found = calibration(scores, labels)
    bins = zip(found.confidence, found.right, found.count, strict=True)
    error = sum(abs(confidence - right) * count for confidence, right, count in bins) / 500
    assert error == pytest.approx(calibration_error(scores, labels), abs=1e-6)
