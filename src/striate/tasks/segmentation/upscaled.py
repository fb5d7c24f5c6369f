"""Scores of a small map as classes of a large picture: interpolated band by band, so that memory is bounded.

scores (K, h, w) --bilinear, some rows of the picture at a time--> the best class of every pixel (H, W)
"""

import torch
from torch import Tensor
from torch.nn import functional as F

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
    same = size == (height, width) and torch.equal(back.cpu().float(), torch.eye(2, 3))
    if same:
        return result.copy_(scores.argmax(0))
    rows = max(1, AT_ONCE // (classes * size[1]))
    x = _places(float(back[0, 0]), float(back[0, 2]), size[1], width, scores)
    y = _places(float(back[1, 1]), float(back[1, 2]), size[0], height, scores)
    for top in range(0, size[0], rows):
        band = y[top : top + rows]
        grid = torch.stack([x.expand(len(band), -1), band[:, None].expand(-1, len(x))], dim=2)
        found = F.grid_sample(scores[None], grid[None], padding_mode="border", align_corners=False)
        result[top : top + rows] = found[0].argmax(0).to(result)
    return result


def _places(factor: float, offset: float, count: int, side: int, scores: Tensor) -> Tensor:
    """(count,): where the middles of pixels lie in the image, in the -1..1 of ``grid_sample``."""
    middles = torch.arange(count, device=scores.device, dtype=scores.dtype) + 0.5
    return (middles * factor + offset) / side * 2 - 1
