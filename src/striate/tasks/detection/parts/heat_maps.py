"""Heat maps of regions: which place of the map a joint is at, and which point of the picture a map shows.

    region of w x h pixels  <-->  56 x 56 places, numbered row by row

A joint on the right or lower edge of its region is at the last place. An answer is the highest pixel of the
map made as large as its region (bicubic), at its middle. He et al. 2017, section 5; Detectron's code.
"""

import torch
from torch import Tensor
from torch.nn import functional as F

HALF = 0.5
NEAR = 3
"""Places along a side of the square around an answer whose shares are summed."""


def places_in(points: Tensor, visible: Tensor, regions: Tensor, side: int) -> tuple[Tensor, Tensor]:
    """Places of joints in the maps of their regions.

    Args:
        points: (R, J, 2), x and y, pixels.
        visible: bool (R, J).
        regions: (R, 4), two corners, pixels.
        side: S, places along a side.

    Returns:
        int64 (R, J), numbers 0..S*S-1, 0 where there is none; bool (R, J), visible and inside of the region.

    >>> points = torch.tensor([[[4.0, 1.0], [9.0, 9.0]]])
    >>> places_in(points, torch.ones(1, 2) > 0, torch.tensor([[0.0, 0, 4, 4]]), 4)
    (tensor([[7, 0]]), tensor([[ True, False]]))
    """
    corner, extent = regions[:, None, :2], (regions[:, 2:] - regions[:, :2])[:, None]
    cells = ((points - corner) * (side / extent)).floor().long()
    cells = torch.where(points == regions[:, None, 2:], side - 1, cells)
    counted = ((cells >= 0) & (cells < side)).all(2) & visible
    return (cells[..., 1] * side + cells[..., 0]) * counted, counted


def points_of(maps: Tensor, regions: Tensor) -> tuple[Tensor, Tensor]:
    """The highest place of each map.

    Args:
        maps: (R, J, S, S).
        regions: (R, 4), two corners, pixels.

    Returns:
        (R, J, 2), x and y, pixels; (R, J), the values there, of the maps made as large as their regions.
    """
    points, values = maps.new_zeros(*maps.shape[:2], 2), maps.new_zeros(maps.shape[:2])
    extents = (regions[:, 2:] - regions[:, :2]).clamp(min=1)
    for number, (width, height) in enumerate(extents.ceil().int().tolist()):
        large = F.interpolate(maps[number][:, None], (height, width), mode="bicubic", align_corners=False)
        values[number], places = large.flatten(1).max(1)
        pixels = torch.stack([places % width, places // width], dim=1)
        scale = extents[number] / extents.new_tensor([width, height])
        points[number] = (pixels + HALF) * scale + regions[number, :2]
    return points, values


def near_shares(maps: Tensor, regions: Tensor, points: Tensor) -> Tensor:
    """(R, J), 0..1: how much of the softmax of each map lies within a place of its point.

    Arguments are those of ``points_of`` and what it gave.
    """
    side = maps.shape[-1]
    shares = maps.flatten(2).softmax(2).view(maps.shape)
    near = F.avg_pool2d(shares, NEAR, 1, NEAR // 2) * NEAR**2
    extent = (regions[:, 2:] - regions[:, :2]).clamp(min=1)[:, None]
    cells = ((points - regions[:, None, :2]) * (side / extent)).floor().long().clamp(0, side - 1)
    return near.flatten(2).gather(2, (cells[..., 1] * side + cells[..., 0])[..., None])[..., 0].clamp(max=1)
