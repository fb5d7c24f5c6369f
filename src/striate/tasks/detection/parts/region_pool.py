"""Regions of maps, each pooled to the same number of bins.

    RoiPool    one map, or the levels of a pyramid: large regions are taken from coarse maps

How: ``align`` averages bilinear samples (He et al. 2017), ``max`` keeps the largest number of each bin
(Girshick 2015). Levels: Lin et al. 2017, equation 1.
"""

import math
from abc import ABC, abstractmethod
from collections.abc import Sequence
from typing import Any, ClassVar, Literal, final, get_args

import torch
from torch import Tensor, nn
from torch._subclasses.fake_tensor import FakeTensor

from striate.layers.image_network import HEAD
from striate.layers.literals import require_choice
from striate.ops import pyramid_level, roi_align, roi_pool

Pooling = Literal["align", "max"]

SAMPLES = 2
"""Bilinear samples along a side of a bin, as in torchvision."""


class RegionPool(nn.Module, ABC):
    """Maps, and the regions of each image -> (R, C, P, P), those of the first image first.

    Attributes:
        part: of an answer that it belongs to.
    """

    part: ClassVar[str] = HEAD

    def described(self) -> dict[str, Any]:
        """How it pools, for a program that does the same; nothing where it is not at bins of maps."""
        return {}

    @abstractmethod
    def forward(self, maps: Sequence[Tensor], regions: Sequence[Tensor]) -> Tensor:
        """Pool.

        Args:
            maps: of the features, fine to coarse; further ones than it uses are left out. Without numbers,
                when costs are counted, the result has none either.
            regions: (r, 4) of each image, two corners in pixels.
        """


@final
class RoiPool(RegionPool):
    """The same bins of every region, from the map that fits its size.

    Args:
        strides: of the maps, pixels, fine to coarse.
        bins: along each side.
        pooling: ``align`` or ``max``.
        canonical: side of the region, in pixels, that is taken from the map of stride 16.

    Raises:
        SettingError: there is no such pooling.
    """

    def __init__(
        self, strides: Sequence[int], bins: int = 7, pooling: Pooling = "align", canonical: float = 224
    ) -> None:
        super().__init__()
        require_choice("pooling", pooling, get_args(Pooling))
        self.strides, self.bins, self.pooling, self.canonical = tuple(strides), bins, pooling, canonical

    def forward(self, maps: Sequence[Tensor], regions: Sequence[Tensor]) -> Tensor:
        """Pool each region from one map."""
        table = numbered(regions)
        if without_numbers(table):
            return maps[0].new_empty(len(table), maps[0].shape[1], self.bins, self.bins)
        if len(self.strides) == 1:
            return self._pooled(maps[0], table, self.strides[0])
        lowest, highest = (round(math.log2(one)) for one in (self.strides[0], self.strides[-1]))
        levels = pyramid_level(table[:, 1:], lowest, highest, self.canonical)
        pooled = maps[0].new_zeros(len(table), maps[0].shape[1], self.bins, self.bins)
        for one, stride in zip(maps, self.strides, strict=False):
            own = (levels == round(math.log2(stride))).nonzero().squeeze(1)
            if len(own):
                pooled = pooled.index_copy(0, own, self._pooled(one, table[own], stride).to(pooled.dtype))
        return pooled

    def described(self) -> dict[str, Any]:
        """Strides and samples."""
        return {"roi_align": {"strides": list(self.strides), "samples": SAMPLES, "aligned": False}}

    def _pooled(self, one: Tensor, table: Tensor, stride: int) -> Tensor:
        """Regions (r, 5) of one map."""
        if self.pooling == "max":
            return roi_pool(one, table, self.bins, 1 / stride)
        return roi_align(one, table, self.bins, 1 / stride, SAMPLES)


def without_numbers(values: Tensor) -> bool:
    """Whether a tensor has a shape only, as those by which the costs of a network are counted.

    >>> without_numbers(torch.zeros(1)), without_numbers(torch.zeros(1, device="meta"))
    (False, True)
    """
    return values.is_meta or isinstance(values, FakeTensor)


def numbered(regions: Sequence[Tensor]) -> Tensor:
    """The regions of all images as (R, 5), the number of the image first.

    >>> numbered([torch.zeros(0, 4), torch.ones(1, 4)]).tolist()
    [[1.0, 1.0, 1.0, 1.0, 1.0]]
    """
    return torch.cat(
        [torch.cat([one.new_full((len(one), 1), number), one], 1) for number, one in enumerate(regions)]
    )
