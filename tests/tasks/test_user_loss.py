"""A loss of somebody's own: what it is given, what it may give, and what is said of one that fails."""

from typing import Any

import pytest
import torch
from torch import Tensor, nn
from torch.nn import functional as F

from striate.errors import SettingError
from striate.records import ClassTargets, MaskTargets
from striate.tasks.user_loss import UserLoss

RAW = torch.tensor([[2.0, 0.0], [0.0, 1.0]], requires_grad=True)
TARGETS = ClassTargets(torch.tensor([0, 0]))
EACH = [0.126928, 1.313262]  # log(1 + e^-2), log(1 + e)


def each(raw: Tensor, targets: Tensor) -> Tensor:
    return F.cross_entropy(raw, targets, reduction="none")


@pytest.mark.parametrize("function", [each, F.cross_entropy, nn.CrossEntropyLoss()])
def test_a_mean_and_numbers_of_images_give_the_same(function: Any) -> None:
    loss = UserLoss(function, "mine")
    assert loss(RAW, TARGETS).item() == pytest.approx(sum(EACH) / 2, abs=1e-5)
    assert loss(RAW, TARGETS).requires_grad
    assert loss.of_each(RAW, TARGETS).tolist() == pytest.approx(EACH, abs=1e-5)


def test_masks_come_as_whole_numbers_with_255_for_pixels_that_do_not_count() -> None:
    masks = MaskTargets(torch.tensor([[[1, 255]]], dtype=torch.uint8))
    raw = torch.zeros(1, 2, 1, 2, requires_grad=True)
    loss = UserLoss(lambda raw, masks: F.cross_entropy(raw, masks, ignore_index=255), "mine")
    assert loss(raw, masks).item() == pytest.approx(0.693147)  # log 2


@pytest.mark.parametrize(
    ("function", "words"),
    [
        (lambda raw, targets: raw, r"loss mine gives a tensor \(2, 2\)"),
        (lambda raw, targets: 1.0, "loss mine gives a float"),
        (lambda raw, targets: torch.tensor(1.0), "does not depend on what the network gives"),
        (lambda raw: raw.sum(), "loss mine failed: TypeError"),
    ],
)
def test_what_is_no_loss_is_refused(function: Any, words: str) -> None:
    with pytest.raises(SettingError, match=words):
        UserLoss(function, "mine")(RAW, TARGETS)


def test_a_loss_that_fails_says_what_it_was_given() -> None:
    with pytest.raises(SettingError) as raised:
        UserLoss(lambda raw, targets: raw[5], "mine")(RAW, TARGETS)
    assert raised.value.attempt == "raw is (2, 2), targets are torch.int64 (2,)"
    assert isinstance(raised.value.__cause__, IndexError)


def test_a_loss_with_weights_to_learn_is_refused() -> None:
    with pytest.raises(SettingError, match="has weights to learn"):
        UserLoss(nn.Linear(2, 1), "mine")
