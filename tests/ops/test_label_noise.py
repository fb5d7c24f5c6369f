"""Confident learning: worked by hand."""

import pytest
import torch

from striate.errors import ShapeError
from striate.ops.label_noise import class_thresholds, label_issues


def issues(probabilities: list[list[float]], labels: list[int], top: int = 5):
    p, own = torch.tensor(probabilities, dtype=torch.float64), torch.tensor(labels)
    ranked = p.topk(min(top, p.shape[1]), dim=1)
    true = p.gather(1, own[:, None])[:, 0]
    return label_issues(ranked.values, ranked.indices, true, own, p.shape[1])


def test_thresholds_are_the_mean_confidence_of_each_class():  # (.9 + .5) / 2, .6, nothing
    found = class_thresholds(torch.tensor([0.9, 0.5, 0.6]), torch.tensor([0, 0, 1]), 3)
    assert found.tolist() == pytest.approx([0.7, 0.6, 1.0])


def test_a_picture_counts_as_the_most_probable_class_that_reaches_its_threshold():
    # thresholds: class 0 (.8 + .7 + .1) / 3 = .533, class 1 (.9 + .4) / 2 = .65
    found = issues([[0.8, 0.2], [0.7, 0.3], [0.1, 0.9], [0.1, 0.9], [0.6, 0.4]], [0, 0, 0, 1, 1])
    assert found.rows.tolist() == [2, 4]  # .9 >= .65, and .6 >= .533
    assert found.suggested.tolist() == [1, 0]
    assert found.scores.tolist() == pytest.approx([0.9, 0.6])  # 1 - .1, 1 - .4


def test_a_class_that_is_never_sure_needs_less_to_be_believed():
    # class 2 is at most .4 on its own pictures: threshold .4; class 0 has .9
    found = issues([[0.9, 0.05, 0.05], [0.3, 0.3, 0.4], [0.55, 0.0, 0.45]], [0, 2, 1])
    assert found.rows.tolist() == [2]  # .55 < .9 does not count as 0; .45 >= .4 counts as 2
    assert found.suggested.tolist() == [2]


def test_as_many_are_suspected_as_count_as_another_class_the_least_sure_first():
    # thresholds (.9 + .8 + .1 + .3) / 4 = .525 and .7: all four of class 0 count, two of them as 1
    sure, other = [[0.9, 0.1], [0.8, 0.2]], [0.3, 0.7]
    found = issues([*sure, [0.1, 0.9], other, other, other], [0, 0, 0, 0, 1, 1])
    assert found.rows.tolist() == [2, 3]
    assert found.scores.tolist() == pytest.approx([0.9, 0.7])


def test_a_picture_whose_label_is_its_most_probable_class_is_not_suspected():
    # thresholds .4 and .7: the second picture counts as 0 (.42 >= .4), though .5 is more (and .5 < .7)
    found = issues([[0.4, 0.3, 0.3], [0.42, 0.5, 0.08], [0.1, 0.9, 0.0]], [0, 1, 1])
    assert found.rows.tolist() == []


def test_an_answer_below_every_threshold_says_nothing():
    found = issues([[0.9, 0.1], [0.2, 0.8], [0.55, 0.45]], [0, 1, 1])  # .9 and (.8 + .45) / 2 = .625
    assert found.rows.tolist() == []


def test_columns_of_different_lengths_are_refused():
    with pytest.raises(ShapeError, match="3 labels"):
        label_issues(torch.ones(2, 1), torch.zeros(2, 1).long(), torch.ones(2), torch.zeros(3).long(), 1)
