"""Splits by content: stable, balanced, and equal pictures together."""

import tracemalloc
from time import perf_counter

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from striate.data.split import held_out, merged


def ids(*numbers: int) -> np.ndarray:
    return np.array(numbers, dtype=np.uint64)


def test_every_class_gives_its_share() -> None:
    # 40 and 20 distinct pictures, a quarter of each: 10 and 5
    labels = np.repeat([0, 1], [40, 20])
    chosen = held_out(np.arange(60, dtype=np.uint64), labels, 0.25, seed=1)
    assert np.bincount(labels[chosen]).tolist() == [10, 5]


@pytest.mark.parametrize(("pictures", "expected"), [(1, 0), (2, 1), (3, 1), (10, 1), (15, 2)])
def test_small_classes_give_one_and_keep_one(pictures: int, expected: int) -> None:  # round(1.5) is 2
    chosen = held_out(np.arange(pictures, dtype=np.uint64), np.zeros(pictures, dtype=np.int64), 0.1, seed=0)
    assert chosen.sum() == expected


def test_a_large_share_still_leaves_one_to_train_on() -> None:
    assert held_out(ids(1, 2, 3), np.zeros(3, dtype=np.int64), 0.99, seed=0).sum() == 2


def test_with_more_classes_than_pictures_to_hold_out_the_whole_gives_its_share() -> None:
    # 8 classes of 2 pictures and 24 of one: a tenth of 40 is 4, and no class loses its last picture
    labels = np.concatenate([np.repeat(np.arange(8), 2), np.arange(8, 32)])
    chosen = held_out(np.arange(40, dtype=np.uint64), labels, 0.1, seed=0, every_class=False)
    assert chosen.sum() == 4
    assert set(labels[~chosen]) == set(labels)
    few = np.arange(20)  # of every class one
    for keep, count in ((True, 0), (False, 2)):
        chosen = held_out(few.astype(np.uint64), few, 0.1, seed=0, every_class=False, keep_last=keep)
        assert chosen.sum() == count


def test_a_share_of_nothing_takes_nothing() -> None:
    assert not held_out(ids(1, 2, 3), np.zeros(3, dtype=np.int64), 0.0, seed=0).any()
    assert held_out(ids(), np.zeros(0, dtype=np.int64), 0.5, seed=0).shape == (0,)


def test_another_seed_is_another_split_and_one_seed_is_one() -> None:
    identity, labels = np.arange(1000, dtype=np.uint64), np.zeros(1000, dtype=np.int64)
    first, again, other = (held_out(identity, labels, 0.5, seed) for seed in (7, 7, 8))
    assert (first == again).all()
    assert 400 < (first == other).sum() < 600  # two fair coins agree half the time, give or take six sigma


@given(st.lists(st.tuples(st.integers(0, 9), st.integers(0, 2)), max_size=40), st.integers(0, 2**63))
def test_equal_pictures_never_straddle(pictures: list[tuple[int, int]], seed: int) -> None:
    identity = np.array([picture for picture, _ in pictures], dtype=np.uint64)
    chosen = held_out(identity, np.array([label for _, label in pictures], dtype=np.int64), 0.3, seed)
    for picture in set(identity.tolist()):
        assert len(set(chosen[identity == picture].tolist())) == 1


@given(st.permutations(range(30)))
def test_the_order_of_the_files_changes_nothing(order: list[int]) -> None:
    identity, labels = np.arange(30, dtype=np.uint64), np.arange(30) % 3
    plain = held_out(identity, labels, 0.2, seed=3)
    assert (held_out(identity[order], labels[order], 0.2, seed=3) == plain[order]).all()


def test_one_more_picture_moves_at_most_one_other() -> None:
    # the border of one class shifts by one place at most
    before = held_out(np.arange(100, dtype=np.uint64), np.zeros(100, dtype=np.int64), 0.2, seed=5)
    after = held_out(np.arange(101, dtype=np.uint64), np.zeros(101, dtype=np.int64), 0.2, seed=5)
    assert (before != after[:100]).sum() <= 1


def test_coarse_groups_take_their_smallest_number() -> None:
    assert merged(ids(5, 6, 5), ids(9, 8, 7)).tolist() == [7, 8, 7]
    assert merged(ids(), ids()).tolist() == []


def test_each_class_gives_the_first_of_its_own_order() -> None:  # the slow loop over the classes is the twin
    random = np.random.default_rng(0)
    identity, labels = random.permutation(200).astype(np.uint64), random.integers(0, 7, 200)
    together = held_out(identity, labels, 0.3, seed=5)
    for label in range(7):
        own = labels == label
        alone = held_out(identity[own], np.zeros(own.sum(), dtype=np.int64), 0.3, seed=5)
        assert together[own].tolist() == alone.tolist()


def test_a_hundred_thousand_classes_are_split_in_seconds() -> None:
    begun = perf_counter()
    chosen = held_out(np.arange(200_000, dtype=np.uint64), np.arange(200_000) // 2, 0.1, seed=0)
    assert chosen.sum() == 100_000
    assert perf_counter() - begun < 10  # one second on a quiet core; a loop over the classes takes twenty


def test_an_empty_set_is_split_into_nothing() -> None:
    assert held_out(ids(), np.zeros(0, dtype=np.int64), 0.1, seed=0).tolist() == []


def test_a_split_of_many_pictures_takes_few_bytes_of_each() -> None:
    # at once: their order, number, rank and class, the order by class, and two columns that are compared
    identity, labels = (
        np.random.default_rng(0).integers(0, 2**63, 50_000).astype(np.uint64),
        np.arange(50_000) % 10,
    )
    tracemalloc.start()
    held_out(identity, labels, 0.1, seed=0)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 64 * len(identity)
