"""Boxes in columns."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

from striate.data.annotations.box_annotations import BoxAnnotations
from striate.data.annotations.origin import Origin
from striate.data.image_store import Files
from striate.errors import LabelError, ShapeError

# picture 0: a cat; picture 1: nothing; picture 2: a dog and a cat
BOXES = np.array([[0, 0, 1, 1], [2, 2, 4, 4], [5, 5, 9, 9]], np.float32)
SOME = BoxAnnotations(
    BOXES, np.array([0, 1, 0], np.int32), np.array([1, 1, 3]), ("cat", "dog"), {"crowd": np.array([0, 1, 0])}
)


def test_a_subset_takes_the_boxes_of_its_pictures_in_their_order():
    some = SOME.subset(np.array([2, 0]))
    assert some.boxes[:, 0].tolist() == [2, 5, 0]
    assert some.labels.tolist() == [1, 0, 0]
    assert some.ends.tolist() == [2, 3]
    assert some.columns["crowd"].tolist() == [1, 0, 0]


def test_a_choice_of_boxes_keeps_all_pictures():
    some = SOME.where(np.array([True, False, True]))
    assert some.ends.tolist() == [1, 1, 2]
    assert some.boxes[:, 0].tolist() == [0, 5]


def test_targets_hold_one_table_and_the_number_of_each_picture():
    targets = SOME.collate(torch.tensor([1, 2]))
    assert targets.counts.tolist() == [0, 2]
    assert targets.labels.tolist() == [1, 0]
    assert targets.boxes.tolist() == BOXES[1:].tolist()


def test_parts_that_are_joined_are_the_whole():
    parts = [SOME.subset(np.array([index])) for index in range(3)]
    assert parts[0].joined(parts[1:]).fingerprint() == SOME.fingerprint()


def test_counts_strata_and_words():
    assert SOME.counts().tolist() == [2, 1]
    assert SOME.strata().tolist() == [0, 2, 1]  # a dog is rarer than a cat; no box is a group of its own
    assert SOME.words(2) == "cat at 5, 5, 9, 9; dog at 2, 2, 4, 4"
    assert SOME.words(1) == "no box"


def test_class_numbers_become_those_of_a_model_by_name():
    assert SOME.remap(("dog", "cow", "cat")).labels.tolist() == [2, 0, 2]
    with pytest.raises(LabelError, match="the model does not know the classes dog"):
        SOME.remap(("cat",))


def test_a_class_that_no_training_picture_shows_is_found():
    kinds = [(one.kind, one.source) for one in SOME.findings(np.array([0, 0, 1], np.int8))]
    assert kinds == [
        ("unseen", "dog"),
        ("one-pixel", "box 0"),
        ("one-example", "dog"),
        ("crowd", "annotations"),
        ("no-box", "annotations"),
    ]


def test_columns_of_pictures_go_along_and_say_where_a_box_is_written():
    some = replace(
        SOME,
        columns={"line": np.array([1, 1, 2])},
        pictures={"file": np.array([0, 1, 2]), "size": np.array([[4, 6], [5, 7], [6, 8]])},
        origin=Origin(Files(Path("d"), ["a.txt", "b.txt", "c.txt"])),
    )
    assert [some.place(row) for row in range(3)] == ["d/a.txt:1", "d/c.txt:1", "d/c.txt:2"]
    part = some.subset(np.array([2]))
    assert [part.place(row) for row in range(2)] == ["d/c.txt:1", "d/c.txt:2"]
    assert part.sizes().tolist() == [[6, 8], [6, 8]]
    assert part.fingerprint() == replace(part, columns={}).fingerprint()  # not where it is written
    assert part.fingerprint() != replace(part, labels=part.labels[::-1]).fingerprint()


def test_columns_that_do_not_fit_are_refused():
    with pytest.raises(ShapeError, match=r"expected: \(3, 4\) and 3 rows"):
        BoxAnnotations(BOXES, np.array([0], np.int32), np.array([3]), ("cat",))


def test_crowds_and_difficult_objects_are_ignored():
    one = BoxAnnotations(
        np.zeros((3, 4), np.float32),
        np.zeros(3, np.int32),
        np.array([1, 3]),
        ("cat",),
        {"crowd": np.array([True, False, False]), "difficult": np.array([False, False, True])},
    )
    assert one.collate(torch.tensor([1, 0])).unclear.tolist() == [False, True, True]


def test_proposals_go_with_their_pictures():
    none = np.zeros(3, np.int32)
    found = BoxAnnotations(BOXES + 1, none, np.array([0, 1, 3]), ("proposal",))
    some = replace(SOME, proposals=found)
    assert some.subset(np.array([2])).proposals.boxes.tolist() == (BOXES[1:] + 1).tolist()
    assert some.where(np.zeros(3, np.bool_)).proposals is found
    assert some.joined([some]).proposals.ends.tolist() == [0, 1, 3, 3, 4, 6]
    assert some.joined([SOME]).proposals is None
    targets = some.collate(torch.tensor([0, 1]))
    assert targets.proposals.counts.tolist() == [0, 1]
    assert some.fingerprint() == SOME.fingerprint()
    with pytest.raises(ShapeError, match="proposals are of 3 pictures"):
        replace(SOME.subset(np.array([0])), proposals=found)
