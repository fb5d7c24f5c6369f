"""Rare classes that count as much as frequent ones."""

from time import perf_counter

import pytest
import torch

from striate.data.batches.class_balance import balanced, class_weights

LABELS = torch.tensor([0] * 9 + [1] * 3 + [3] * 2)  # class 2 has no pictures


def test_every_class_is_drawn_equally_often() -> None:  # 14 places for 3 classes: 5, 5, 4
    drawn = LABELS[balanced(LABELS, seed=0, epoch=0)]
    assert drawn.bincount().tolist() == [5, 5, 0, 4]


def test_no_picture_comes_again_before_all_others_of_its_class_did() -> None:
    times = balanced(LABELS, seed=0, epoch=3).bincount(minlength=14)
    assert sorted(times[:9].tolist()) == [0] * 4 + [1] * 5
    assert sorted(times[9:12].tolist()) == [1, 2, 2]
    assert times[12:].tolist() == [2, 2]


def test_the_order_is_a_function_of_seed_and_epoch() -> None:
    orders = [balanced(LABELS, seed, epoch).tolist() for seed, epoch in ((0, 0), (0, 0), (0, 1), (1, 0))]
    assert orders[0] == orders[1]
    assert orders[0] != orders[2] != orders[3] != orders[0]


def test_weights_give_every_class_the_same_sum() -> None:  # 12 / (3 * 6), 12 / (3 * 4), 12 / (3 * 2)
    assert class_weights([6, 4, 0, 2]).tolist() == pytest.approx([2 / 3, 1, 0, 2])


def test_a_hundred_thousand_classes_are_balanced_in_seconds() -> None:
    begun = perf_counter()
    labels = torch.arange(200_000) // 2
    assert labels[balanced(labels, seed=0, epoch=0)].bincount().tolist() == [2] * 100_000
    assert perf_counter() - begun < 20  # two seconds on a quiet core
