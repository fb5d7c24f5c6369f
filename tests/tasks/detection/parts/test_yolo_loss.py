"""YOLO's losses with anchors, by hand: one cell row, one anchor of 10x10."""

import math

import pytest
import torch

from striate.records import BoxTargets
from striate.tasks.detection.parts.coders import CellCoder
from striate.tasks.detection.parts.priors import AnchorGrid
from striate.tasks.detection.parts.yolo_loss import YoloLoss

PRIORS = AnchorGrid([(10.0, 10.0)])((10, 30), ((1, 3),))
ONE = BoxTargets(torch.tensor([[10.0, 0.0, 20.0, 10.0]]), torch.tensor([1]), torch.tensor([1, 0]))


def raw(**changed):
    numbers = {"scores": torch.zeros(2, 3, 3), "offsets": torch.zeros(2, 3, 4)}
    return {name: one.clone().requires_grad_() for name, one in {**numbers, **changed}.items()}


def sums(numbers, targets=ONE, **own):
    return YoloLoss(CellCoder(), **own)(numbers, PRIORS, targets)


def test_an_exact_box_costs_nothing_and_everything_else_log_2():
    found = sums(raw())
    log2 = math.log(2)
    assert found.sums["box"].tolist() == pytest.approx([0, 0], abs=1e-6)
    assert found.sums["class"].tolist() == pytest.approx([log2, 0])  # two classes, undecided
    assert found.sums["object"].tolist() == pytest.approx([3 * log2, 3 * log2])  # sigmoid(0) for 1 and for 0
    assert found.positives.tolist() == [1, 0]


def test_confidence_is_taught_the_overlap():  # 5 pixels to the right: IoU 50 / 150, GIoU 1/3
    half = torch.zeros(2, 3, 4)
    half[0, 1, 0] = 50.0
    numbers = raw(offsets=half)
    found = sums(numbers, box_weight=2.0)
    assert found.sums["box"][0].item() == pytest.approx(2 * (1 - 1 / 3))
    found.sums["object"].sum().backward()
    assert numbers["scores"].grad[0, :, 0].tolist() == pytest.approx([0.5, 0.5 - 1 / 3, 0.5])
    assert numbers["offsets"].grad is None  # the overlap is a target: no gradient flows through it


def test_anchors_in_a_crowd_are_not_taught_that_nothing_is_there():
    crowd = BoxTargets(
        torch.tensor([[0.0, 0.0, 20.0, 10.0]]), torch.tensor([1]), torch.tensor([1, 0]), torch.tensor([True])
    )
    found = sums(raw(), crowd)
    assert found.sums["object"].tolist() == pytest.approx([math.log(2), 3 * math.log(2)])
    assert found.positives.tolist() == [0, 0]


def test_a_batch_without_any_object_has_finite_losses():
    nothing = BoxTargets(torch.zeros(0, 4), torch.zeros(0).long(), torch.tensor([0, 0]))
    numbers = raw()
    found = sums(numbers, nothing)
    total = sum(values.sum() for values in found.sums.values())
    total.backward()
    assert total.isfinite()
    assert numbers["offsets"].grad.abs().sum() == 0
