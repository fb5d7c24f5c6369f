"""Boxes: two corners (x1, y1, x2, y2) in continuous pixels. Area is (x2 - x1)(y2 - y1); nothing is added.

    x1,y1 +-------+                       intersection      area of both
          |   A   |              IoU   =  ------------      intersection over union, 0..1
          |   +---|---+                      union
          +---|---+   |          GIoU  =  IoU - share of the smallest enclosing box that neither covers, -1..1
              |   B   |          DIoU  =  IoU - (distance of centres / diagonal of that box) ^ 2
              +-------+ x2,y2    CIoU  =  DIoU - alpha v, v = what width / height differ by

GIoU: Rezatofighi et al. 2019, https://arxiv.org/abs/1902.09630. DIoU and CIoU: Zheng et al. 2020,
https://arxiv.org/abs/1911.08287. Names and arguments are torchvision's where it has the function.
"""

from math import pi
from typing import Literal, get_args

import torch
from torch import Tensor

from striate.errors import SettingError, ShapeError
from striate.ops.kernels import backend_of

BoxFormat = Literal["xyxy", "xywh", "cxcywh"]
TINY = 1e-7
"""Added where a box of no size would divide by zero (torchvision's eps)."""


def box_convert(boxes: Tensor, in_fmt: BoxFormat, out_fmt: BoxFormat) -> Tensor:
    """Boxes in another convention.

    Args:
        boxes: (..., 4).
        in_fmt: "xyxy" two corners, "xywh" corner and size, "cxcywh" centre and size.
        out_fmt: likewise.

    Raises:
        ShapeError: the last axis is not 4.
        SettingError: there is no such format.

    >>> box_convert(torch.tensor([[10.0, 15, 30, 35]]), "xyxy", "cxcywh").tolist()
    [[20.0, 25.0, 20.0, 20.0]]
    """
    _check_last(boxes, "boxes")
    for name in (in_fmt, out_fmt):
        if name not in get_args(BoxFormat):
            raise SettingError(f"the format is {name!r}", ", ".join(get_args(BoxFormat)), '"xyxy"')
    if in_fmt == out_fmt:
        return boxes.clone()
    a, b, c, d = boxes.unbind(-1)
    if in_fmt == "xywh":
        a, b, c, d = a, b, a + c, b + d
    elif in_fmt == "cxcywh":
        a, b, c, d = a - 0.5 * c, b - 0.5 * d, a + 0.5 * c, b + 0.5 * d
    if out_fmt == "xywh":
        c, d = c - a, d - b
    elif out_fmt == "cxcywh":
        a, b, c, d = (a + c) / 2, (b + d) / 2, c - a, d - b
    return torch.stack((a, b, c, d), dim=-1)


def box_area(boxes: Tensor, fmt: BoxFormat = "xyxy") -> Tensor:
    """Area of each box in square pixels: (..., 4) -> (...).

    >>> box_area(torch.tensor([[0.0, 0, 4, 2]])).tolist()
    [8.0]
    """
    _check_last(boxes, "boxes")
    a, b, c, d = wide(boxes).unbind(-1)
    return (c - a) * (d - b) if fmt == "xyxy" else c * d


def clip_boxes_to_image(boxes: Tensor, size: tuple[int, int]) -> Tensor:
    """Boxes (..., 4) moved to the border where they leave an image of ``size`` = (height, width).

    >>> clip_boxes_to_image(torch.tensor([[-5.0, -3, 70, 20]]), (40, 60)).tolist()
    [[0.0, 0.0, 60.0, 20.0]]
    """
    _check_last(boxes, "boxes")
    height, width = size
    x, y = boxes[..., 0::2].clamp(0, width), boxes[..., 1::2].clamp(0, height)
    return torch.stack((x, y), dim=-1).flatten(-2)


