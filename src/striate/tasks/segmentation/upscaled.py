"""Scores of a small map as classes of a large picture: interpolated band by band, so that memory is bounded.

scores (K, h, w) --bilinear, some rows of the picture at a time--> the best class of every pixel (H, W)
"""

import math

import torch
from torch import Tensor
from torch.nn import functional as F

from striate.ops.kernels import backend_of
from striate.records.segmentation import mask_dtype

AT_ONCE = 8_000_000
"""Numbers that are interpolated together."""


def best_classes(scores: Tensor, back: Tensor, size: tuple[int, int]) -> Tensor:
    """The class with the best score at every pixel of another picture.

    Args:
        scores: (K, h, w), of an image.
        back: (2, 3), from places in the other picture to places in the image; scaled and shifted, not turned.
        size: (H, W) of the other picture, pixels.

    Returns:
        uint8 (H, W), or int16 for more than 255 classes.

    >>> scores = torch.tensor([[[1.0, 0.0]], [[0.0, 1.0]]])
    >>> best_classes(scores, torch.tensor([[0.5, 0.0, 0.0], [0.0, 1.0, 0.0]]), (1, 4)).tolist()
    [[0, 0, 1, 1]]
    """
    classes, height, width = scores.shape
    result = torch.empty(size, dtype=mask_dtype(classes))
    if size == (height, width) and torch.equal(back.cpu().float(), torch.eye(2, 3)):
        return result.copy_(best_of(scores, 0))
    rows = max(1, AT_ONCE // (classes * size[1]))
    for top in range(0, size[0], rows):
        count = min(rows, size[0] - top)
        result[top : top + count] = best_of(upscaled(scores, back, (count, size[1]), top), 0)
    return result


def best_of(scores: Tensor, dim: int) -> Tensor:
    """int64: the number of the best score along an axis, the first of equal ones, as ``argmax`` says.

    On a processor the kernel takes a tenth of the time of ``max``, and that a fifth of ``argmax`` along
    an axis that is not the last one.

    >>> best_of(torch.tensor([[1.0, 0.0], [1.0, 2.0]]), 0).tolist()
    [0, 1]
    """
    if backend_of(scores) != "numba" or scores.dtype != torch.float32 or not scores.numel():
        return scores.max(dim).indices
    last, shape = scores.detach().movedim(dim, -1), (*scores.shape[:dim], *scores.shape[dim + 1 :])
    if last.is_contiguous():
        return _best(last.reshape(-1, scores.shape[dim]), rows=True).view(shape)
    maps = (
        scores.detach().contiguous().flatten(dim + 1).reshape(-1, scores.shape[dim], math.prod(shape[dim:]))
    )
    return torch.stack([_best(one, rows=False) for one in maps]).view(shape)


def _best(scores: Tensor, *, rows: bool) -> Tensor:
    """(P,) of scores (P, K), or of maps (K, P)."""
    from striate.ops.kernels.best_class import best_of_maps, best_of_rows
    from striate.ops.kernels.compile import in_threads

    count = len(scores) if rows else scores.shape[1]
    best = torch.empty(count, dtype=torch.int64)
    in_threads(best_of_rows if rows else best_of_maps, count, scores.numel(), scores.numpy(), best.numpy())
    return best


def upscaled(scores: Tensor, back: Tensor, size: tuple[int, int], top: int = 0) -> Tensor:
    """(K, *size): interpolated scores of some rows of another picture.

    Args:
        scores: (K, h, w), of an image.
        back: as of ``best_classes``.
        size: rows that are wanted, and columns of the other picture.
        top: the first of the rows.
    """
    _, height, width = scores.shape
    x = _places(float(back[0, 0]), float(back[0, 2]), torch.arange(size[1]), width, scores)
    y = _places(float(back[1, 1]), float(back[1, 2]), torch.arange(top, top + size[0]), height, scores)
    grid = torch.stack([x.expand(len(y), -1), y[:, None].expand(-1, len(x))], dim=2)
    return F.grid_sample(scores[None], grid[None], padding_mode="border", align_corners=False)[0]


def _places(factor: float, offset: float, numbers: Tensor, side: int, scores: Tensor) -> Tensor:
    """(n,): where the middles of numbered pixels lie in the image, in the -1..1 of ``grid_sample``."""
    return ((numbers.to(scores) + 0.5) * factor + offset) / side * 2 - 1
