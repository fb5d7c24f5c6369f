"""Losses of pixels by name, and the weights of rare classes."""

import math

import pytest
import torch

from striate.errors import SettingError
from striate.ops.mask_losses import dice_loss, pixel_cross_entropy
from striate.tasks.segmentation.pixel_losses import LOSSES, losses_named, rare_class_weights

SCORES, LABELS = torch.randn(2, 3, 4, 5), torch.randint(0, 3, (2, 4, 5))


def test_a_sum_is_its_losses_each_by_its_name():
    found = losses_named("cross_entropy + dice")
    weights = torch.tensor([1.0, 2.0, 3.0])
    assert list(found) == ["cross_entropy", "dice"]
    expected = pixel_cross_entropy(SCORES, LABELS, weights), dice_loss(SCORES, LABELS)
    assert [loss(SCORES, LABELS, weights, 255) for loss in found.values()] == [*expected]


@pytest.mark.parametrize("name", LOSSES)
def test_where_nothing_counts_the_loss_is_zero_and_so_is_its_gradient(name):
    scores = torch.randn(2, 3, 4, 4, requires_grad=True)
    loss = LOSSES[name](scores, torch.full((2, 4, 4), 255), torch.ones(3), 255)
    loss.backward()
    assert loss.item() == 0
    assert scores.grad.abs().max() == 0


def test_weights_of_rare_classes_are_those_of_enet_scaled_to_a_mean_of_one():
    weights = rare_class_weights(torch.tensor([75, 25, 0]))
    raw = [1 / math.log(1.02 + share) for share in (0.75, 0.25, 0)]
    mean = 0.75 * raw[0] + 0.25 * raw[1]
    assert weights.tolist() == pytest.approx([one / mean for one in raw], rel=1e-6)


@pytest.mark.parametrize("text", ["crossentropy", "dice+dice", "", "dice+"])
def test_an_unknown_loss_is_refused(text):
    with pytest.raises(SettingError, match="cross_entropy, focal, dice"):
        losses_named(text)
