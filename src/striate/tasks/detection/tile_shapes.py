"""Masks, joints and captions of objects that tiles saw: moved into the picture; parts become one mask.

tile A [ ##|     tile B   |## ]   -->   ####     the mask of an object that both cut is both masks together
"""

from collections.abc import Sequence
from typing import Any

import torch
from torch import Tensor

from striate.records import BitMasks, Captions, Detections, InstanceJoints, MaskCrops

Window = tuple[Tensor, int, int]
"""bool (h, w), and its first column and row in the picture."""


def joined_shapes(
    views: Sequence[Detections], corners: Tensor, members: Sequence[Sequence[int]], size: tuple[int, int]
) -> dict[str, Any]:
    """What of an answer goes beside its boxes.

    Args:
        views: the answers of all views, each in its own pixels.
        corners: int64 (V, 2), column and row in the picture where each view begins.
        members: for each object of the joined answer the rows that it was made of, counted through all views,
            the best score first.
        size: (H, W) of the picture.

    Returns:
        ``masks``, ``joints`` and ``captions``, as far as the views have them.
    """
    rows = [(view, row) for view, one in enumerate(views) for row in range(len(one))]
    found: dict[str, Any] = {}
    if all(one.masks is not None for one in views):
        windows = [together([_window(views, corners, *rows[one]) for one in own]) for own in members]
        found["masks"] = BitMasks(MaskCrops.gathered(windows, size))
    if all(one.joints is not None for one in views):
        found["joints"] = _joints(views, corners, [rows[own[0]] for own in members])
    if all(one.captions is not None for one in views):
        found["captions"] = _captions(views, [rows[own[0]] for own in members])
    return found


def _window(views: Sequence[Detections], corners: Tensor, view: int, row: int) -> Window:
    """The mask of an object in its window of the picture."""
    masks = views[view].masks
    assert masks is not None
    bits, left, top = masks.window(row)
    x, y = corners[view].tolist()
    return bits, left + x, top + y


def together(windows: Sequence[Window]) -> Window:
    """All pixels of several windows in the window around them.

    >>> one = torch.ones(1, 2) > 0
    >>> bits, left, top = together([(one, 4, 1), (one, 5, 2)])
    >>> bits.int().tolist(), left, top
    ([[1, 1, 0], [0, 1, 1]], 4, 1)
    """
    if len(windows) == 1:
        return windows[0]
    left, top = min(x for _, x, _ in windows), min(y for _, _, y in windows)
    right = max(x + bits.shape[1] for bits, x, _ in windows)
    bottom = max(y + bits.shape[0] for bits, _, y in windows)
    result = torch.zeros(bottom - top, right - left, dtype=torch.bool)
    for bits, x, y in windows:
        result[y - top : y - top + bits.shape[0], x - left : x - left + bits.shape[1]] |= bits
    return result, left, top


def _captions(views: Sequence[Detections], rows: Sequence[tuple[int, int]]) -> Captions:
    """The captions of some objects, each as its view wrote it."""
    own = [(views[view].captions, row) for view, row in rows]
    texts = tuple(captions.texts[row] for captions, row in own if captions is not None)
    sure = [captions.log_probabilities[row] for captions, row in own if captions is not None]
    return Captions(texts, torch.stack(sure) if sure else torch.zeros(0))


def _joints(
    views: Sequence[Detections], corners: Tensor, rows: Sequence[tuple[int, int]]
) -> InstanceJoints | None:
    """The joints of some objects, each as its view has them."""
    first = views[0].joints
    assert first is not None
    points, scores = [first.points[:0]], [first.scores[:0]]
    for view, row in rows:
        own = views[view].joints
        assert own is not None
        points.append(own.points[row : row + 1] + corners[view].to(own.points))
        scores.append(own.scores[row : row + 1])
    return InstanceJoints(torch.cat(points), torch.cat(scores), first.names, first.skeleton)