def remove_small_boxes(boxes: Tensor, min_size: float) -> Tensor:
    """Indices, int64, of the boxes (M, 4) whose sides are both at least ``min_size`` pixels.

    >>> remove_small_boxes(torch.tensor([[0.0, 0, 9, 9], [0, 0, 9, 0.5]]), 1).tolist()
    [0]
    """
    check_boxes(boxes)
    sides = boxes[:, 2:] - boxes[:, :2]
    return (sides >= min_size).all(dim=1).nonzero().squeeze(1)


def masks_to_boxes(masks: Tensor) -> Tensor:
    """The first and last pixel of each mask: (M, H, W) -> float (M, 4), zeros for an empty mask.

    These are torchvision's numbers: x2, y2 are the last pixels. Add 1 to them for a continuous box.

    >>> masks_to_boxes(torch.tensor([[[0, 0, 0], [0, 1, 1]]])).tolist()
    [[1.0, 1.0, 2.0, 1.0]]
    """
    if masks.dim() != 3:
        raise ShapeError(f"masks are {tuple(masks.shape)}", "(M, H, W)", "masks[None] for one mask")
    marked = masks != 0
    boxes = torch.zeros(len(masks), 4, device=masks.device)
    for number, mask in enumerate(marked):
        rows, columns = mask.any(dim=1).nonzero(), mask.any(dim=0).nonzero()
        if len(rows):
            boxes[number] = torch.stack((columns[0, 0], rows[0, 0], columns[-1, 0], rows[-1, 0]))
    return boxes


def box_iou(boxes1: Tensor, boxes2: Tensor, fmt: BoxFormat = "xyxy") -> Tensor:
    """Intersection over union of every box with every other; 0 where both have no area.

    Args:
        boxes1: (..., M, 4).
        boxes2: (..., N, 4).
        fmt: the convention of both.

    Returns:
        (..., M, N), 0..1; float32, or float64 for boxes in float64.

    Raises:
        ShapeError: the last axis is not 4.
        SettingError: a coordinate is NaN or infinite, or there is no such format.

    >>> box_iou(torch.tensor([[0.0, 0, 4, 2]]), torch.tensor([[0.0, 0, 2, 4], [9, 9, 9, 9]])).tolist()
    [[0.3333333432674408, 0.0]]
    """
    first, second = _pair(boxes1, boxes2, fmt)
    plain = first.dim() != 2 or second.dim() != 2 or (first.requires_grad or second.requires_grad)
    if plain or backend_of(first, second) != "numba":
        return plain_iou(first, second)
    from striate.ops.kernels.buffers import empty
    from striate.ops.kernels.compile import in_threads
    from striate.ops.kernels.overlap import iou_rows

    first, second = first.contiguous(), second.T.contiguous()
    out = empty((len(first), second.shape[1]), first.numpy().dtype)
    in_threads(iou_rows, len(first), out.size, first.numpy(), second.numpy(), out)
    return torch.from_numpy(out)


def plain_iou(first: Tensor, second: Tensor) -> Tensor:
    """The definition of ``box_iou``, for boxes of one float type."""
    inside, union = _inside_and_union(first, second)
    return _ratio(inside, union)


def box_ioa(boxes1: Tensor, boxes2: Tensor) -> Tensor:
    """Intersection over the area of each of ``boxes2``, (..., M, N): how much of it lies in a crowd region.

    >>> box_ioa(torch.tensor([[0.0, 0, 1, 1]]), torch.tensor([[0.5, 0.5, 1.5, 1.5]])).tolist()
    [[0.25]]
    """
    first, second = _pair(boxes1, boxes2)
    inside, _ = _inside_and_union(first, second)
    return _ratio(inside, box_area(second)[..., None, :].expand_as(inside))


def box_ios(boxes1: Tensor, boxes2: Tensor) -> Tensor:
    """Intersection over the smaller area, (..., M, N): 1 where one box lies in the other.

    >>> box_ios(torch.tensor([[0.0, 0, 4, 4]]), torch.tensor([[1.0, 1, 2, 2]])).tolist()
    [[1.0]]
    """
    first, second = _pair(boxes1, boxes2)
    inside, _ = _inside_and_union(first, second)
    return _ratio(inside, torch.minimum(box_area(first)[..., None], box_area(second)[..., None, :]))


