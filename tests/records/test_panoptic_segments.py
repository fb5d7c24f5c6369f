"""Two answers to one picture become segments, no pixel in two; worked by hand on a row of pixels."""

import pytest
import torch

from striate.errors import ShapeError
from striate.ops import panoptic_counts, panoptic_quality
from striate.records import BitMasks, Detections, MaskCrops, Segmentation, panoptic


def objects(rows, scores, labels=None, classes=("cow", "dog")):
    masks = torch.tensor(rows)[:, None] > 0
    numbers = torch.tensor(labels or [0] * len(rows))
    boxes = torch.tensor([[0.0, 0, masks.shape[2], 1]]).repeat(len(rows), 1)
    return Detections(boxes, torch.tensor(scores), numbers, classes, "", BitMasks(MaskCrops.of(masks)))


def test_the_better_score_takes_the_pixels_that_two_objects_have():
    found = panoptic(objects([[1, 1, 1, 1, 0, 0], [0, 0, 0, 1, 1, 0]], [0.6, 0.9]))
    assert found.segments.tolist() == [[1, 1, 1, 0, 0, -1]]
    assert found.names == ("cow 1", "cow 2")


def test_an_object_that_keeps_less_than_half_of_its_pixels_is_left_out():
    found = panoptic(objects([[1, 1, 1, 1, 0, 0], [1, 1, 1, 0, 0, 0]], [0.6, 0.9]))
    assert found.segments.tolist() == [[0, 0, 0, -1, -1, -1]]
    assert found.labels.tolist() == [0]


def test_stuff_gets_what_no_object_has_and_classes_that_are_things_get_nothing():
    stuff = Segmentation.of(torch.tensor([[0, 1, 1, 2, 3, 3]]), ("background", "cow", "sky", "grass"))
    found = panoptic(objects([[1, 1, 0, 0, 0, 0], [0, 0, 0, 0, 1, 0]], [0.9, 0.8], [0, 1]), stuff)
    assert found.classes == ("cow", "dog", "sky", "grass")
    assert found.names == ("cow 1", "dog 1", "sky", "grass")
    assert found.segments.tolist() == [[0, 0, -1, 2, 1, 3]]
    assert found.labels.tolist() == [0, 1, 2, 3]
    assert found.things == 2
    record = found.segmentation()
    assert record.classes == ("background", "cow 1", "dog 1", "sky", "grass")
    assert record.mask.tolist() == [[1, 1, 0, 3, 2, 4]]


def test_pixels_that_nobody_knows_and_no_object_stay_empty():
    stuff = Segmentation.of(torch.tensor([[255, 0, 0]]), ("sky",))
    found = panoptic(objects([[0, 0, 1]], [0.5]).where(torch.zeros(1) > 0), stuff)
    assert found.segments.tolist() == [[-1, 0, 0]]
    assert found.names == ("sky",)


def test_its_segments_are_what_panoptic_quality_counts():
    truth = panoptic(objects([[1, 1, 1, 0], [0, 0, 0, 1]], [1.0, 1.0]))
    guess = panoptic(objects([[1, 1, 0, 0], [0, 0, 1, 1]], [0.9, 0.8]))
    sides = truth.segments, truth.labels, guess.segments, guess.labels
    found = panoptic_quality(panoptic_counts(*sides, classes=2))
    assert found.quality[0] == pytest.approx(2 / 3 / 2)  # IoU 2/3 meets, 1/2 does not: 2/3 / (1 + 1/2 + 1/2)


def test_what_does_not_belong_together_is_refused():
    with pytest.raises(ShapeError, match="the objects have no masks"):
        panoptic(Detections(torch.zeros(0, 4), torch.zeros(0), torch.zeros(0).long(), ("cow",)))
    with pytest.raises(ShapeError, match=r"picture of \(1, 2\), classes on one of \(1, 3\) pixels"):
        panoptic(objects([[1, 0]], [0.5]), Segmentation.of(torch.zeros(1, 3).long(), ("sky",)))
