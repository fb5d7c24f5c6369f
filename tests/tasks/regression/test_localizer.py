"""Where the one object is, by hand."""

import math

import numpy as np
import pytest
import torch

from striate.data.annotations.box_annotations import BoxAnnotations
from striate.data.preprocess import Preprocess
from striate.errors import DataError
from striate.records import Batch, BoxTargets
from striate.tasks.regression.box_metric import BoxMetric, BoxMetrics
from striate.tasks.regression.localizer import Localizer
from striate.tasks.regression.object_losses import corners_of, edge_losses, middles_of, object_losses
from striate.zoo.networks import create

CLASSES = ("cat", "dog")
# images of 10 x 20 (H, W): a dog at 5, 2, 15, 8, and nothing
TARGETS = BoxTargets(torch.tensor([[5.0, 2.0, 15.0, 8.0]]), torch.tensor([1]), torch.tensor([1, 0]))
BATCH = Batch.full(torch.zeros(2, 3, 10, 20, dtype=torch.uint8), torch.arange(2), TARGETS)
# Pc, bx, by, bh, bw, c1, c2: the middle is (10, 5), 6 high and 10 wide
EXACT = torch.tensor([[9.0, 0.5, 0.5, 0.6, 0.5, 0.0, 9.0], [-9.0, 0.1, 0.1, 0.1, 0.1, 9.0, 0.0]])


def test_corners_and_middles_are_inverse():
    boxes = torch.rand(5, 4, generator=torch.Generator().manual_seed(0))
    assert torch.allclose(middles_of(corners_of(boxes)), boxes, atol=1e-6)


def test_with_nothing_there_only_presence_has_a_loss():
    y = EXACT.clone().requires_grad_()
    losses = object_losses(y, BATCH, "l2", box_weight=2.0)
    assert losses["class"].tolist() == [pytest.approx(math.log(1 + math.exp(-9)), rel=1e-3), 0.0]
    assert losses["box"].tolist() == [pytest.approx(0.0, abs=1e-12), 0.0]
    torch.stack(list(losses.values())).sum().backward()
    assert y.grad[1, 1:].tolist() == [0.0] * 6  # Pc = 0: all else is masked


def test_a_box_that_is_off_costs_its_weighted_distance():  # bx off by .1, bh by .2; squared .01 + .04
    y = EXACT.clone()
    y[0, 1] += 0.1
    y[0, 3] -= 0.2
    assert object_losses(y, BATCH, "l2", 2.0)["box"][0] == pytest.approx(0.1)
    assert object_losses(y, BATCH, "l1", 2.0)["box"][0] == pytest.approx(0.6)


def test_the_overlap_costs_its_weight():  # 2 of 10 pixels beside: 8 * 6 of 12 * 6, which also enclose both
    y = EXACT.clone()
    assert object_losses(y, BATCH, "l1", 1.0, 3.0)["overlap"].tolist() == pytest.approx([0, 0], abs=1e-5)
    y[0, 1] += 0.1
    assert object_losses(y, BATCH, "l1", 1.0, 3.0)["overlap"].tolist() == pytest.approx(
        [3 * (1 - 48 / 72), 0]
    )
    y[0, 3:5] *= -1  # right before left, bottom above top: no gain
    assert object_losses(y, BATCH, "l1", 1.0, 3.0)["overlap"][0] == pytest.approx(1)
    assert "overlap" not in object_losses(y, BATCH, "l1", 1.0)


def test_a_batch_without_any_object_has_finite_losses():
    nothing = BoxTargets(torch.empty(0, 4), torch.empty(0).long(), torch.zeros(2).long())
    losses = object_losses(EXACT, Batch.full(BATCH.images, BATCH.indices, nothing), "l1", 1.0, 1.0)
    assert all(values.isfinite().all() for values in losses.values())