def generalized_box_iou(boxes1: Tensor, boxes2: Tensor) -> Tensor:
    """GIoU of every box with every other, (..., M, N), -1..1. Arguments and errors are those of ``box_iou``.

    >>> generalized_box_iou(torch.tensor([[0.0, 0, 1, 1]]), torch.tensor([[1.0, 0, 3, 1]])).tolist()
    [[0.0]]
    """
    first, second = _pair(boxes1, boxes2)
    return paired_giou(first.unsqueeze(-2), second.unsqueeze(-3))


def distance_box_iou(boxes1: Tensor, boxes2: Tensor, eps: float = TINY) -> Tensor:
    """DIoU of every box with every other, (..., M, N). Arguments and errors are those of ``box_iou``.

    >>> distance_box_iou(torch.tensor([[0.0, 0, 2, 2]]), torch.tensor([[0.0, 0, 2, 2]])).tolist()
    [[1.0]]
    """
    first, second = _pair(boxes1, boxes2)
    return paired_diou(first.unsqueeze(-2), second.unsqueeze(-3), eps)


def complete_box_iou(boxes1: Tensor, boxes2: Tensor, eps: float = TINY) -> Tensor:
    """CIoU of every box with every other, (..., M, N). Arguments and errors are those of ``box_iou``.

    >>> complete_box_iou(torch.tensor([[0.0, 0, 2, 2]]), torch.tensor([[0.0, 0, 2, 2]])).tolist()
    [[1.0]]
    """
    first, second = _pair(boxes1, boxes2)
    return paired_ciou(first.unsqueeze(-2), second.unsqueeze(-3), eps)


# ---- boxes of equal shape, pair by pair: what the losses are made of; eps as torchvision adds it


def paired_iou(first: Tensor, second: Tensor, eps: float = 0.0) -> Tensor:
    """IoU of boxes (..., 4) pair by pair; ``eps`` is added to the union."""
    inside, union = _overlap(first, second)
    return _ratio(inside, union + eps)


def paired_giou(first: Tensor, second: Tensor, eps: float = 0.0) -> Tensor:
    """GIoU of boxes (..., 4) pair by pair; ``eps`` is added to both divisors."""
    inside, union = _overlap(first, second)
    enclosing = _enclosing(first, second).prod(dim=-1)
    return _ratio(inside, union + eps) - _ratio(enclosing - union, enclosing + eps)


def paired_diou(first: Tensor, second: Tensor, eps: float = TINY, iou_eps: float = 0.0) -> Tensor:
    """DIoU of boxes (..., 4) pair by pair; ``eps`` is added to the squared diagonal."""
    between = (first[..., :2] + first[..., 2:] - second[..., :2] - second[..., 2:]) / 2
    diagonal = _enclosing(first, second).square().sum(dim=-1) + eps
    return paired_iou(first, second, iou_eps) - between.square().sum(dim=-1) / diagonal


def paired_ciou(first: Tensor, second: Tensor, eps: float = TINY, iou_eps: float = 0.0) -> Tensor:
    """CIoU of boxes (..., 4) pair by pair; alpha has no gradient, as in equation 12 and in torchvision."""
    slopes = [torch.atan2(*(x[..., 2:] - x[..., :2]).clamp(min=eps).unbind(-1)) for x in (first, second)]
    v = 4 / pi**2 * (slopes[0] - slopes[1]).square()
    with torch.no_grad():
        alpha = v / (1 - paired_iou(first, second, iou_eps) + v + eps)
    return paired_diou(first, second, eps, iou_eps) - alpha * v


# ---- what comes in


def check_boxes(boxes: Tensor, name: str = "boxes", columns: int = 4) -> None:
    """Refuse what is not (M, 4) or holds a number that is NaN or infinite, by its index.

    Raises:
        ShapeError: not (M, columns).
        SettingError: a number is not finite.
    """
    check_columns(boxes, name, columns)
    check_finite(boxes, name)


