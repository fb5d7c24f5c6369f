"""Losses of detectors: how far a box is off, how sure a class is, and which of the many negatives count.

All of them are finite without any object: a mean of nothing is 0.

Smooth L1: Girshick 2015, equation 3. GIoU, DIoU, CIoU: see ``boxes``. Focal: Lin et al. 2017, equation 5,
https://arxiv.org/abs/1708.02002. Hard negatives: Liu et al. 2016, section 2.2.
"""

from typing import Literal, get_args

import torch
import torch.nn.functional as F
from torch import Tensor

from striate.errors import SettingError, ShapeError
from striate.ops.boxes import TINY, paired_ciou, paired_diou, paired_giou, wide

Reduction = Literal["none", "mean", "sum"]


def smooth_l1_loss(
    predicted: Tensor, target: Tensor, beta: float = 1.0, reduction: Reduction = "none"
) -> Tensor:
    """``x^2 / (2 beta)`` for ``|x| < beta``, else ``|x| - beta / 2``; ``|x|`` for beta 0.

    Args:
        predicted, target: of equal shape.
        beta: 1 in Fast R-CNN, 1/9 in the RPN of Faster R-CNN (its sigma is 3).
        reduction: "none", "mean" or "sum".

    >>> smooth_l1_loss(torch.tensor([0.5, 2.0]), torch.zeros(2)).tolist()
    [0.125, 1.5]
    """
    _check_same(predicted, target)
    if not beta >= 0:
        raise SettingError(f"beta is {beta}", "0 or more", "beta=1 / 9")
    return _reduced(F.smooth_l1_loss(wide(predicted), wide(target), reduction="none", beta=beta), reduction)


def generalized_box_iou_loss(
    boxes1: Tensor, boxes2: Tensor, reduction: Reduction = "none", eps: float = TINY
) -> Tensor:
    """1 - GIoU, pair by pair: (..., 4) and (..., 4) -> (...), 0..2.

    >>> generalized_box_iou_loss(torch.tensor([0.0, 1, 1, 2]), torch.tensor([1.0, 1, 2, 2])).item()
    1.0
    """
    _check_same(boxes1, boxes2)
    return _reduced(1 - paired_giou(wide(boxes1), wide(boxes2), eps), reduction)


def distance_box_iou_loss(
    boxes1: Tensor, boxes2: Tensor, reduction: Reduction = "none", eps: float = TINY
) -> Tensor:
    """1 - DIoU, pair by pair.

    >>> round(distance_box_iou_loss(torch.tensor([0.0, 0, 1, 1]), torch.tensor([1.0, 1, 2, 2])).item(), 4)
    1.25
    """
    _check_same(boxes1, boxes2)
    return _reduced(1 - paired_diou(wide(boxes1), wide(boxes2), eps, eps), reduction)


def complete_box_iou_loss(
    boxes1: Tensor, boxes2: Tensor, reduction: Reduction = "none", eps: float = TINY
) -> Tensor:
    """1 - CIoU, pair by pair.

    >>> round(complete_box_iou_loss(torch.tensor([-1.0, -1, 1, 1]), torch.tensor([0.0, 0, 1, 1])).item(), 4)
    0.8125
    """
    _check_same(boxes1, boxes2)
    return _reduced(1 - paired_ciou(wide(boxes1), wide(boxes2), eps, eps), reduction)


