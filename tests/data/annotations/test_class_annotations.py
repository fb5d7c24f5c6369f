"""One class for each picture, in columns."""

from time import perf_counter

import numpy as np
import pytest
import torch

from striate.data.annotations.class_annotations import ClassAnnotations
from striate.errors import LabelError

WHOLE = ClassAnnotations(np.array([1, 0, 1, 2]), ("ant", "bee", "cat"))


def test_a_subset_and_its_complement_join_to_all():
    first, second = WHOLE.subset(np.array([0, 1])), WHOLE.subset(np.array([2, 3]))
    assert first.joined([second]).labels.tolist() == WHOLE.labels.tolist()


def test_targets_are_in_the_order_asked_for():
    assert WHOLE.collate(torch.tensor([3, 0])).labels.tolist() == [2, 1]


def test_classes_are_those_of_the_model_by_name():
    assert WHOLE.remap(("cat", "dog", "bee", "ant")).labels.tolist() == [2, 3, 2, 0]
    with pytest.raises(LabelError, match="does not know the classes cat"):
        WHOLE.remap(("ant", "bee"))


def test_what_is_known_of_a_picture_in_words():
    assert [WHOLE.words(index) for index in range(2)] == ["bee", "ant"]
    assert (WHOLE.counts().tolist(), WHOLE.strata().tolist()) == ([1, 2, 1], [1, 0, 1, 2])


def test_another_label_is_another_fingerprint():
    assert WHOLE.fingerprint() != WHOLE.subset(np.array([0, 1, 2, 2])).fingerprint()


def test_classes_that_training_never_sees_are_found():  # bee, ant in train; bee and cat in val
    kinds = {(one.kind, one.source) for one in WHOLE.findings(np.array([0, 0, 1, 1], dtype=np.int8))}
    assert kinds == {("unseen", "cat"), ("unmeasured", "ant")}


def test_findings_of_a_hundred_thousand_classes_come_in_seconds():
    begun = perf_counter()
    names = tuple(f"class number {number}" for number in range(100_000))
    whole = ClassAnnotations(np.arange(100_000), names)
    split = np.where(np.arange(100_000) < 99_990, 0, 1).astype(np.int8)  # ten classes only in val
    found = whole.findings(split)
    assert sum(one.kind == "unseen" for one in found) == 10
    assert sum(one.kind == "unmeasured" for one in found) == 99_990
    assert perf_counter() - begun < 20
