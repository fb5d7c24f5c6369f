"""Mean IoU and what goes with it, on the literal case of the field."""

import pytest
import torch

from striate.records import Batch, MaskTargets
from striate.tasks.segmentation.mask_metric import MaskMetric, MaskMetrics, mean_iou

CLASSES = ("a", "b", "c")
TRUTH = torch.tensor([[[0, 0, 0, 0, 1, 1, 2, 255]]], dtype=torch.uint8)
GUESS = torch.tensor([[[0, 0, 0, 1, 1, 1, 0, 2]]])


def measured(truth: torch.Tensor, guess: torch.Tensor) -> MaskMetric:
    metric = MaskMetric(CLASSES)
    raw = torch.nn.functional.one_hot(guess, 3).movedim(-1, 1).float()
    metric.update(
        raw, Batch.full(torch.zeros(len(truth), 3, 1, 8), torch.arange(len(truth)), MaskTargets(truth))
    )
    return metric


def test_the_literal_case():  # table [[3,1,0],[0,2,0],[1,0,0]]: IoU 3/5, 2/3, 0; 5 of 7 pixels
    metric = measured(TRUTH, GUESS)
    found = metric.compute()
    assert metric.table.tolist() == [[3, 1, 0], [0, 2, 0], [1, 0, 0]]
    assert found.per_class == pytest.approx({"a": 3 / 5, "b": 2 / 3, "c": 0.0})
    assert found.miou == pytest.approx((3 / 5 + 2 / 3) / 3)
    assert found.pixel_accuracy == pytest.approx(5 / 7)
    assert found.dice == pytest.approx((6 / 8 + 4 / 5) / 3)


def test_a_class_without_a_true_pixel_is_left_out_of_the_mean():
    truth = torch.tensor([[[0, 0, 0, 0, 1, 1, 255, 255]]], dtype=torch.uint8)
    found = measured(truth, GUESS).compute()
    assert found.per_class["c"] is None
    assert found.miou == pytest.approx((3 / 4 + 2 / 3) / 2)


def test_images_are_measured_together_and_each_alone():
    right = torch.tensor([[[0, 0, 0, 0, 0, 0, 0, 0]]])
    found = measured(torch.cat([TRUTH, right.to(torch.uint8)]), torch.cat([GUESS, right])).compute()
    assert found.per_class["a"] == pytest.approx(11 / 13)
    assert found.per_image.tolist() == pytest.approx([(3 / 5 + 2 / 3) / 3, 1.0])
    assert found.interval[0] <= found.miou <= found.interval[1]


def test_other_processes_are_taken_in():
    both, one = measured(TRUTH.repeat(2, 1, 1), GUESS.repeat(2, 1, 1)), measured(TRUTH, GUESS)
    one.merge(measured(TRUTH, GUESS))
    assert one.compute() == both.compute()
    assert one.answers() == both.answers()


def test_nothing_measured_is_nothing_known():
    found = MaskMetric(CLASSES).compute()
    assert (found.count, found.miou, found.interval) == (0, None, None)
    ignored = measured(torch.full_like(TRUTH, 255), GUESS).compute()
    assert (ignored.miou, ignored.pixel_accuracy) == (None, None)
    assert ignored.per_image.isnan().all()


def test_metrics_are_read_again():
    found = measured(TRUTH, GUESS).compute()
    assert MaskMetrics.from_dict(found.to_dict()) == found
    assert "3 of 3 classes" in found.headline("1 picture")


def test_the_interval_is_that_of_the_whole_statistic():  # sets of one image alone are its ends
    truth = torch.cat([TRUTH, torch.zeros_like(TRUTH)])
    found = measured(truth, torch.cat([GUESS, torch.zeros_like(GUESS)])).compute()
    alone = mean_iou(torch.tensor([[3.0, 2, 0], [4, 2, 1], [4, 3, 0]]))
    assert found.interval == pytest.approx((float(alone), 1.0))
