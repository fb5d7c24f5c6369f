"""Regions of maps by bilinear sampling, with gradients to the maps and to the corners of the regions.

    region --P x P points, the middles of its bins--> the map, bilinear, at each point --> (C, P, P)

RoI pooling and RoI align have no gradient to the region: here the region is an input of the network like any
other. One sample a bin; RoI align averages four. Johnson, Karpathy, Fei-Fei 2016, section 3.2.1,
https://arxiv.org/abs/1511.07571, after Jaderberg et al. 2015.
"""

import math
from collections.abc import Sequence
from typing import Any, final

import torch
from torch import Tensor
from torch.nn import functional as F

from striate.ops import pyramid_level
from striate.tasks.detection.parts.region_pool import RegionPool, without_numbers


@final
class BilinearPool(RegionPool):
    """The same points of every region, from the map that fits its size.

    Args:
        strides: of the maps, pixels, fine to coarse.
        bins: points along each side.
        canonical: side of the region, in pixels, that is taken from the map of stride 16.
    """

    def __init__(self, strides: Sequence[int], bins: int = 7, canonical: float = 224) -> None:
        super().__init__()
        self.strides, self.bins, self.canonical = tuple(strides), bins, canonical

    def forward(self, maps: Sequence[Tensor], regions: Sequence[Tensor]) -> Tensor:
        """Pool each region from one map."""
        rows = [self._of_image([one[number] for one in maps], own) for number, own in enumerate(regions)]
        return torch.cat(rows)

    def described(self) -> dict[str, Any]:
        """Strides and the side of the region that is taken from the map of stride 16."""
        return {"bilinear": {"strides": list(self.strides), "points": "middles of bins", "border": "nearest"}}

    def _of_image(self, maps: Sequence[Tensor], regions: Tensor) -> Tensor:
        """Regions (r, 4) of the maps (C, h, w) of one image."""
        pooled = maps[0].new_zeros(len(regions), maps[0].shape[0], self.bins, self.bins)
        if not len(regions) or without_numbers(maps[0]):
            return pooled
        if len(self.strides) == 1:
            return self._sampled(maps[0], regions, self.strides[0])
        lowest, highest = (round(math.log2(one)) for one in (self.strides[0], self.strides[-1]))
        levels = pyramid_level(regions.detach(), lowest, highest, self.canonical)
        for one, stride in zip(maps, self.strides, strict=False):
            own = (levels == round(math.log2(stride))).nonzero().squeeze(1)
            if len(own):
                pooled = pooled.index_copy(0, own, self._sampled(one, regions[own], stride).to(pooled.dtype))
        return pooled

    def _sampled(self, one: Tensor, regions: Tensor, stride: int) -> Tensor:
        """Regions (r, 4) of one map (C, h, w)."""
        points = sample_points(regions, self.bins) / stride
        sides = points.new_tensor([one.shape[2], one.shape[1]])
        grid = (points / sides * 2 - 1).view(1, len(regions) * self.bins, self.bins, 2)
        found = F.grid_sample(one[None], grid.to(one.dtype), padding_mode="border", align_corners=False)
        return found[0].view(len(one), len(regions), self.bins, self.bins).transpose(0, 1)


def sample_points(regions: Tensor, bins: int) -> Tensor:
    """(R, bins, bins, 2): x and y of the middles of bins, rows of bins first.

    >>> sample_points(torch.tensor([[0.0, 0.0, 4.0, 8.0]]), 2)[0, :, 0].tolist()
    [[1.0, 2.0], [1.0, 6.0]]
    """
    shares = (torch.arange(bins, device=regions.device, dtype=regions.dtype) + 0.5) / bins
    x, y = (
        regions[:, axis, None] + shares * (regions[:, axis + 2] - regions[:, axis])[:, None]
        for axis in (0, 1)
    )
    return torch.stack([x[:, None].expand(-1, bins, -1), y[:, :, None].expand(-1, -1, bins)], -1)
