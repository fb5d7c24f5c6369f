"""Folds: each picture once, evenly by class, and what belongs together in one."""

from pathlib import Path

import numpy as np
import pytest

from striate.data.annotations.class_annotations import ClassAnnotations
from striate.data.dataset import Dataset, Splits
from striate.data.fold import Fold
from striate.data.folds import fold_notes, fold_of, in_order, refolded, require_folds
from striate.data.image_store import Array
from striate.errors import SettingError


def test_every_class_is_spread_evenly_and_so_is_the_whole():
    labels = np.repeat([0, 1, 2], [50, 30, 23])
    found = fold_of(np.arange(103, dtype=np.uint64), labels, 5, seed=0)
    for number, most in ((0, 10), (1, 6), (2, 5)):  # 50 / 5, 30 / 5, 23 / 5 rounded up
        counts = np.bincount(found[labels == number], minlength=5)
        assert counts.max() == most
        assert counts.max() - counts.min() <= 1
    assert sorted(np.bincount(found).tolist()) == [20, 20, 21, 21, 21]


def test_groups_never_straddle_and_fill_up_with_single_pictures():
    group = np.array([7] * 4 + [8] * 3 + list(range(100, 109)), dtype=np.uint64)  # 4 + 3 + 9
    found = fold_of(group, np.zeros(16, dtype=np.int64), 4, seed=1)
    assert len(set(found[:4])) == len(set(found[4:7])) == 1
    assert np.bincount(found).tolist() == [4, 4, 4, 4]


def test_another_seed_is_another_division_and_the_same_is_the_same():
    identity, labels = np.arange(40, dtype=np.uint64), np.arange(40) % 2
    first, again, other = (fold_of(identity, labels, 4, seed) for seed in (0, 0, 1))
    assert (first == again).all()
    assert (first != other).any()


def test_the_order_of_the_pictures_does_not_matter():
    identity, labels = np.arange(30, dtype=np.uint64), np.arange(30) % 3
    turned = fold_of(identity[::-1], labels[::-1], 3, seed=0)[::-1]
    assert (turned == fold_of(identity, labels, 3, seed=0)).all()


@pytest.mark.parametrize("text", ["2", "0/5", "6/5", "1/1", "a/b", "1/2/3", "1/5000", ""])
def test_what_names_no_fold_is_refused(text):
    with pytest.raises(SettingError, match="fold is"):
        Fold.read(text)


def test_more_folds_than_different_pictures_are_refused():
    same = np.array([1, 1, 1, 2], dtype=np.uint64)
    with pytest.raises(SettingError, match="3 folds, and 2 different pictures"):
        require_folds(same, np.zeros(4, dtype=np.int64), 3)


def test_classes_with_fewer_pictures_than_folds_are_named():
    labels = np.repeat([0, 1], [3, 9])
    found = fold_notes(Fold(1, 5), labels == 0, 0, ClassAnnotations(labels, ("owl", "cat")))
    assert found[1:] == ("class 'owl' has 3 pictures, fewer than 5 folds: some test none",)
    many = ClassAnnotations(np.arange(5), tuple("abcde"))
    assert fold_notes(Fold(1, 2), np.ones(5, bool), 0, many)[-1] == "2 other classes likewise"


def test_one_group_cannot_be_divided():
    with pytest.raises(SettingError, match="2 folds, and 1 different"):
        require_folds(np.ones(9, dtype=np.uint64), np.zeros(9, dtype=np.int64), 2)


def test_a_class_of_one_group_is_refused_by_name():
    identity, labels = np.array([1, 2, 3, 3], dtype=np.uint64), np.array([0, 0, 1, 1])
    with pytest.raises(SettingError, match="class 'cat' has one picture or group"):
        require_folds(identity, labels, 2, ("ant", "cat"))


def test_splits_are_divided_anew():
    pixels = np.random.default_rng(0).integers(0, 256, (20, 8, 8, 3), dtype=np.uint8)
    whole = Dataset.whole(Array(pixels, "noise"), np.arange(20) % 2, ("a", "b"))
    splits = Splits(
        {"train": whole.subset(np.arange(15)), "val": whole.subset(np.arange(15, 20))}, "npz", Path()
    )
    tested = []
    for number in (1, 2, 3):
        found = refolded(splits, Fold(number, 3), seed=0, validation=0.2)
        assert set(found) == {"train", "val", "test"}
        places = np.concatenate([part.places for part in found.values()])
        assert sorted(places.tolist()) == list(range(20))
        tested += found["test"].places.tolist()
    assert sorted(tested) == list(range(20))
    assert in_order(found).places.tolist() == list(range(20))


def test_splits_of_several_data_sets_are_refused(tiny):
    with pytest.raises(SettingError, match="several data sets"):
        refolded(tiny, Fold(1, 3), seed=0, validation=0.1)
