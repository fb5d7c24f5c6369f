"""SSD's losses against torchvision's, and by hand."""

import math

import pytest
import torch
from torchvision.models.detection._utils import SSDMatcher
from torchvision.models.detection.ssd import SSD
from torchvision.ops import box_iou

from striate.records import BoxTargets
from striate.tasks.detection.parts.coders import OffsetCoder
from striate.tasks.detection.parts.loss_sums import shares_of_images, total_of
from striate.tasks.detection.parts.priors import DefaultBoxes
from striate.tasks.detection.parts.ssd_loss import SsdLoss

PRIORS = DefaultBoxes(((2,), (2,)))((64, 64), ((4, 4), (2, 2)))
TARGETS = BoxTargets(
    torch.tensor([[4.0, 4, 30, 30], [40, 40, 60, 64], [0, 30, 64, 60]]),
    torch.tensor([0, 2, 1]),
    torch.tensor([2, 0, 1]),
)


def raw(count=3):
    made = torch.Generator().manual_seed(0)
    scores = torch.randn(count, len(PRIORS), 4, generator=made)
    return {"scores": scores, "offsets": torch.randn(count, len(PRIORS), 4, generator=made)}


def test_losses_are_torchvisions():
    numbers = raw()
    truths = [{"boxes": boxes, "labels": labels + 1} for boxes, labels in TARGETS.split()]
    matched = [
        SSDMatcher(0.5)(box_iou(one["boxes"], PRIORS.boxes))
        if len(one["boxes"])
        else torch.full((len(PRIORS),), -1)
        for one in truths
    ]
    theirs = SSD.__new__(SSD)
    torch.nn.Module.__init__(theirs)
    theirs.neg_to_pos_ratio = 3.0
    from torchvision.models.detection._utils import BoxCoder

    theirs.box_coder = BoxCoder((10.0, 10.0, 5.0, 5.0))
    outputs = {"bbox_regression": numbers["offsets"], "cls_logits": numbers["scores"]}
    wanted = theirs.compute_loss(truths, outputs, [PRIORS.boxes] * 3, matched)
    ours = total_of(SsdLoss(OffsetCoder())(numbers, PRIORS, TARGETS))
    assert ours["class"].item() == pytest.approx(wanted["classification"].item(), rel=1e-5)
    assert ours["box"].item() == pytest.approx(wanted["bbox_regression"].item(), rel=1e-5)


def test_an_image_without_objects_costs_nothing_and_one_with_them_its_hardest_negatives():
    sums = SsdLoss(OffsetCoder())(raw(), PRIORS, TARGETS)
    assert sums.positives[1] == 0
    assert shares_of_images(sums)[1] == 0
    zeros = {"scores": torch.zeros(3, len(PRIORS), 4), "offsets": raw()["offsets"]}
    flat = SsdLoss(OffsetCoder())(
        zeros, PRIORS, TARGETS
    )  # each costs log 4: the positives, and 3 times as many
    assert flat.sums["class"].tolist() == pytest.approx([4 * int(n) * math.log(4) for n in flat.positives])


def test_a_batch_without_any_object_has_finite_losses_and_gradients():
    numbers = {name: one.requires_grad_() for name, one in raw(2).items()}
    nothing = BoxTargets(torch.zeros(0, 4), torch.zeros(0).long(), torch.tensor([0, 0]))
    found = total_of(SsdLoss(OffsetCoder())(numbers, PRIORS, nothing))
    assert all(value == 0 for value in found.values())
    sum(found.values()).backward()
    assert numbers["offsets"].grad.abs().sum() == 0


def test_what_lies_in_a_crowd_is_no_negative():
    crowd = BoxTargets(
        torch.tensor([[4.0, 4, 30, 30], [0, 0, 64, 64]]),
        torch.tensor([0, 0]),
        torch.tensor([2]),
        torch.tensor([False, True]),
    )
    sums = SsdLoss(OffsetCoder())({name: one[:1] for name, one in raw().items()}, PRIORS, crowd)
    loss = SsdLoss(OffsetCoder())
    none = torch.zeros(0, 4)
    alone = loss.assigned(PRIORS.boxes, crowd.boxes[:1], none, crowd.labels[:1])
    crowded = loss.assigned(PRIORS.boxes, crowd.boxes[:1], crowd.boxes[1:], crowd.labels[:1])
    assert torch.equal(alone >= 0, crowded >= 0)
    assert sums.positives.tolist() == [int((alone >= 0).sum())]
    assert not bool((crowded == -1)[(PRIORS.boxes >= 0).all(1) & (PRIORS.boxes <= 64).all(1)].any())
