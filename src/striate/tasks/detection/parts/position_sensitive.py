"""Position-sensitive maps: each of k x k bins of a region looks at maps of its own, and they vote.

Dai, Li, He, Sun 2016, section 2 and figure 1. https://arxiv.org/abs/1605.06409

    map --1x1 conv--> k * k * (1 + K) maps --bin (i, j) of map (i, j)--> (1 + K, k, k) --mean--> scores
        `-1x1 conv--> k * k * 4 maps ----- likewise ------------------> (4, k, k) ---- mean --> offsets

Nothing is computed for each region but these means.
"""

from collections.abc import Sequence
from typing import final

import torch
from torch import Tensor, nn

from striate.ops import ps_roi_pool
from striate.tasks.detection.parts.region_head import RegionHead
from striate.tasks.detection.parts.region_pool import RegionPool, numbered, without_numbers


@final
class PositionSensitivePool(RegionPool):
    """Maps and regions -> (R, 1 + K + 4, k, k).

    Args:
        channels: of the first map.
        classes: K.
        stride: of the first map, pixels.
        bins: k.
    """

    def __init__(self, channels: int, classes: int, stride: int, bins: int) -> None:
        super().__init__()
        self.stride, self.bins = stride, bins
        self.scores = nn.Conv2d(channels, bins**2 * (1 + classes), 1)
        self.places = nn.Conv2d(channels, bins**2 * 4, 1)
        for conv in (self.scores, self.places):
            nn.init.normal_(conv.weight, std=0.01)
            nn.init.zeros_(conv.bias)  # type: ignore[arg-type]

    def forward(self, maps: Sequence[Tensor], regions: Sequence[Tensor]) -> Tensor:
        """Pool each region of the first map."""
        both = torch.cat([self.scores(maps[0]), self.places(maps[0])], 1)
        table = numbered(regions)
        if without_numbers(table):
            return both.new_empty(len(table), both.shape[1] // self.bins**2, self.bins, self.bins)
        return ps_roi_pool(both, table, self.bins, 1 / self.stride)


@final
class Vote(RegionHead):
    """The mean of all bins; all classes share one box.

    Args:
        classes: K.
    """

    def __init__(self, classes: int) -> None:
        super().__init__()
        self.classes = classes

    def forward(self, pooled: Tensor) -> dict[str, Tensor]:
        """Pooled regions (R, 1 + K + 4, k, k) -> scores (R, 1 + K) and offsets (R, 4)."""
        votes = pooled.mean((2, 3))
        return {"scores": votes[:, : 1 + self.classes], "offsets": votes[:, 1 + self.classes :]}
