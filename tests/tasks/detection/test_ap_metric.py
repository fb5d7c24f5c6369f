"""The numbers of a detector, by hand."""

import pytest
import torch

from striate.records import Batch, BoxTargets, Detections
from striate.tasks.detection.ap_metric import ApMetric, DetectionMetrics

CLASSES = ("cat", "dog")
BOXES = torch.tensor([[0.0, 0, 40, 40], [50, 50, 90, 90]])
# image 0: a cat and a dog; image 1: nothing; image 2: a cat
TARGETS = BoxTargets(torch.cat([BOXES, BOXES[:1]]), torch.tensor([0, 1, 0]), torch.tensor([2, 0, 1]))
BATCH = Batch.full(torch.zeros(3, 3, 100, 100, dtype=torch.uint8), torch.arange(3), TARGETS)


def record(boxes, scores, labels):
    return Detections(boxes, torch.tensor(scores), torch.tensor(labels, dtype=torch.int64), CLASSES)


EXACT = [record(BOXES, [0.9, 0.8], [0, 1]), record(BOXES[:0], [], []), record(BOXES[:1], [0.7], [0])]


def measured(records):
    metric = ApMetric(CLASSES, lambda raw, sizes: raw, lambda raw, batch: torch.tensor([1.0, 2.0, 3.0]))
    metric.update(records, BATCH)
    return metric


def test_exact_boxes_have_all_precision():
    metric = measured(EXACT)
    found = metric.compute()
    assert (found.primary.name, found.primary.value) == ("AP50", pytest.approx(1))
    assert found.values["AP"] == pytest.approx(1)
    assert found.others_in_words()["AP"] == "100 %"
    assert found.per_class == {"cat": pytest.approx(1), "dog": pytest.approx(1)}
    assert found.interval == pytest.approx((1, 1))
    assert metric.loss() == 2.0
    assert metric.answers() == ["1 cat, 1 dog", "nothing found", "1 cat"]


def test_each_image_has_the_ap_of_its_own_objects():  # the dog of image 0 is missed
    metric = measured([record(BOXES[:1], [0.9], [0]), *EXACT[1:]])
    found = metric.compute()
    assert found.per_image[[0, 2]].tolist() == [0.5, 1.0]
    assert found.per_image[1].isnan()
    assert found.per_class == {"cat": pytest.approx(1), "dog": 0}
    low, high = found.interval
    assert (low, high) == (0.5, 1.0)  # sets of cats alone, and with the missed dog


def test_the_best_threshold_lies_between_right_and_wrong():  # a wrong dog at 0.4
    wrong = record(torch.cat([BOXES, BOXES[1:] - 50]), [0.9, 0.8, 0.4], [0, 1, 1])
    threshold, f1 = measured([wrong, *EXACT[1:]]).compute().threshold
    assert 0.4 < threshold <= 0.7
    assert f1 == 1


def test_ignored_objects_count_neither_way():
    targets = BoxTargets(TARGETS.boxes, TARGETS.labels, TARGETS.counts, torch.tensor([False, True, False]))
    metric = ApMetric(CLASSES, lambda raw, sizes: raw)
    metric.update(EXACT, Batch.full(BATCH.images, BATCH.indices, targets))
    found = metric.compute()
    assert found.per_class == {"cat": pytest.approx(1), "dog": None}
    assert metric.loss() is None


def test_nothing_measured_nothing_known():
    found = ApMetric(CLASSES, lambda raw, sizes: raw).compute()
    assert (found.count, found.primary.value, found.interval, found.threshold) == (0, None, None, None)


def test_parts_that_are_merged_are_the_whole():
    first, second = measured(EXACT), measured(EXACT)
    first.merge(second)
    assert first.compute().count == 6


def test_metrics_come_back_from_json():
    found = measured(EXACT).compute()
    assert DetectionMetrics.from_dict(found.to_dict()) == found
    assert "AP50 100 % on 3 val pictures" in found.headline("3 val pictures")
