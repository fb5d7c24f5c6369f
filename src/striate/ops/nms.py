"""Non-maximum suppression: of boxes that overlap too much, the one with the best score stays.

    keep the best box  ->  drop what overlaps it by more than the threshold  ->  again with what is left

An overlap equal to the threshold survives: strictly more, as in torchvision, darknet and Caffe. Boxes of
equal scores keep their order. Soft: Bodla et al. 2017, https://arxiv.org/abs/1704.04503.
"""

from functools import lru_cache
from typing import Any, Literal, get_args

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from striate.errors import SettingError, ShapeError
from striate.ops.boxes import bare, check_boxes, check_columns, check_finite, plain_iou, wide
from striate.ops.kernels import backend_of

Decay = Literal["linear", "gaussian"]


def nms(boxes: Tensor, scores: Tensor, iou_threshold: float) -> Tensor:
    """Indices of the boxes that survive, best score first.

    Args:
        boxes: (M, 4), two corners.
        scores: (M,).
        iou_threshold: 0..1; a box that overlaps a better one by more is dropped.

    Returns:
        int64 (kept,). Equal to torchvision's on the same numbers.

    Raises:
        ShapeError: boxes or scores have another shape.
        SettingError: a box or a score is NaN or infinite; the threshold is not 0..1.

    >>> boxes = torch.tensor([[0.0, 0, 9, 9], [0, 0, 9, 8], [20, 0, 30, 9]])
    >>> nms(boxes, torch.tensor([0.8, 0.9, 0.7]), 0.5).tolist()
    [1, 2]
    """
    return _nms(boxes, scores, None, iou_threshold)


def batched_nms(boxes: Tensor, scores: Tensor, idxs: Tensor, iou_threshold: float) -> Tensor:
    """Suppression within each class (or image, or level): boxes of different ``idxs`` never meet.

    Exact: nothing is added to coordinates to keep classes apart, which rounds them.

    Args:
        boxes: (M, 4), two corners.
        scores: (M,).
        idxs: int64 (M,), the class of each box.
        iou_threshold: 0..1.

    Returns:
        int64 (kept,), best score first over all classes.

    Raises:
        ShapeError, SettingError: as ``nms``.

    >>> boxes = torch.tensor([[0.0, 0, 9, 9], [0, 0, 9, 8], [0, 0, 9, 9]])
    >>> batched_nms(boxes, torch.tensor([0.8, 0.9, 0.7]), torch.tensor([0, 1, 1]), 0.5).tolist()
    [1, 0]
    """
    if idxs.shape != scores.shape:
        raise ShapeError(
            f"idxs are {tuple(idxs.shape)} for scores {tuple(scores.shape)}", "one class for each box", "(M,)"
        )
    return _nms(boxes, scores, idxs, iou_threshold)


def objectness_nms(boxes: Tensor, objectness: Tensor, score_threshold: float, iou_threshold: float) -> Tensor:
    """Drop what is below a threshold, keep the best, drop what overlaps it too much, and so on.

    Arguments and errors are those of ``nms``; boxes with an objectness below ``score_threshold`` are dropped
    first. Indices are those of all boxes.

    >>> boxes = torch.tensor([[0.0, 0, 9, 9], [0, 0, 9, 8], [20, 0, 30, 9]])
    >>> objectness_nms(boxes, torch.tensor([0.8, 0.9, 0.1]), 0.3, 0.6).tolist()
    [1]
    """
    _check(boxes, objectness, iou_threshold)
    likely = (objectness >= score_threshold).nonzero().squeeze(1)
    return likely[nms(boxes[likely], objectness[likely], iou_threshold)]


def soft_nms(
    boxes: Tensor,
    scores: Tensor,
    iou_threshold: float = 0.3,
    decay: Decay = "gaussian",
    sigma: float = 0.5,
    score_threshold: float = 0.001,
) -> tuple[Tensor, Tensor]:
    """Lower the scores of boxes that overlap a better one, instead of dropping them (Bodla et al., figure 2).

    Args:
        boxes: (M, 4), two corners.
        scores: (M,), 0..1.
        iou_threshold: 0..1; overlaps up to it cost nothing. Only for "linear".
        decay: "linear": times 1 - IoU. "gaussian": times exp(-IoU^2 / sigma).
        sigma: above 0.
        score_threshold: a box whose score has fallen below it is dropped.

    Returns:
        int64 (kept,), in the order in which they were chosen, and their lowered scores.

    Raises:
        ShapeError, SettingError: as ``nms``; there is no such decay, or sigma is not above 0.

    >>> boxes = torch.tensor([[0.0, 0, 10, 10], [0, 0, 10, 5]])  # IoU 0.5
    >>> kept, lowered = soft_nms(boxes, torch.tensor([0.8, 0.6]), decay="linear")
    >>> kept.tolist(), [round(x, 2) for x in lowered.tolist()]
    ([0, 1], [0.8, 0.3])
    """
    _check(boxes, scores, iou_threshold)
    if decay not in get_args(Decay) or not sigma > 0:
        raise SettingError(
            f"decay is {decay!r} with sigma {sigma}", '"linear" or "gaussian", sigma above 0', "sigma=0.5"
        )
    boxes, left = wide(boxes.detach()), scores.detach().clone()
    chosen, lowered = [], []
    while len(left) and float(left.max()) >= score_threshold:
        best = int(left.argmax())
        chosen.append(best)
        lowered.append(left[best].clone())
        overlap = plain_iou(boxes[best : best + 1], boxes)[0].to(left.dtype)
        linear = torch.where(overlap > iou_threshold, 1 - overlap, 1)
        left *= linear if decay == "linear" else torch.exp(-(overlap**2) / sigma)
        left[chosen] = -torch.inf
    kept = torch.tensor(chosen, dtype=torch.int64, device=boxes.device)
    return kept, torch.stack(lowered) if lowered else scores.new_empty(0)


