"""The confusion matrix by hand, dense and sparse, and with many classes."""

from time import perf_counter

import pytest
import torch

from striate.errors import LabelError
from striate.tasks.classification.confusion import DENSE, Confusion, confusion

# true 0: predicted 0, 0, 0, 1      true 1: predicted 1, 1      true 2 never occurs
TRUE = torch.tensor([0, 0, 0, 0, 1, 1])
PREDICTED = torch.tensor([0, 0, 1, 0, 1, 1])


def test_rows_are_true_and_columns_are_predicted() -> None:
    counts = confusion(TRUE, PREDICTED, 3)
    assert counts.dense().tolist() == [[3, 1, 0], [0, 2, 0], [0, 0, 0]]
    assert counts.pairs.tolist() == [[0, 0, 3], [0, 1, 1], [1, 1, 2]]
    assert str(counts) == "3 1 0\n0 2 0\n0 0 0"


def test_margins_and_diagonal() -> None:
    counts = confusion(TRUE, PREDICTED, 3)
    assert counts.support.tolist() == [4, 2, 0]
    assert counts.predicted.tolist() == [3, 3, 0]
    assert counts.right.tolist() == [3, 2, 0]


def test_the_most_frequent_mistake_comes_first() -> None:
    counts = confusion(torch.tensor([0, 2, 2, 1]), torch.tensor([1, 0, 0, 1]), 3)
    assert counts.mistakes().tolist() == [[2, 0, 2], [0, 1, 1]]
    assert counts.mistakes(1).tolist() == [[2, 0, 2]]


def test_no_images_have_no_pairs() -> None:
    none = torch.empty(0, dtype=torch.int64)
    counts = confusion(none, none, 2)
    assert counts.dense().tolist() == [[0, 0], [0, 0]]
    assert Confusion.from_json(counts.to_json()) == counts
    assert counts.mistakes().tolist() == []


@pytest.mark.parametrize("classes", [3, DENSE, DENSE + 1])
def test_it_comes_back_from_json(classes: int) -> None:
    counts = confusion(TRUE, PREDICTED, classes)
    assert Confusion.from_json(counts.to_json()) == counts
    assert isinstance(counts.to_json(), dict) == (classes > DENSE)
    assert counts != confusion(TRUE, TRUE, classes)


def test_a_hundred_thousand_classes_take_the_room_of_their_images() -> None:
    begun = perf_counter()
    true = torch.arange(100_000)
    counts = confusion(true, true.roll(1), 100_000)
    assert counts.pairs.shape == (100_000, 3)
    assert counts.support.sum() == 100_000
    assert len(counts.to_json()["true"]) == 100_000
    assert repr(counts) == str(counts) == "Confusion(100000 classes, 100000 pairs)"
    assert perf_counter() - begun < 10


def test_counts_stay_exact_beyond_the_whole_numbers_of_float32() -> None:  # 2^24 + 1 is none of them
    zeros = torch.zeros(2**24 + 1, dtype=torch.int64)
    assert confusion(zeros, zeros, 2).dense().tolist() == [[2**24 + 1, 0], [0, 0]]


@pytest.mark.parametrize(("true", "predicted"), [([2], [0]), ([0], [-1])])
def test_numbers_that_are_no_classes_are_refused(true: list[int], predicted: list[int]) -> None:
    with pytest.raises(LabelError, match=r"expected: 0\.\.1"):
        confusion(torch.tensor(true), torch.tensor(predicted), 2)
