"""Losses of pixels, on numbers worked by hand."""

import math

import pytest
import torch
from torch.nn import functional as F

from striate.errors import SettingError
from striate.tasks.segmentation.pixel_losses import (
    LOSSES,
    cross_entropy,
    dice,
    focal,
    losses_named,
    of_images,
    rare_class_weights,
    total,
)

SCORES = torch.tensor([[[[0.0, 2.0], [1.0, -1.0]], [[0.0, 0.0], [0.0, 0.0]]]])
LABELS = torch.tensor([[[0, 1], [0, -1]]])


def test_cross_entropy_is_the_mean_over_the_pixels_that_count():
    found = total(cross_entropy(SCORES, LABELS, None))
    assert found.item() == pytest.approx(F.cross_entropy(SCORES, LABELS, ignore_index=-1).item())


def test_cross_entropy_with_weights_is_torchs():
    weights = torch.tensor([0.3, 4.0])
    found = total(cross_entropy(SCORES, LABELS, weights))
    assert found.item() == pytest.approx(F.cross_entropy(SCORES, LABELS, weights, ignore_index=-1).item())


def test_focal_multiplies_each_pixel_by_the_square_of_what_is_missing():  # p: 1/2, 1 - 1/(1+e^-2), 1/(1+e^-1)
    p = [0.5, 1 - 1 / (1 + math.exp(-2)), 1 / (1 + math.exp(-1))]
    expected = sum(-((1 - one) ** 2) * math.log(one) for one in p) / 3
    assert total(focal(SCORES, LABELS, None)).item() == pytest.approx(expected)


def test_dice_is_one_minus_twice_what_is_common_over_both_sizes():
    first = [0.5, 1 / (1 + math.exp(-2)), 1 / (1 + math.exp(-1))]  # of class 0, at the pixels that count
    both = first[0] + first[2], 1 - first[1]
    answered = sum(first), 3 - sum(first)
    scores = [2 * b / (a + t) for b, a, t in zip(both, answered, (2, 1), strict=True)]
    assert total(dice(SCORES, LABELS, None)).item() == pytest.approx(1 - sum(scores) / 2)


def test_dice_leaves_out_classes_that_an_image_does_not_show():
    sure = torch.tensor([[[[50.0]], [[0.0]], [[0.0]]]])
    assert total(dice(sure, torch.zeros(1, 1, 1).long(), None)).item() == pytest.approx(0, abs=1e-6)


@pytest.mark.parametrize("name", LOSSES)
def test_where_nothing_counts_the_loss_is_zero_and_so_is_its_gradient(name):
    scores = torch.randn(2, 3, 4, 4, requires_grad=True)
    parts = LOSSES[name](scores, torch.full((2, 4, 4), -1), torch.ones(3))
    total(parts).backward()
    assert total(parts).item() == 0
    assert of_images(parts).tolist() == [0, 0]
    assert scores.grad.abs().max() == 0


@pytest.mark.parametrize("name", LOSSES)
def test_gradients_are_those_of_differences(name):
    scores = torch.randn(2, 3, 2, 3, dtype=torch.float64, requires_grad=True)
    labels = torch.tensor([[[0, 1, 2], [2, -1, 0]], [[1, 1, 1], [-1, -1, 0]]])
    assert torch.autograd.gradcheck(lambda one: total(LOSSES[name](one, labels, None)), scores)


def test_the_loss_of_a_batch_is_the_mean_over_its_pixels_not_its_images():
    labels = torch.tensor([[[0, 0, 0, 0]], [[0, -1, -1, -1]]])
    scores = torch.zeros(2, 2, 1, 4)
    scores[1, 1] = 3.0
    parts = cross_entropy(scores, labels, None)
    assert total(parts).item() == pytest.approx((4 * math.log(2) + math.log(1 + math.exp(3))) / 5)
    assert of_images(parts).tolist() == pytest.approx([math.log(2), math.log(1 + math.exp(3))])


def test_weights_of_rare_classes_are_those_of_enet_scaled_to_a_mean_of_one():
    weights = rare_class_weights(torch.tensor([75, 25, 0]))
    raw = [1 / math.log(1.02 + share) for share in (0.75, 0.25, 0)]
    mean = 0.75 * raw[0] + 0.25 * raw[1]
    assert weights.tolist() == pytest.approx([one / mean for one in raw], rel=1e-6)


@pytest.mark.parametrize("text", ["crossentropy", "dice+dice", "", "dice+"])
def test_an_unknown_loss_is_refused(text):
    with pytest.raises(SettingError, match="cross_entropy, dice, focal"):
        losses_named(text)
