"""The first YOLO: its outputs, its boxes and its loss, by hand."""

import json

import pytest
import torch

from striate.backbones.resnet import basic_resnet
from striate.errors import SettingError
from striate.records import Batch, BoxTargets
from striate.tasks.detection.networks.yolo_v1 import YoloV1
from striate.zoo.build import detector

SIZE = (70, 70)


def network(classes=2, **own):
    torch.manual_seed(0)
    return YoloV1(basic_resnet(18, classes=1, in_channels=3, width=0.125), classes, width=16, **own)


def raw(classes=2):
    """Nothing anywhere but in the cell of row 3, column 2: two boxes of which the second is right."""
    cells = torch.zeros(1, 49, 10 + classes)
    cells[0, 3 * 7 + 2, :12] = torch.tensor(
        [0.5, 0.5, 0.1**0.5, 0.1**0.5, 0.2, 0.5, 0.5, 0.2**0.5, 0.2**0.5, 0.9, 0.25, 1.0]
    )
    return {"cells": cells.requires_grad_()}


# centre (25, 35): the middle of column 2, row 3; 14 pixels are 0.2 of 70
ONE = BoxTargets(torch.tensor([[18.0, 28.0, 32.0, 42.0]]), torch.tensor([1]), torch.tensor([1]))


def test_outputs_have_the_sizes_of_the_papers(shared_data):
    cases = json.loads((shared_data.parent / "conformance" / "detection.json").read_text())["cases"]
    (case,) = [one["expected"] for one in cases if one["group"] == "yolo"]
    images = torch.zeros(1, 3, 64, 64)
    assert network(20)(images)["cells"].numel() == case["paper_7x7x(5*2+20)"] == 1470
    assert network(20, boxes=3)(images)["cells"].numel() == case["darknet_yolov1.cfg_7*7*(3*5+20)"] == 1715
    assert network(20).candidates(network(20)(images), (64, 64)).boxes.shape[1] == case["98_boxes"]
    v2 = detector("yolo", [str(number) for number in range(20)], width=0.125, channels=16)(images)
    numbers = v2["scores"].numel() + v2["offsets"].numel()
    assert numbers == 64 * case["yolov2_voc_filters_5*(5+20)"]  # a grid of 8 x 8


def test_boxes_are_decoded_from_their_cell_and_their_roots():
    boxes, scores = network().candidates(raw(), SIZE)
    best = 2 * (3 * 7 + 2) + 1
    assert boxes[0, best].tolist() == pytest.approx([18, 28, 32, 42], abs=1e-4)
    assert scores[0, best].tolist() == pytest.approx([0.225, 0.9])
    assert scores[0].sum().item() == pytest.approx(1.25 * (0.2 + 0.9))


def test_the_loss_is_equation_3():  # the second box is exact: only confidences and classes are off
    numbers = raw()
    found = network().loss_sums(numbers, ONE, SIZE)
    assert found.sums["box"].item() == pytest.approx(0, abs=1e-9)
    assert found.sums["object"].item() == pytest.approx((0.9 - 1) ** 2 + 0.5 * 0.2**2, abs=1e-5)
    assert found.sums["class"].item() == pytest.approx(0.25**2)
    sum(found.sums.values()).sum().backward()
    assert numbers["cells"].grad[0, 3 * 7 + 2, 4].item() == pytest.approx(0.5 * 2 * 0.2)


def test_places_count_five_times():  # x off by 0.1 of a cell
    numbers = raw()
    with torch.no_grad():
        numbers["cells"][0, 3 * 7 + 2, 5] += 0.1
    assert network().loss_sums(numbers, ONE, SIZE).sums["box"].item() == pytest.approx(5 * 0.01, rel=1e-3)


def test_without_objects_only_confidence_is_taught():
    nothing = BoxTargets(torch.zeros(0, 4), torch.zeros(0).long(), torch.tensor([0]))
    found = network().loss_sums(raw(), nothing, SIZE)
    assert (found.sums["box"].item(), found.sums["class"].item()) == (0, 0)
    assert found.sums["object"].item() == pytest.approx(0.5 * (0.2**2 + 0.9**2))


def test_losses_reach_every_parameter():
    model = detector("yolo_v1", ["cat", "dog"], width=0.125, channels=16).train()
    batch = Batch.full(torch.rand(2, 3, 320, 320), torch.arange(2), model.example_targets(2))
    sum(model.losses(batch).values()).backward()
    assert [name for name, one in model.named_parameters() if one.grad is None] == []


def test_a_grid_of_nothing_is_refused():
    with pytest.raises(SettingError, match="grid is 0"):
        network(grid=0)
