"""Boxes as offsets from anchors, which a network learns, and back.

    R-CNN, Faster R-CNN, SSD          YOLO v2: from a cell with its corner c
    dx = wx (x - xa) / wa             x = (c_x + sigmoid(tx)) * stride
    dy = wy (y - ya) / ha             y = (c_y + sigmoid(ty)) * stride
    dw = ww log(w / wa)               w = wa exp(tw)
    dh = wh log(h / ha)               h = ha exp(th)

x, y is a centre. SSD divides by variances, which is the same: its weights are 1 / variance.
Girshick et al. 2014, appendix C, https://arxiv.org/abs/1311.2524; Liu et al. 2016, equation 2; Redmon and
Farhadi 2017, figure 3.
"""

from math import log

import torch
from torch import Tensor

from striate.errors import ShapeError
from striate.ops.boxes import box_convert, wide

Weights = tuple[float, float, float, float]

RCNN_WEIGHTS: Weights = (10.0, 10.0, 5.0, 5.0)
"""Of the second stage in Fast and Faster R-CNN: they bring the spread of the targets to about 1."""
SSD_WEIGHTS: Weights = (10.0, 10.0, 5.0, 5.0)
"""1 / variance with SSD's variances 0.1, 0.1, 0.2, 0.2."""
LARGEST_GROWTH = log(1000 / 16)
"""A box grows to at most 62.5 times its anchor: 16 pixels to 1,000 (Detectron); exp never overflows."""


def encode_boxes(boxes: Tensor, anchors: Tensor, weights: Weights = (1.0, 1.0, 1.0, 1.0)) -> Tensor:
    """Offsets of boxes from anchors, pair by pair.

    Args:
        boxes: (M, 4), two corners, width and height above 0.
        anchors: (M, 4), likewise.
        weights: of dx, dy, dw, dh.

    Returns:
        (M, 4); float64 for float64, else float32. A box without width or height gives -inf for it.

    Raises:
        ShapeError: not as many boxes as anchors.

    >>> anchor, box = torch.tensor([[0.0, 0, 10, 10]]), torch.tensor([[5.0, 0, 15, 10]])
    >>> encode_boxes(box, anchor).tolist()
    [[0.5, 0.0, 0.0, 0.0]]
    """
    if boxes.shape != anchors.shape or boxes.shape[-1:] != (4,):
        raise ShapeError(
            f"{tuple(boxes.shape)} boxes for {tuple(anchors.shape)} anchors",
            "one box for each anchor, (M, 4)",
            "boxes[matches]",
        )
    centre, size = _centre_and_size(wide(boxes))
    from_centre, from_size = _centre_and_size(wide(anchors))
    w = size.new_tensor(weights)
    return torch.cat(
        [w[:2] * (centre - from_centre) / from_size, w[2:] * torch.log(size / from_size)], dim=-1
    )


def decode_boxes(
    offsets: Tensor,
    anchors: Tensor,
    weights: Weights = (1.0, 1.0, 1.0, 1.0),
    largest_growth: float = LARGEST_GROWTH,
) -> Tensor:
    """Boxes that lie at offsets from anchors: the inverse of ``encode_boxes``.

    Args:
        offsets: (M, 4), or (M, 4 * K) with those of K classes one after the other.
        anchors: (M, 4), two corners.
        weights: of dx, dy, dw, dh.
        largest_growth: dw and dh are clipped to it before exp.

    Returns:
        Two corners, of the shape of ``offsets``.

    Raises:
        ShapeError: not as many offsets as anchors.

    >>> decode_boxes(torch.tensor([[0.5, 0.0, 0.0, 0.0]]), torch.tensor([[0.0, 0, 10, 10]])).tolist()
    [[5.0, 0.0, 15.0, 10.0]]
    """
    if anchors.dim() != 2 or offsets.dim() != 2 or len(offsets) != len(anchors) or offsets.shape[1] % 4:
        raise ShapeError(
            f"{tuple(offsets.shape)} offsets for {tuple(anchors.shape)} anchors",
            "(M, 4 * K) and (M, 4)",
            "offsets.reshape(len(anchors), -1)",
        )
    offsets = wide(offsets)
    from_centre, from_size = (x[:, None] for x in _centre_and_size(wide(anchors).to(offsets.dtype)))
    each = offsets.reshape(len(offsets), offsets.shape[1] // 4, 4) / offsets.new_tensor(weights)
    centre = each[..., :2] * from_size + from_centre
    half = 0.5 * (torch.exp(each[..., 2:].clamp(max=largest_growth)) * from_size)
    return torch.cat([centre - half, centre + half], dim=-1).flatten(1)


def encode_cells(boxes: Tensor, cells: Tensor, anchors: Tensor, stride: float) -> Tensor:
    """What a YOLO v2 network should give for boxes whose centres lie in given cells.

    Args:
        boxes: (M, 4), two corners in pixels.
        cells: (M, 2), column and row of the cell that is responsible.
        anchors: (M, 2), width and height in pixels.
        stride: pixels of a cell.

    Returns:
        (M, 4): the position in the cell, 0..1, after the sigmoid; then log of the size by the anchor's.

    >>> box = torch.tensor([[10.0, 20.0, 30.0, 40.0]])
    >>> encode_cells(box, torch.tensor([[1, 1]]), torch.tensor([[20.0, 20.0]]), 16).tolist()
    [[0.25, 0.875, 0.0, 0.0]]
    """
    centre, size = _centre_and_size(wide(boxes))
    return torch.cat([centre / stride - cells, torch.log(size / anchors)], dim=-1)


def decode_cells(raw: Tensor, cells: Tensor, anchors: Tensor, stride: float) -> Tensor:
    """Boxes of a YOLO v2 network, two corners in pixels.

    Args:
        raw: (..., 4) tx, ty, tw, th as the network gives them; sizes are clipped as in ``decode_boxes``.
        cells: (..., 2) column and row, broadcast.
        anchors: (..., 2) width and height in pixels, broadcast.
        stride: pixels of a cell.

    >>> decode_cells(torch.zeros(1, 4), torch.tensor([[1, 1]]), torch.tensor([[20.0, 20.0]]), 16).tolist()
    [[14.0, 14.0, 34.0, 34.0]]
    """
    raw = wide(raw)
    centre = (raw[..., :2].sigmoid() + cells) * stride
    half = 0.5 * torch.exp(raw[..., 2:].clamp(max=LARGEST_GROWTH)) * anchors
    return torch.cat([centre - half, centre + half], dim=-1)


def _centre_and_size(boxes: Tensor) -> tuple[Tensor, Tensor]:
    """Centres and sizes (..., 2)."""
    turned = box_convert(boxes, "xyxy", "cxcywh")
    return turned[..., :2], turned[..., 2:]
