"""Losses of detectors."""

from math import log

import pytest
import torch
import torchvision.ops as oracle
from torch import Tensor
from torch.autograd import gradcheck
from torchvision.models.detection.roi_heads import fastrcnn_loss

from striate.errors import SettingError, ShapeError
from striate.ops.box_losses import (
    complete_box_iou_loss,
    distance_box_iou_loss,
    generalized_box_iou_loss,
    hard_negatives,
    region_losses,
    sigmoid_focal_loss,
    smooth_l1_loss,
)

BOX_LOSSES = [generalized_box_iou_loss, distance_box_iou_loss, complete_box_iou_loss]


def boxes(count: int, seed: int) -> Tensor:
    numbers = torch.rand(count, 4, generator=torch.Generator().manual_seed(seed), dtype=torch.float64) * 9
    return torch.cat([numbers[:, :2], numbers[:, :2] + numbers[:, 2:] + 1], dim=1)


@pytest.mark.parametrize("loss", BOX_LOSSES)
@pytest.mark.parametrize("reduction", ["none", "mean", "sum"])
def test_box_losses_and_their_gradients_are_torchvisions(loss: object, reduction: str) -> None:
    first, second = boxes(30, 1).requires_grad_(), boxes(30, 2)
    theirs = getattr(oracle, loss.__name__)(first, second, reduction=reduction)
    ours = loss(first, second, reduction=reduction)
    assert torch.allclose(ours, theirs, rtol=0, atol=1e-9)
    found, expected = (torch.autograd.grad(x.sum(), first)[0] for x in (ours, theirs))
    assert torch.allclose(found, expected, rtol=0, atol=1e-7)


@pytest.mark.parametrize("loss", BOX_LOSSES[:2])
def test_gradcheck_of_boxes(loss: object) -> None:
    assert gradcheck(loss, (boxes(5, 1).requires_grad_(), boxes(5, 2).requires_grad_()))


@pytest.mark.parametrize("loss", BOX_LOSSES)
def test_boxes_without_area_have_finite_losses_and_gradients(loss: object) -> None:
    points = torch.ones(2, 4).requires_grad_()
    value = loss(points, torch.tensor([[1.0, 1, 1, 1], [0, 0, 2, 2]]), reduction="sum")
    value.backward()
    assert value.isfinite()
    assert points.grad.isfinite().all()


@pytest.mark.parametrize("reduction", ["mean", "sum"])
def test_nothing_costs_nothing(reduction: str) -> None:
    none, flat = torch.zeros(0, 4), torch.zeros(0)
    for loss in (*BOX_LOSSES, smooth_l1_loss):
        assert loss(none, none, reduction=reduction).item() == 0
    assert sigmoid_focal_loss(flat, flat, reduction=reduction).item() == 0
    found = region_losses(torch.zeros(0, 3), torch.zeros(0, 12), flat.long(), none)
    assert [x.item() for x in found] == [0, 0]


def test_regions_without_an_object_have_no_box_loss() -> None:
    offsets = torch.ones(4, 8).requires_grad_()
    classes, box = region_losses(torch.zeros(4, 2), offsets, torch.zeros(4).long(), torch.ones(4, 4))
    assert classes.item() == pytest.approx(log(2))
    assert box.item() == 0
    box.backward()


def test_smooth_l1_by_hand() -> None:  # .5^2 / 2; 2 - .5; beta 1/9: .1^2 * 4.5, 1 - 1/18; beta 0 is L1
    assert smooth_l1_loss(torch.tensor([0.5, -2.0]), torch.zeros(2)).tolist() == [0.125, 1.5]
    found = smooth_l1_loss(torch.tensor([0.1, 1.0]), torch.zeros(2), beta=1 / 9)
    assert found.tolist() == pytest.approx([0.045, 17 / 18])
    assert smooth_l1_loss(torch.tensor([0.1]), torch.zeros(1), beta=0).item() == pytest.approx(0.1)


def test_half_precision_is_computed_in_float32() -> None:
    x = torch.tensor([[0.0, 0, 300, 300]]).bfloat16()
    for loss in BOX_LOSSES:
        assert loss(x, x).dtype == torch.float32


@pytest.mark.parametrize(("alpha", "gamma"), [(0.25, 2.0), (-1, 2.0), (0.5, 0.0), (0.75, 1.5)])
def test_focal_loss_is_torchvisions(alpha: float, gamma: float) -> None:
    logits = 4 * torch.randn(40, generator=torch.Generator().manual_seed(0), dtype=torch.float64)
    truth = (torch.arange(40) % 3 == 0).double()
    expected = oracle.sigmoid_focal_loss(logits, truth, alpha, gamma, "mean")
    assert torch.allclose(sigmoid_focal_loss(logits, truth, alpha, gamma, "mean"), expected)
    assert gradcheck(lambda x: sigmoid_focal_loss(x, truth, alpha, gamma), logits.requires_grad_())


def test_three_hard_negatives_for_each_positive() -> None:
    loss = torch.tensor([[9.0, 0.1, 0.5, 0.3, 0.2, 0.4], [1, 2, 3, 4, 5, 6], [1, 2, 3, 4, 5, 6]])
    positive = torch.zeros(3, 6, dtype=torch.bool)
    positive[0, 0] = True  # three of five: .5, .4, .3
    positive[1, :2] = True  # six wanted, four there; none in the third image
    expected = [[0, 0, 1, 1, 0, 1], [0, 0, 1, 1, 1, 1], [0] * 6]
    assert hard_negatives(loss, positive).int().tolist() == expected
    assert hard_negatives(loss, positive, ratio=1).sum(dim=1).tolist() == [1, 2, 0]


def test_region_losses_are_torchvisions() -> None:
    generator = torch.Generator().manual_seed(0)
    logits, offsets = torch.randn(12, 4, generator=generator), torch.randn(12, 16, generator=generator)
    labels = torch.randint(0, 4, (12,), generator=generator)
    targets = torch.randn(12, 4, generator=generator)
    expected = fastrcnn_loss(logits, offsets, [labels], [targets])
    found = region_losses(logits, offsets, labels, targets)
    assert torch.allclose(torch.stack(found), torch.stack(expected))


def test_wrong_arguments_are_refused() -> None:
    with pytest.raises(ShapeError, match=r"\(2, 4\) and \(3, 4\)"):
        generalized_box_iou_loss(torch.zeros(2, 4), torch.zeros(3, 4))
    with pytest.raises(SettingError, match="reduction is 'max'"):
        smooth_l1_loss(torch.zeros(1), torch.zeros(1), reduction="max")
    with pytest.raises(SettingError, match="beta is -1"):
        smooth_l1_loss(torch.zeros(1), torch.zeros(1), beta=-1)
    with pytest.raises(SettingError, match="alpha is 2"):
        sigmoid_focal_loss(torch.zeros(1), torch.zeros(1), alpha=2)
    with pytest.raises(ShapeError, match=r"loss is \(3,\)"):
        hard_negatives(torch.zeros(3), torch.zeros(3) > 0)
