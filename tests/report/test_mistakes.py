"""The worst mistakes are the wrong answers that were surest."""

import torch

from striate.report.mistakes import SHOWN, mistakes, worst
from striate.tasks.classification.answers import answers_of_probabilities


def test_surest_first_and_right_answers_left_out():
    scores = torch.tensor([[0.9, 0.1], [0.3, 0.7], [0.2, 0.8], [0.4, 0.6]])
    assert worst(answers_of_probabilities(scores, torch.tensor([0, 0, 0, 1]))) == [2, 1]


def test_equal_ones_keep_their_order_and_the_list_ends():
    scores = torch.tensor([[0.9, 0.1]]).expand(100, 2)
    assert worst(answers_of_probabilities(scores, torch.ones(100).long())) == list(range(SHOWN))


def test_a_mistake_says_what_it_is(made):
    run, splits, _ = made()
    scores = torch.zeros(100, 10)
    scores[:, 4], scores[:, 2] = 0.75, 0.25
    labels, indices = torch.full((100,), 4), torch.arange(100).flip(0)
    labels[7] = 2  # the only wrong answer; its image is number 99 - 7 = 92 of the split, 292 of all
    (one,) = mistakes(run.model, splits["val"], answers_of_probabilities(scores, labels), indices)
    assert (one.predicted, one.confidence, one.true, one.true_probability) == ("4", 0.75, "2", 0.25)
    assert one.source == "digits[292]"
    assert one.image != one.why
    assert one.image.startswith("data:image/png;base64,")
