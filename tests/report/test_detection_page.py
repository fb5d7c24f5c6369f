"""The cards of a detector's page."""

import re
from types import SimpleNamespace

import numpy as np
import pytest
import torch

from striate.data.annotations.box_annotations import BoxAnnotations
from striate.data.dataset import Dataset
from striate.data.image_store import Array
from striate.records import Batch, BoxTargets, Detections
from striate.report.detection_page import answers, classes, drawn_from, errors, proposals, tiles
from striate.tasks.detection.ap_metric import ApMetric
from striate.tasks.detection.proposer.given_boxes import with_boxes
from striate.tasks.detection.proposer.window_proposals import WindowProposals
from striate.zoo.build import detector

NAMES = ("cat", "<dog>")
BOXES = torch.tensor([[0.0, 0, 40, 40], [50, 50, 90, 90]])
TARGETS = BoxTargets(BOXES, torch.tensor([0, 1]), torch.tensor([2]))


def page(records):
    metric = ApMetric(NAMES, lambda raw, sizes: raw)
    if records:
        batch = Batch.full(torch.zeros(1, 3, 100, 100, dtype=torch.uint8), torch.arange(1), TARGETS)
        metric.update(records, batch)
    return SimpleNamespace(evaluation=SimpleNamespace(metric=metric, metrics=metric.compute()))


def found(labels):
    return [Detections(BOXES, torch.tensor([0.9, 0.8]), torch.tensor(labels), NAMES)]


def test_classes_are_listed_the_worst_first_with_their_curves():
    body = classes(page(found([0, 0]))).body  # the dog is taken for a cat
    assert body.index("&lt;dog&gt;") < body.index("<bdi>cat")
    assert "0.0 %" in body
    assert "<svg" in body


def test_errors_are_counted_by_kind_with_what_mending_them_would_give():
    body = errors(page(found([0, 0]))).body
    assert "wrong class" in body
    assert "50.0" in body  # AP50 of the dog, 1 of 2 classes


def test_a_detector_that_found_nothing_gains_nothing_and_has_no_best_score():
    nothing = page([Detections(BOXES[:0], torch.empty(0), torch.empty(0, dtype=torch.int64), NAMES)])
    assert re.search(r'missed</th><td class="number">2</td><td class="number">–', errors(nothing).body)
    assert "highest" not in classes(nothing).body
    assert "highest" in classes(page(found([0, 1]))).body


def test_a_table_of_confusions_that_is_not_drawn_is_not_explained(monkeypatch):
    assert "table of confusions" in errors(page(found([0, 0]))).body
    monkeypatch.setattr("striate.report.detection_page.TAKEN", 1)
    assert "table of confusions" not in errors(page(found([0, 0]))).body


def test_tiles_leave_the_numbers_of_classes_to_their_card():
    names = [tile.name for tile in tiles(page(found([0, 1])))]
    assert names[:2] == ["AP50", "AP"]
    assert not any("cat" in name or "dog" in name for name in names)


def test_a_page_about_no_picture_is_empty_and_whole():
    empty = page([])
    assert "–" in classes(empty).body
    assert "missed" in errors(empty).body


@pytest.mark.parametrize(("name", "own"), [("fast_rcnn", {"proposer": "windows"}), ("faster_rcnn", {})])
def test_what_the_first_stage_finds_is_measured_and_drawn(name, own):
    model = detector(name, ["cat", "dog"], width=0.125, channels=8, proposals=20, **own)
    pixels = np.zeros((2, 40, 60, 3), np.uint8)
    known = BoxAnnotations(
        np.array([[0, 0, 60, 40], [5, 5, 9, 9]], np.float32),
        np.array([0, 1], np.int32),
        np.array([1, 2]),
        NAMES,
    )
    part = Dataset(Array(pixels, "made"), known, np.arange(2))
    run = SimpleNamespace(model=model, split="test")
    body = proposals(SimpleNamespace(run=run, splits={"test": part})).body
    assert "in 2 pictures" in body
    assert "mean best overlap" in body
    assert "<svg" in body


def test_objects_are_drawn_from_the_score_with_the_best_f1_on():
    model = detector("yolo", ["cat", "<dog>"], width=0.125, channels=8)
    known = page(found([0, 1]))
    known.run = SimpleNamespace(model=model)
    assert drawn_from(known) == known.evaluation.metrics.threshold[0]
    nothing = page([])
    nothing.run = known.run
    assert drawn_from(nothing) == model.network.finish.score_threshold


def test_proposals_that_the_data_carry_are_measured_and_answered_by():
    model = detector("fast_rcnn", ["cat", "dog"], width=0.125, channels=8, proposals=20, proposer="file")
    known = BoxAnnotations(
        np.array([[0, 0, 60, 40]], np.float32), np.array([0], np.int32), np.array([1]), NAMES
    )
    pixels = np.zeros((1, 40, 60, 3), np.uint8)
    bare = Dataset(Array(pixels, "made"), known, np.arange(1))
    parts, _ = with_boxes({"test": bare}, WindowProposals(), None)
    one = page(found([0, 1]))
    one.run, one.splits = SimpleNamespace(model=model, split="test"), parts
    assert "in 1 picture" in proposals(one).body
    (record,) = answers(one, [parts["test"][0]])
    assert isinstance(record, Detections)


def test_a_detector_that_looks_once_has_no_card_of_proposals():
    run = SimpleNamespace(model=detector("yolo", ["cat"], width=0.125, channels=8))
    assert proposals(SimpleNamespace(run=run)) is None
