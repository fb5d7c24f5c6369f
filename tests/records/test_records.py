"""Answers as data: what they say, where they are in another picture, and as JSON."""

import json

import pytest
import torch

from striate.errors import LabelError, ShapeError
from striate.records import Classification, ClassTargets, Detections, Localization, Pose, Proposals, Sample
from striate.records.affine import scaling

PLACE = Localization(
    torch.tensor([2.0, 3.0, 8.0, 9.0]), 0.75, torch.tensor([0.25, 0.75]), ("cat", "dog"), "a.jpg"
)
POSE = Pose(
    torch.tensor([[1.0, 2.0], [3.0, 4.0]]), torch.tensor([1.0, 0.5]), ("nose", "tail"), ((0, 1),), "a.jpg"
)

FOUND = Detections(
    torch.tensor([[2.0, 3.0, 8.0, 9.0], [20.0, 20.0, 24.0, 28.0], [0.0, 0.0, 4.0, 4.0]]),
    torch.tensor([0.9, 0.7, 0.1]),
    torch.tensor([1, 0, 1]),
    ("cat", "dog"),
    "a.jpg",
)


def test_a_classification_is_the_same_in_every_picture():
    answer = Classification(torch.tensor([0.25, 0.75]), ("cat", "dog"))
    assert answer.moved(scaling(2, 2), (4, 4)) is answer


def test_a_box_goes_along_and_is_clipped():  # times 2, clipped at 10
    assert PLACE.moved(scaling(2, 2), (20, 10)).box.tolist() == [4, 6, 10, 18]


def test_without_an_object_nothing_is_said_of_it():
    absent = Localization(PLACE.box, 0.25, PLACE.scores, PLACE.classes).to_dict()
    assert (absent["present"], absent["box"], absent["class_name"]) == (False, None, None)


def test_points_go_along_even_outside():
    assert POSE.moved(scaling(1, 1, -2, 0), (4, 4)).points.tolist() == [[-1, 2], [1, 4]]


def test_boxes_go_along_and_those_outside_are_left_out():  # times 2, clipped at 10
    found = FOUND.moved(scaling(2, 2), (20, 10))
    assert found.boxes.tolist() == [[4, 6, 10, 18], [0, 0, 8, 8]]
    assert (found.labels.tolist(), found.scores.tolist()) == ([1, 1], FOUND.scores[[0, 2]].tolist())


def test_detections_in_a_line_name_the_most_frequent_classes_first():
    assert str(FOUND) == "a.jpg: 2 dog, 1 cat"
    assert FOUND.in_words(top=1) == "2 dog, 1 other"
    assert FOUND.above(0.95).in_words() == "nothing found"


def test_detections_come_back_from_json_bit_by_bit():
    again = Detections.from_dict(json.loads(FOUND.to_json()))
    assert torch.equal(again.boxes, FOUND.boxes)
    assert torch.equal(again.scores, FOUND.scores)
    assert torch.equal(again.labels, FOUND.labels)
    assert (again.classes, again.source) == (FOUND.classes, FOUND.source)
    empty = Detections.from_dict(FOUND.above(1.0).to_dict())
    assert (empty.boxes.shape, empty.labels.dtype) == ((0, 4), torch.int64)


def test_values_that_are_no_detections_are_refused():
    for values in ({}, {"objects": [{"box": [1, 2]}], "classes": ["a"]}, {"objects": 3, "classes": []}):
        with pytest.raises(ShapeError):
            Detections.from_dict(values)


@pytest.mark.parametrize("label", [-1, 2])
def test_detections_of_no_class_are_refused(label):
    with pytest.raises(LabelError, match=r"0\.\.1"):
        Detections(torch.zeros(1, 4), torch.ones(1), torch.tensor([label]), ("cat", "dog"))


@pytest.mark.parametrize("record", [PLACE, POSE, FOUND], ids=["localization", "pose", "detections"])
def test_records_are_json(record):
    values = json.loads(record.to_json())
    assert values == record.to_dict()
    assert values["source"] == "a.jpg"


@pytest.mark.parametrize(
    "make",
    [
        lambda: Localization(torch.zeros(3), 1.0, torch.ones(1), ("a",)),
        lambda: Localization(torch.zeros(4), 1.0, torch.ones(2), ("a",)),
        lambda: Detections(torch.zeros(2, 5), torch.ones(2), torch.zeros(2).long(), ("a",)),
        lambda: Detections(torch.zeros(2, 4), torch.ones(1), torch.zeros(2).long(), ("a",)),
        lambda: Detections(torch.zeros(2, 4), torch.ones(2), torch.zeros(2), ("a",)),
        lambda: Pose(torch.zeros(2, 3), torch.ones(2), ("a", "b")),
        lambda: Pose(torch.zeros(2, 2), torch.ones(1), ("a", "b")),
        lambda: Sample(torch.zeros(3, 2, 2, dtype=torch.uint8), ClassTargets(torch.tensor([1, 2]))),
    ],
)
def test_shapes_that_do_not_belong_together_are_refused(make):
    with pytest.raises(ShapeError):
        make()


PROPOSED = Proposals(
    torch.tensor([[2.0, 3.0, 8.0, 9.0], [20.0, 20.0, 24.0, 28.0]]), torch.tensor([1.0, 0.5]), "a.jpg"
)


def test_proposals_go_along_are_clipped_and_those_outside_are_left_out():  # times 2, clipped at 10
    found = PROPOSED.moved(scaling(2, 2), (20, 10))
    assert (found.boxes.tolist(), found.scores.tolist()) == ([[4, 6, 10, 18]], [1])


def test_proposals_come_back_from_json_and_without_scores_keep_their_order():
    again = Proposals.from_dict(json.loads(PROPOSED.to_json()))
    assert torch.equal(again.boxes, PROPOSED.boxes)
    assert (again.scores.tolist(), again.source) == ([1, 0.5], "a.jpg")
    assert Proposals.from_dict({"boxes": [[0, 0, 1, 1]] * 4}).scores.tolist() == [1, 0.75, 0.5, 0.25]
    assert len(Proposals.from_dict({"boxes": []})) == 0


def test_proposals_in_a_line_are_counted():
    assert str(PROPOSED) == "a.jpg: 2 proposals"
    assert PROPOSED.best(1).in_words() == "1 proposal"


@pytest.mark.parametrize("boxes", [[[1, 2]], 5, None, [["a", 0, 1, 1]]])
def test_what_is_no_proposals_is_refused(boxes):
    with pytest.raises(ShapeError):
        Proposals.from_dict({"boxes": boxes})
    with pytest.raises(ShapeError):
        Proposals.from_dict({"boxes": [[0, 0, 1, 1]], "scores": []})
