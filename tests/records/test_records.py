"""Answers as data: what they say, where they are in another picture, and as JSON."""

import json

import pytest
import torch

from striate.errors import ShapeError
from striate.records import Classification, Localization, Pose, Sample
from striate.records.affine import scaling
from striate.records.targets import ClassTargets

PLACE = Localization(
    torch.tensor([2.0, 3.0, 8.0, 9.0]), 0.75, torch.tensor([0.25, 0.75]), ("cat", "dog"), "a.jpg"
)
POSE = Pose(
    torch.tensor([[1.0, 2.0], [3.0, 4.0]]), torch.tensor([1.0, 0.5]), ("nose", "tail"), ((0, 1),), "a.jpg"
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


@pytest.mark.parametrize("record", [PLACE, POSE], ids=["localization", "pose"])
def test_records_are_json(record):
    values = json.loads(record.to_json())
    assert values == record.to_dict()
    assert values["source"] == "a.jpg"


@pytest.mark.parametrize(
    "make",
    [
        lambda: Localization(torch.zeros(3), 1.0, torch.ones(1), ("a",)),
        lambda: Localization(torch.zeros(4), 1.0, torch.ones(2), ("a",)),
        lambda: Pose(torch.zeros(2, 3), torch.ones(2), ("a", "b")),
        lambda: Pose(torch.zeros(2, 2), torch.ones(1), ("a", "b")),
        lambda: Sample(torch.zeros(3, 2, 2, dtype=torch.uint8), ClassTargets(torch.tensor([1, 2]))),
    ],
)
def test_shapes_that_do_not_belong_together_are_refused(make):
    with pytest.raises(ShapeError):
        make()
