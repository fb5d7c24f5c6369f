"""Losses of pixels: worked by hand, against torch, and 0 where nothing counts."""

import math

import pytest
import torch
from torch.nn import functional as F

from striate.errors import LabelError, SettingError, ShapeError
from striate.ops import dice_loss, jaccard_loss, lovasz_softmax, pixel_cross_entropy, pixel_focal

LOSSES = [pixel_cross_entropy, pixel_focal, dice_loss, jaccard_loss, lovasz_softmax]


def scores_of(*shares):
    """Scores (1, K, P) whose softmax gives these shares of each class, one list for each class."""
    return torch.tensor([shares]).log()


def test_a_smoothed_loss_is_the_mean_over_counted_pixels():  # 3 pixels: 0.1 / 4 * (3 * 18) = 1.35 each
    scores = torch.full((4, 4), -9.0).fill_diagonal_(9.0)
    labels = torch.tensor([0, 1, 255, 3])
    assert pixel_cross_entropy(scores, labels, smoothing=0.1).item() == pytest.approx(1.35, abs=1e-4)


@pytest.mark.parametrize("smoothing", [0.0, 0.2])
@pytest.mark.parametrize("weights", [None, torch.tensor([0.5, 1.0, 3.0])])
def test_cross_entropy_is_torchs(weights, smoothing):
    torch.manual_seed(0)
    scores, labels = torch.randn(2, 3, 4, 5), torch.randint(0, 3, (2, 4, 5))
    labels[0, 0] = 255
    expected = F.cross_entropy(scores, labels, weights, ignore_index=255, label_smoothing=smoothing)
    found = pixel_cross_entropy(scores, labels.to(torch.uint8), weights, smoothing=smoothing)
    assert found.item() == pytest.approx(expected.item(), rel=1e-5)


def test_a_pixel_that_is_known_well_counts_little_in_the_focal_loss():  # (1/4)^2 log(4/3), (3/4)^2 log 4
    scores = scores_of([0.75, 0.25], [0.25, 0.75])
    expected = (math.log(4 / 3) / 16 + 9 / 16 * math.log(4)) / 2
    assert pixel_focal(scores, torch.tensor([[0, 0]])).item() == pytest.approx(expected)


def test_focal_without_gamma_is_cross_entropy():
    scores, labels = torch.randn(2, 3, 4), torch.randint(0, 3, (2, 4))
    assert torch.allclose(pixel_focal(scores, labels, gamma=0), pixel_cross_entropy(scores, labels))


def test_dice_and_jaccard_are_the_means_of_the_classes_that_are_there():
    # true 0 0 1; class 0: both 1.2, likely 1.4, true 2; class 1: both .8, likely 1.6, true 1; class 2: none
    scores = scores_of([0.8, 0.4, 0.2], [0.2, 0.6, 0.8], [1e-9, 1e-9, 1e-9])
    labels = torch.tensor([[0, 0, 1]])
    assert dice_loss(scores, labels).item() == pytest.approx(1 - (2.4 / 3.4 + 1.6 / 2.6) / 2, abs=1e-5)
    assert jaccard_loss(scores, labels).item() == pytest.approx(1 - (1.2 / 2.2 + 0.8 / 1.8) / 2, abs=1e-5)


def test_lovasz_is_the_jaccard_loss_of_answers_that_are_sure():  # IoU of class 0: 1/2, of class 1: 1/2
    scores = torch.tensor([[[99.0, 0, 0], [0, 99, 99]]])
    labels = torch.tensor([[0, 0, 1]])
    assert lovasz_softmax(scores, labels).item() == pytest.approx(0.5)


def test_lovasz_worked_by_hand():
    # One class is true, p of it .9 and .6: errors .4 and .1 in that order, IoU falls by 1/2 each
    scores = scores_of([0.9, 0.6], [0.1, 0.4])
    assert lovasz_softmax(scores, torch.tensor([[0, 0]])).item() == pytest.approx(0.25, abs=1e-6)
    # true 0 1, p of class 0 .7 .4: errors .4 (false), .3 (true), gradients 1/2 and 1/2, .35
    # p of class 1 .3 .6: errors .4 (true), .3 (false), gradients 1 and 0, .4
    scores = scores_of([0.7, 0.4], [0.3, 0.6])
    assert lovasz_softmax(scores, torch.tensor([[0, 1]])).item() == pytest.approx(0.375, abs=1e-6)


@pytest.mark.parametrize("loss", LOSSES)
def test_ignored_pixels_do_not_count(loss):
    torch.manual_seed(0)
    scores, labels = torch.randn(1, 3, 6), torch.randint(0, 3, (1, 6))
    other = scores.clone()
    other[..., 4:] = 50.0
    hidden = torch.where(torch.arange(6) < 4, labels, 255)
    assert torch.allclose(loss(scores[..., :4], labels[:, :4]), loss(other, hidden))


@pytest.mark.parametrize("loss", LOSSES)
def test_a_batch_that_is_ignored_has_the_loss_0_and_gradients_of_0(loss):
    scores = torch.randn(2, 3, 4, 4, requires_grad=True)
    found = loss(scores, torch.full((2, 4, 4), 255))
    found.backward()
    assert found.item() == 0
    assert not scores.grad.any()


@pytest.mark.parametrize("loss", LOSSES)
def test_gradients_are_those_of_differences(loss):
    torch.manual_seed(0)
    scores = torch.randn(1, 3, 5, dtype=torch.float64, requires_grad=True)
    labels = torch.tensor([[0, 1, 1, 2, 255]])
    assert torch.autograd.gradcheck(lambda x: loss(x, labels), (scores,))


@pytest.mark.parametrize("loss", LOSSES)
def test_bfloat16_scores_are_summed_in_float32(loss):
    scores = torch.zeros(1, 2, 700, 700, dtype=torch.bfloat16)
    labels = torch.zeros(1, 700, 700, dtype=torch.int64)
    assert loss(scores, labels).item() == pytest.approx(
        loss(scores[..., :2, :2], labels[..., :2, :2]).item(), rel=1e-4
    )


@pytest.mark.parametrize("loss", LOSSES)
def test_wrong_labels_are_refused(loss):
    with pytest.raises(LabelError, match=r"labels hold the values \[3\]"):
        loss(torch.zeros(1, 3, 2), torch.tensor([[0, 3]]))
    with pytest.raises(ShapeError, match="scores are"):
        loss(torch.zeros(1, 3, 2), torch.zeros(1, 5, dtype=torch.int64))


def test_a_smoothing_above_1_is_refused():
    with pytest.raises(SettingError, match="smoothing is 2"):
        pixel_cross_entropy(torch.zeros(1, 3, 2), torch.tensor([[0, 1]]), smoothing=2)