def check_columns(boxes: Tensor, name: str = "boxes", columns: int = 4) -> None:
    """Refuse what is not (M, 4), without a look at the numbers.

    Raises:
        ShapeError: not (M, columns).
    """
    if boxes.dim() != 2 or boxes.shape[1] != columns:
        raise ShapeError(
            f"{name} are {tuple(boxes.shape)}", f"(M, {columns})", f"{name}.reshape(-1, {columns})"
        )


def check_finite(values: Tensor, name: str) -> None:
    """Refuse NaN and infinity, by the index of the first one.

    Raises:
        SettingError: a number is not finite.
    """
    if torch.compiler.is_compiling() or not values.is_floating_point() or values.is_meta:
        return
    if not bool(values.isfinite().all()):
        where = (~values.isfinite()).nonzero()[0].tolist()[: max(values.dim() - 1, 1)]
        index = tuple(where)
        raise SettingError(
            f"{name}[{', '.join(map(str, index))}] is {values[index].tolist()}",
            "finite numbers",
            "look where they come from: a diverged network, or a broken annotation",
        )


def bare(x: Tensor) -> Tensor:
    """Without its subclass, as of torchvision's ``BoundingBoxes``; a compiled graph has none."""
    return x if torch.compiler.is_compiling() else x.as_subclass(Tensor)


def wide(x: Tensor) -> Tensor:
    """float64 as it is, whole numbers as float64, half and bf16 as float32."""
    if x.is_floating_point():
        return x if x.dtype in (torch.float32, torch.float64) else x.float()
    return x.double()


def _pair(boxes1: Tensor, boxes2: Tensor, fmt: BoxFormat = "xyxy") -> tuple[Tensor, Tensor]:
    """Check two sets of boxes and give them as corners in one float type."""
    boxes1, boxes2 = bare(boxes1), bare(boxes2)
    for boxes, name in ((boxes1, "boxes1"), (boxes2, "boxes2")):
        _check_last(boxes, name)
        check_finite(boxes, name)
    whole = not (boxes1.is_floating_point() or boxes2.is_floating_point())
    first, second = (
        box_convert(wide(x), fmt, "xyxy") if fmt != "xyxy" else wide(x) for x in (boxes1, boxes2)
    )
    kind = torch.float32 if whole else torch.promote_types(first.dtype, second.dtype)
    return first.to(kind), second.to(kind)


def _check_last(boxes: Tensor, name: str) -> None:
    if boxes.dim() < 1 or boxes.shape[-1] != 4:
        raise ShapeError(f"{name} are {tuple(boxes.shape)}", "(..., 4)", f"{name}.reshape(-1, 4)")


def _inside_and_union(first: Tensor, second: Tensor) -> tuple[Tensor, Tensor]:
    """Area of intersection and of union of every box with every other, (..., M, N)."""
    return _overlap(first.unsqueeze(-2), second.unsqueeze(-3))


def _overlap(first: Tensor, second: Tensor) -> tuple[Tensor, Tensor]:
    """Area of intersection and of union, pair by pair."""
    start = torch.maximum(first[..., :2], second[..., :2])
    sides = (torch.minimum(first[..., 2:], second[..., 2:]) - start).clamp(min=0)
    inside = sides[..., 0] * sides[..., 1]
    return inside, box_area(first) + box_area(second) - inside


def _enclosing(first: Tensor, second: Tensor) -> Tensor:
    """Width and height of the smallest box around each pair."""
    start = torch.minimum(first[..., :2], second[..., :2])
    return torch.maximum(first[..., 2:], second[..., 2:]) - start


def _ratio(part: Tensor, whole: Tensor) -> Tensor:
    """part / whole, and 0 where the whole is nothing."""
    return torch.where(whole > 0, part / torch.where(whole > 0, whole, 1), 0)
