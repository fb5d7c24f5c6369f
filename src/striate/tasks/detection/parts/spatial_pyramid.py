"""The spatial pyramid of each region: the largest numbers of 4 x 4, 2 x 2 and 1 x 1 bins.

He, Zhang, Ren, Sun 2014, sections 2.2 and 4.1, appendix A. https://arxiv.org/abs/1406.4729

A region in pixels becomes whole cells of the map: from floor(x1 / S) + 1 to ceil(x2 / S) - 1, at least one.
Bins have floor and ceil edges, so that none is empty, where the formula of the paper fails for some sizes.
"""

from collections.abc import Sequence
from typing import final

import torch
from torch import Tensor

from striate.ops import roi_pool
from striate.tasks.detection.parts.region_pool import RegionPool, numbered, without_numbers


@final
class SpatialPyramid(RegionPool):
    """Maps and regions -> (R, C * sum of b * b, 1, 1): level after level.

    Args:
        stride: of the first map, pixels.
        bins: along each side, a number for each level.
    """

    def __init__(self, stride: int, bins: Sequence[int] = (4, 2, 1)) -> None:
        super().__init__()
        self.stride, self.bins = stride, tuple(bins)

    @property
    def each(self) -> int:
        """Numbers that a channel gives."""
        return sum(count**2 for count in self.bins)

    def forward(self, maps: Sequence[Tensor], regions: Sequence[Tensor]) -> Tensor:
        """Pool each region of the first map."""
        height, width = maps[0].shape[-2:]
        table = numbered(regions)
        if without_numbers(table):
            return maps[0].new_empty(len(table), maps[0].shape[1] * self.each, 1, 1)
        cells = cells_of(table[:, 1:], self.stride, (height, width))
        levels = [
            roi_pool(maps[0], torch.cat([table[:, :1], cells], 1), count).flatten(1) for count in self.bins
        ]
        return torch.cat(levels, 1)[:, :, None, None]


def cells_of(regions: Tensor, stride: int, size: tuple[int, int]) -> Tensor:
    """The first and the last cell of each region, (R, 4): x1, y1, x2, y2.

    Args:
        regions: (R, 4), pixels.
        stride: pixels of a cell.
        size: rows and columns of the map.

    >>> cells_of(torch.tensor([[20.0, 0, 70, 10]]), 16, (10, 10)).tolist()  # columns 2..4 of row 0
    [[2.0, 0.0, 4.0, 0.0]]
    """
    last = regions.new_tensor([size[1] - 1, size[0] - 1])
    first = torch.minimum((regions[:, :2] / stride).floor() + 1, last)
    first = torch.where(regions[:, :2] <= 0, 0, first)
    end = torch.minimum((regions[:, 2:] / stride).ceil() - 1, last)
    first = torch.minimum(first, torch.maximum(end, torch.zeros_like(end)))
    return torch.cat([first, torch.maximum(first, end)], dim=1)