def sigmoid_focal_loss(
    inputs: Tensor, targets: Tensor, alpha: float = 0.25, gamma: float = 2, reduction: Reduction = "none"
) -> Tensor:
    """Cross entropy of a sigmoid that counts less where the answer is sure and right.

    Args:
        inputs: logits.
        targets: 0 or 1, of the same shape.
        alpha: weight of positives, 0..1; negatives have 1 - alpha. -1 for no weights.
        gamma: 0 or more; 0 is cross entropy.
        reduction: "none", "mean" or "sum".

    >>> round(sigmoid_focal_loss(torch.tensor([0.0]), torch.tensor([1.0])).item(), 4)  # .25 * .5^2 * log 2
    0.0433
    """
    _check_same(inputs, targets)
    if not (0 <= alpha <= 1 or alpha == -1) or not gamma >= 0:
        raise SettingError(
            f"alpha is {alpha}, gamma {gamma}", "alpha 0..1 or -1, gamma 0 or more", "alpha=0.25"
        )
    logits, truth = wide(inputs), wide(targets)
    entropy = F.binary_cross_entropy_with_logits(logits, truth, reduction="none")
    p = logits.sigmoid()
    wrong = p * (1 - truth) + (1 - p) * truth
    weight = alpha * truth + (1 - alpha) * (1 - truth) if alpha >= 0 else 1.0
    return _reduced(weight * wrong**gamma * entropy, reduction)


def hard_negatives(loss: Tensor, positive: Tensor, ratio: float = 3.0) -> Tensor:
    """The negatives with the largest losses, ``ratio`` for each positive of their image.

    Args:
        loss: float (N, A), what each anchor's class costs.
        positive: bool (N, A).
        ratio: 3 in SSD.

    Returns:
        bool (N, A); none in an image without positives. Of equal losses the first.

    >>> loss = torch.tensor([[0.1, 0.9, 0.3, 0.2, 0.4]])
    >>> hard_negatives(loss, torch.tensor([[True, False, False, False, False]])).tolist()
    [[False, True, True, False, True]]
    """
    if loss.shape != positive.shape or loss.dim() != 2:
        raise ShapeError(
            f"loss is {tuple(loss.shape)}, positive {tuple(positive.shape)}", "both (N, A)", "loss[None]"
        )
    order = loss.detach().masked_fill(positive, -torch.inf).argsort(dim=1, descending=True, stable=True)
    rank = order.argsort(dim=1)
    return (rank < ratio * positive.sum(dim=1, keepdim=True)) & ~positive


def region_losses(
    class_logits: Tensor, offsets: Tensor, labels: Tensor, targets: Tensor, beta: float = 1 / 9
) -> tuple[Tensor, Tensor]:
    """Both losses of Fast R-CNN: cross entropy of the classes, smooth L1 of the boxes of objects.

    Args:
        class_logits: (R, 1 + K), background first.
        offsets: (R, (1 + K) * 4), those of every class.
        labels: int64 (R,), 0 for background.
        targets: (R, 4), offsets of the matched objects.
        beta: of smooth L1.

    Returns:
        The mean over all regions, and the sum over objects divided by the number of all regions.

    >>> logits, offsets, labels = torch.zeros(2, 2), torch.zeros(2, 8), torch.tensor([0, 1])
    >>> classification, box = region_losses(logits, offsets, labels, torch.ones(2, 4), beta=1.0)
    >>> round(classification.item(), 4), box.item()
    (0.6931, 1.0)
    """
    objects = (labels > 0).nonzero().squeeze(1)
    own = offsets.reshape(len(offsets), offsets.shape[1] // 4, 4)[objects, labels[objects]]
    count = max(len(labels), 1)
    classification = F.cross_entropy(wide(class_logits), labels, reduction="sum") / count
    return classification, smooth_l1_loss(own, targets[objects], beta, "sum") / count


def _reduced(loss: Tensor, reduction: Reduction) -> Tensor:
    """As it is, its sum, or its mean, which is 0 for nothing."""
    if reduction not in get_args(Reduction):
        raise SettingError(f"reduction is {reduction!r}", ", ".join(get_args(Reduction)), '"none"')
    if reduction == "none":
        return loss
    return loss.sum() if reduction == "sum" else loss.sum() / max(loss.numel(), 1)


def _check_same(first: Tensor, second: Tensor) -> None:
    if first.shape != second.shape:
        raise ShapeError(f"{tuple(first.shape)} and {tuple(second.shape)}", "equal shapes", "boxes[matches]")
