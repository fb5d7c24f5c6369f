"""Figures class by class."""

import torch

from striate.report.per_class import class_rows, most_confused, shares
from striate.tasks.classification.metrics import classification_metrics

CLASSES = ("a", "b", "c", "never")
# truth a: 2 right, 1 taken for b; truth b: 2 taken for c; truth c: 1 right
TRUTH = torch.tensor([0, 0, 0, 1, 1, 2])
SAID = torch.tensor([0, 0, 1, 2, 2, 2])
MEASURED = classification_metrics(torch.eye(4)[SAID], TRUTH, CLASSES)


def test_weakest_class_comes_first_and_unmeasured_ones_last():
    rows = class_rows(MEASURED, [[5, 6, 7, 8], [3, 2, 1, 0]])
    # F1 = 2 right / (support + said): a 4/5, b 0/3, c 2/4
    assert [(row.name, row.f1) for row in rows] == [("b", 0.0), ("c", 0.5), ("a", 0.8), ("never", None)]
    assert rows[0].counts == (6, 2)


def test_most_frequent_confusion_comes_first():
    pairs = [(one.true, one.predicted, one.images, one.share) for one in most_confused(MEASURED)]
    assert pairs == [("b", "c", 2, 1.0), ("a", "b", 1, 1 / 3)]


def test_list_of_confusions_ends():
    assert len(most_confused(MEASURED, count=1)) == 1


def test_shares_are_those_of_the_row():
    assert shares(MEASURED)[0] == [(2, 2 / 3), (1, 1 / 3), (0, 0.0), (0, 0.0)]
    assert shares(MEASURED)[3] == [(0, 0.0)] * 4