def plain_nms(boxes: Tensor, scores: Tensor, iou_threshold: float) -> Tensor:
    """The definition of ``nms``, one kept box after the other."""
    order = scores.sort(descending=True, stable=True).indices
    kept, limit = [], _rounded_down(iou_threshold, boxes.dtype)
    while len(order):
        best, others = order[0], order[1:]
        kept.append(best)
        order = others[plain_iou(boxes[best][None], boxes[others])[0] <= limit]
    return torch.stack(kept) if kept else order


def _nms(boxes: Tensor, scores: Tensor, classes: Tensor | None, iou_threshold: float) -> Tensor:
    """Check, and let the right implementation choose."""
    boxes, scores = bare(boxes.detach()), bare(scores.detach())
    _check_shapes(boxes, scores, iou_threshold)
    backend = backend_of(boxes, scores)
    if backend == "numba" and classes is None:
        return _numba_nms(wide(boxes), wide(scores), iou_threshold)
    check_boxes(boxes)
    check_finite(scores, "scores")
    boxes, scores = wide(boxes), wide(scores)
    if backend == "numba" and classes is not None:
        return _numba_nms_of_classes(boxes, scores, classes, iou_threshold)
    if classes is not None:
        return _each_class(boxes, scores, classes, iou_threshold)
    if backend == "plain":
        return plain_nms(boxes, scores, iou_threshold)
    from torchvision.ops import nms as torchvision_nms

    chosen: Tensor = torchvision_nms(boxes, scores.to(boxes.dtype), iou_threshold)
    return chosen


def _numba_nms(boxes: Tensor, scores: Tensor, iou_threshold: float) -> Tensor:
    """On the processor: crowds first, and what is left in a grid."""
    from striate.ops.kernels.suppress_crowds import suppress_crowds

    array, values = boxes.contiguous().numpy(), scores.contiguous().numpy()
    limit = array.dtype.type(_rounded_down(iou_threshold, boxes.dtype))
    bits = values.view(np.int64 if values.itemsize == 8 else np.int32)
    kept, left, finite = suppress_crowds(array.reshape(-1), values, bits, limit)
    if not finite:
        _check(boxes, scores, iou_threshold)
    if len(left):
        kept = np.concatenate([kept, _in_a_grid(array, values, left, (NO_CLASSES, 1), limit)])
    return torch.from_numpy(kept)


def _numba_nms_of_classes(boxes: Tensor, scores: Tensor, classes: Tensor, iou_threshold: float) -> Tensor:
    """On the processor, each class by itself."""
    names, inverse = torch.unique(classes, return_inverse=True)
    array, values = boxes.contiguous().numpy(), scores.contiguous().numpy()
    limit = array.dtype.type(_rounded_down(iou_threshold, boxes.dtype))
    of_class = inverse.numpy(), max(len(names), 1)
    return torch.from_numpy(_in_a_grid(array, values, np.arange(len(array)), of_class, limit))


NO_CLASSES = np.zeros(0, np.int64)
"""Where there is one class, nobody looks which box has it."""


def _in_a_grid(
    boxes: NDArray[Any],
    scores: NDArray[Any],
    members: NDArray[np.int64],
    classes: tuple[NDArray[np.int64], int],
    limit: Any,
) -> NDArray[np.int64]:
    """The members that survive in their class, best first; ``classes``: of all boxes, and how many."""
    from striate.ops.kernels.suppress import suppress

    width = 8 * scores.itemsize
    bits = (scores + scores.dtype.type(0)).view(f"u{scores.itemsize}")  # -0.0 becomes 0.0
    keep = np.zeros(len(boxes), np.bool_)
    order = suppress(boxes, bits, members, width, *classes, limit, keep)
    chosen: NDArray[np.int64] = order[keep[order]]
    return chosen


@lru_cache
def _rounded_down(threshold: float, dtype: torch.dtype) -> float:
    """The largest number of a type that is not above the threshold: x > one exactly if x > the other."""
    limit = torch.tensor(threshold, dtype=dtype)
    if float(limit) > threshold:
        limit = limit.nextafter(torch.tensor(-1.0, dtype=dtype))
    return float(limit)


def _each_class(boxes: Tensor, scores: Tensor, classes: Tensor, iou_threshold: float) -> Tensor:
    """One class after the other."""
    keep = torch.zeros_like(classes, dtype=torch.bool)
    for number in torch.unique(classes):
        members = (classes == number).nonzero().squeeze(1)
        keep[members[nms(boxes[members], scores[members], iou_threshold)]] = True
    order = scores.sort(descending=True, stable=True).indices
    return order[keep[order]]


def _check(boxes: Tensor, scores: Tensor, iou_threshold: float) -> None:
    """Refuse what cannot be suppressed."""
    _check_shapes(boxes, scores, iou_threshold)
    check_boxes(boxes)
    check_finite(scores, "scores")


def _check_shapes(boxes: Tensor, scores: Tensor, iou_threshold: float) -> None:
    """Refuse what needs no look at the numbers."""
    check_columns(boxes)
    if scores.shape != boxes.shape[:1]:
        raise ShapeError(
            f"scores are {tuple(scores.shape)} for boxes {tuple(boxes.shape)}",
            "boxes (M, 4) and scores (M,)",
            "one score for each box",
        )
    if not 0 <= iou_threshold <= 1:
        raise SettingError(f"iou_threshold is {iou_threshold}", "0..1", "iou_threshold=0.5")
