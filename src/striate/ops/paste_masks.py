"""Soft masks of boxes into their picture: each is stretched over its box.

    crop (S, S), 0..1 --a border of zeros, bilinear--> the pixels of its box --above a threshold--> bits

The border makes a mask fade at the edges of its box, which grows by as much; its corners are cut to whole
pixels. As in torchvision, with the same bits. Source: He et al. 2017, section 3, and Detectron.
"""

import torch
from torch import Tensor
from torch.nn import functional as F

from striate.errors import ShapeError

BORDER = 1
"""Zeros around a crop, pixels of the crop."""


def paste_masks(crops: Tensor, boxes: Tensor, size: tuple[int, int], threshold: float = 0.5) -> Tensor:
    """Which pixels of the picture belong to each object.

    Args:
        crops: float (M, S, S), 0..1.
        boxes: float (M, 4), two corners, pixels; they may reach out of the picture.
        size: (H, W) of the picture, pixels.
        threshold: a pixel above it belongs to the object.

    Returns:
        bool (M, H, W). Memory is touched where boxes are, and nowhere else.

    Raises:
        ShapeError: crops and boxes do not belong together.

    >>> paste_masks(torch.ones(1, 4, 4), torch.tensor([[1.0, 1.0, 5.0, 3.0]]), (3, 7)).int().tolist()
    [[[0, 0, 0, 0, 0, 0, 0], [0, 1, 1, 1, 1, 1, 0], [0, 1, 1, 1, 1, 1, 0]]]
    """
    _check(crops, boxes)
    from striate.ops.kernels import backend_of

    if backend_of(crops, boxes) != "numba":
        return soft_masks(crops, boxes, size) > threshold
    result = torch.zeros(len(crops), *size, dtype=torch.bool)
    _fill(crops, pasted_boxes(crops, boxes), result, (0, 0), threshold)
    return result


def paste_window(
    crop: Tensor, box: Tensor, size: tuple[int, int], threshold: float = 0.5
) -> tuple[Tensor, int, int]:
    """The same of one crop (S, S), in the part of the picture that its box (4,) covers.

    Returns:
        bool (h, w), and the first column and row of it.

    >>> bits, left, top = paste_window(torch.ones(2, 2), torch.tensor([1.0, 0.0, 3.0, 2.0]), (3, 4))
    >>> tuple(bits.shape), left, top
    ((3, 4), 0, 0)
    """
    crops, boxes = crop[None], box[None]
    _check(crops, boxes)
    whole = pasted_boxes(crops, boxes)
    x1, y1, x2, y2 = whole[0].tolist()
    left, top = min(max(x1, 0), size[1]), min(max(y1, 0), size[0])
    width, height = min(max(x2 + 1, left), size[1]) - left, min(max(y2 + 1, top), size[0]) - top
    result = torch.zeros(1, height, width, dtype=torch.bool)
    _fill(crops, whole, result, (left, top), threshold)
    return result[0], left, top


def soft_masks(crops: Tensor, boxes: Tensor, size: tuple[int, int]) -> Tensor:
    """float (M, H, W): how much each pixel belongs to each object; the plain twin of ``paste_masks``.

    Arguments and errors are those of ``paste_masks``.
    """
    _check(crops, boxes)
    result = crops.new_zeros(len(crops), *size)
    padded = F.pad(crops, (BORDER,) * 4)
    for number, (x1, y1, x2, y2) in enumerate(pasted_boxes(crops, boxes).tolist()):
        left, top = max(x1, 0), max(y1, 0)
        right, bottom = min(x2 + 1, size[1]), min(y2 + 1, size[0])
        if right > left and bottom > top:
            sides = (max(y2 - y1 + 1, 1), max(x2 - x1 + 1, 1))
            one = F.interpolate(padded[number][None, None], sides, mode="bilinear", align_corners=False)
            result[number, top:bottom, left:right] = one[0, 0, top - y1 : bottom - y1, left - x1 : right - x1]
    return result


def pasted_boxes(crops: Tensor, boxes: Tensor) -> Tensor:
    """int64 (M, 4): first and last column and row over which each crop with its border is stretched."""
    factor = (crops.shape[-1] + 2 * BORDER) / crops.shape[-1]
    half = (boxes[:, 2:] - boxes[:, :2]) * 0.5 * factor
    middle = (boxes[:, 2:] + boxes[:, :2]) * 0.5
    return torch.cat([middle - half, middle + half], dim=1).to(torch.int64)


def _fill(crops: Tensor, whole: Tensor, result: Tensor, corner: tuple[int, int], threshold: float) -> None:
    from striate.ops.kernels.compile import in_threads
    from striate.ops.kernels.paste import paste

    arrays = (crops.detach().float().contiguous().numpy(), whole.numpy(), result.numpy())
    size = int((whole[:, 2:] - whole[:, :2] + 1).clamp(min=0).prod(1).sum())
    in_threads(paste, len(crops), size, *arrays, *corner, threshold)


def _check(crops: Tensor, boxes: Tensor) -> None:
    shape = tuple(crops.shape)
    if len(shape) != 3 or shape[1] != shape[2] or not shape[1] or boxes.shape != (shape[0], 4):
        raise ShapeError(
            f"crops are {shape}, boxes {tuple(boxes.shape)}", "(M, S, S) and (M, 4)", "one box for each crop"
        )