def test_the_peak_of_a_map_may_lie_anywhere_on_its_edge():
    # 10 x 5 positions of 20 x 10 pixels and a ring: the left edge at 5 is in column 2 + 1, the right one at
    # 15 in column 7 + 1; the top at 2 is between rows 0 + 1 and 1 + 1, the bottom at 8 between 3 + 1, 4 + 1
    def loss(**peaks: tuple[int, int]) -> float:
        maps = torch.zeros(2, 4, 7, 12)
        exact = {"left": (3, 3), "top": (1, 6), "right": (3, 8), "bottom": (5, 6)}
        for edge, (row, column) in enumerate((exact | peaks).values()):
            maps[0, edge, row, column] = 6.0
        losses = edge_losses(maps, BATCH, box_weight=1.0)
        assert losses[1] == 0.0  # nothing is there
        return losses[0].item()

    assert loss(left=(1, 3)) == loss(right=(5, 8)) == pytest.approx(loss())
    assert loss(top=(2, 6)) == loss(bottom=(4, 2)) == pytest.approx(loss())
    assert min(loss(left=(3, 5)), loss(top=(4, 6)), loss(right=(3, 7)), loss(bottom=(1, 6))) > loss() + 0.005


def measured(y: torch.Tensor) -> BoxMetrics:
    metric = BoxMetric(CLASSES)
    metric.update(y, BATCH)
    return metric.compute()


def test_right_answers_are_counted():
    found = measured(EXACT)
    assert list(found.values.values()) == [1.0, pytest.approx(1.0), 1.0, 1.0]


def test_a_box_that_overlaps_too_little_or_a_wrong_class_is_wrong():
    y = EXACT.clone()
    y[0, 4] = 0.26  # 5.2 of 10 pixels wide: IoU 0.52
    assert measured(y).localized == 1.0
    y[0, 4] = 0.2  # 4 of 10 pixels wide
    found = measured(y)
    assert (found.localized, found.mean_iou) == (0.5, pytest.approx(0.4))
    y = EXACT.clone()
    y[0, 5] = 20.0
    found = measured(y)
    assert (found.localized, found.mean_iou, found.accuracy) == (0.5, pytest.approx(1.0), 0.0)


def test_an_object_that_is_not_seen_has_no_overlap():
    y = EXACT.clone()
    y[0, 0] = -1.0
    found = measured(y)
    assert (found.localized, found.mean_iou, found.presence) == (0.5, 0.0, 0.5)
    assert BoxMetrics.from_dict(found.to_dict()) == found


def test_answers_are_classes_or_nothing():
    metric = BoxMetric(CLASSES)
    metric.update(EXACT, BATCH)
    assert metric.answers() == ["dog", "nothing"]


def localizer(head: str = "map") -> Localizer:
    torch.manual_seed(0)
    return Localizer(create("resnet20", classes=1), CLASSES, Preprocess((32, 32)), head=head)  # type: ignore[arg-type]


def test_records_are_in_pixels_and_say_whether_something_is_there():
    model = localizer()
    first, second = model.decode(EXACT, torch.tensor([[32, 32]] * 2))
    assert (first.present, first.class_name) == (True, "dog")
    assert first.box.tolist() == pytest.approx([0.25 * 32, 0.2 * 32, 0.75 * 32, 0.8 * 32])
    assert not second.present
    assert model.decode(EXACT, torch.tensor([[32, 32]] * 2), threshold=1e-9)[1].present


def test_a_mirror_image_gives_the_mirrored_box():
    mirrored = localizer().mirrored(EXACT)
    assert mirrored[0, 1:5].tolist() == pytest.approx([0.5, 0.5, 0.6, 0.5])
    assert mirrored[1, 1].item() == pytest.approx(0.9)


@pytest.mark.parametrize("head", ["map", "vector"])
def test_losses_are_finite_and_reach_every_parameter(head: str):
    model = localizer(head)
    batch = Batch.full(torch.randint(0, 256, (2, 3, 32, 32), dtype=torch.uint8), torch.arange(2), TARGETS)
    losses = model.losses(batch)
    assert set(losses) == {"presence", "class", "box", "overlap"} | ({"maps"} if head == "map" else set())
    sum(losses.values()).backward()
    assert [name for name, one in model.named_parameters() if one.grad is None] == []
    assert model.sample_losses(batch).mean().item() == pytest.approx(sum(losses.values()).item(), rel=1e-5)


def test_two_objects_in_a_picture_are_refused():
    boxes = BoxAnnotations(np.zeros((2, 4), np.float32), np.zeros(2, np.int32), np.array([2]), CLASSES)
    with pytest.raises(DataError, match="1 of 1 pictures have more than one box"):
        Localizer.require(boxes)
