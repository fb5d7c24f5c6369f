"""Maps of places in one picture to places in another one: scaled, shifted, mirrored, turned, sheared.

    (x', y') = A (x, y) + b          affine (2, 3) = [A | b]          mirrored, W pixels wide: [-1 0 W; 0 1 0]

Places are pixels from the top left corner of the picture: a box of width W fills a picture of W pixels.
"""

import torch
from torch import Tensor

LEAST_SHARE, LEAST_SIDE = 0.2, 1.0
"""A moved box is dropped when less than this share of its area is inside, or a side is shorter (pixels)."""


def scaling(x: float, y: float, left: float = 0.0, top: float = 0.0) -> Tensor:
    """float32 (2, 3): places times (x, y), then moved by (left, top).

    >>> scaling(2, 3, 1, 0).tolist()
    [[2.0, 0.0, 1.0], [0.0, 3.0, 0.0]]
    """
    return torch.tensor([[x, 0.0, left], [0.0, y, top]])


def then(first: Tensor, second: Tensor) -> Tensor:
    """(..., 2, 3): what ``first`` and after it ``second`` do.

    >>> then(scaling(2, 2), scaling(1, 1, 5, 0)).tolist()
    [[2.0, 0.0, 5.0], [0.0, 2.0, 0.0]]
    """
    linear = second[..., :2] @ first
    return torch.cat([linear[..., :2], linear[..., 2:] + second[..., 2:]], dim=-1)


def inverse(affine: Tensor) -> Tensor:
    """(..., 2, 3): the way back.

    >>> inverse(scaling(2, 4, 6, 0)).tolist()
    [[0.5, 0.0, -3.0], [0.0, 0.25, 0.0]]
    """
    back = torch.linalg.inv(affine[..., :2])
    return torch.cat([back, -back @ affine[..., 2:]], dim=-1) + 0.0  # no negative zeros


def determinant(affine: Tensor) -> Tensor:
    """(...): by how much areas grow; negative for a map that mirrors."""
    return affine[..., 0, 0] * affine[..., 1, 1] - affine[..., 0, 1] * affine[..., 1, 0]


def moved_points(points: Tensor, affine: Tensor) -> Tensor:
    """(N, L, 2): where N pictures' points x, y are afterwards.

    Args:
        points: (N, L, 2), pixels.
        affine: (N, 2, 3).

    >>> moved_points(torch.tensor([[[1.0, 2.0]]]), scaling(-1, 1, 10)[None]).tolist()
    [[[9.0, 2.0]]]
    """
    affine = affine.to(points)
    return points @ affine[:, :, :2].transpose(1, 2) + affine[:, None, :, 2]


def moved_boxes(boxes: Tensor, affine: Tensor) -> Tensor:
    """(M, 4): the upright boxes around where M boxes x1, y1, x2, y2 are afterwards; not clipped.

    Args:
        boxes: (M, 4), pixels.
        affine: (M, 2, 3), one for each box.

    >>> moved_boxes(torch.tensor([[1.0, 2.0, 3.0, 5.0]]), scaling(-1, 1, 10)[None]).tolist()
    [[7.0, 2.0, 9.0, 5.0]]
    """
    corners = moved_points(boxes[:, [0, 1, 2, 1, 2, 3, 0, 3]].view(-1, 4, 2), affine)
    return torch.cat([corners.amin(1), corners.amax(1)], dim=1)


def clipped_boxes(boxes: Tensor, size: tuple[int, int]) -> Tensor:
    """(M, 4): what of the boxes lies inside a picture of (H, W) pixels.

    >>> clipped_boxes(torch.tensor([[-3.0, 2.0, 3.0, 50.0]]), (10, 20)).tolist()
    [[0.0, 2.0, 3.0, 10.0]]
    """
    height, width = size
    return torch.minimum(boxes.clamp(min=0), boxes.new_tensor([width, height, width, height]))


def areas(boxes: Tensor) -> Tensor:
    """(M,): (x2 - x1)(y2 - y1).

    >>> areas(torch.tensor([[1.0, 2.0, 3.0, 5.0]])).tolist()
    [6.0]
    """
    return (boxes[:, 2] - boxes[:, 0]) * (boxes[:, 3] - boxes[:, 1])


def stays_inside(moved: Tensor, inside: Tensor) -> Tensor:
    """bool (M,): whether enough of each box is left: a fifth of its area, and a pixel of both sides.

    It is the one rule for boxes that leave a picture, whatever moved them. A box that stays is clipped.

    Args:
        moved: (M, 4), boxes x1, y1, x2, y2, pixels.
        inside: (M, 4), what of them lies inside; x2 < x1 or y2 < y1 where nothing does.

    >>> moved, picture = torch.tensor([[-7.0, 0.0, 3.0, 9.0], [-9.0, 0.0, 1.0, 9.0]]), (10, 10)
    >>> stays_inside(moved, clipped_boxes(moved, picture)).tolist()
    [True, False]
    """
    long_enough = (inside[:, 2:] - inside[:, :2] >= LEAST_SIDE).all(1)
    return long_enough & (areas(inside) >= LEAST_SHARE * areas(moved))
