"""A few numbers for each image in place of all its scores."""

import pytest
import torch
from torch.nn import functional as F

from striate.errors import ShapeError
from striate.tasks.classification.answers import answers_of, answers_of_probabilities, joined


def test_the_numbers_of_two_images_by_hand() -> None:
    answers = answers_of_probabilities(
        torch.tensor([[0.5, 0.25, 0.25], [0.25, 0.0, 0.75]]), torch.tensor([0, 0])
    )
    assert answers.predicted.tolist() == [0, 2]
    assert answers.right.tolist() == [True, False]
    assert answers.confidence.tolist() == [0.5, 0.75]
    assert answers.true_probability.tolist() == [0.5, 0.25]
    assert answers.losses.tolist() == pytest.approx([0.6931472, 1.3862944])  # ln 2, ln 4
    assert answers.loss() == pytest.approx(1.0397208)


def test_the_five_highest_scores_are_the_top() -> None:
    scores = torch.tensor([[0.3, 0.25, 0.2, 0.1, 0.08, 0.07]]).repeat(2, 1)
    assert answers_of_probabilities(scores, torch.tensor([4, 5])).in_top.tolist() == [True, False]


def test_the_loss_has_the_bits_of_cross_entropy_over_all_images() -> None:
    torch.manual_seed(0)
    raw, labels = torch.randn(1003, 17), torch.randint(0, 17, (1003,))
    parts = [answers_of(raw[start : start + 64], labels[start : start + 64]) for start in range(0, 1003, 64)]
    assert joined(parts).loss() == F.cross_entropy(raw.double(), labels).item()


def test_batches_are_joined_in_their_order_and_none_are_no_answers() -> None:
    raw, labels = torch.eye(3), torch.tensor([0, 1, 0])
    together = joined([answers_of(raw[:1], labels[:1]), answers_of(raw[1:], labels[1:])])
    assert together.predicted.tolist() == [0, 1, 2]
    assert (len(joined([]).right), joined([]).loss()) == (0, 0.0)


def test_each_image_has_a_row() -> None:
    with pytest.raises(ShapeError, match=r"scores have the shape \(2, 3\)"):
        answers_of(torch.zeros(2, 3), torch.tensor([0]))
