"""The anchors of a region proposal network: at every cell of every map the same few boxes.

    PyramidAnchors    sizes and ratios that are given, as in the papers and in torchvision
    FittedAnchors     the typical sizes of the data's own objects, small ones on the finer maps

Ren et al. 2015, section 3.1.1, https://arxiv.org/abs/1506.01497. Typical sizes: Redmon, Farhadi 2017, section
2, https://arxiv.org/abs/1612.08242.
"""

from collections.abc import Sequence
from typing import Any, Self, final

import torch
from torch import Tensor

from striate.ops import cluster_boxes, grid_anchors, pyramid_anchors
from striate.tasks.detection.parts.priors import Pair, PriorMaker, Priors


@final
class PyramidAnchors(PriorMaker):
    """Every size with every ratio; equal to torchvision's anchors.

    Args:
        sizes: square roots of areas for each map, pixels.
        ratios: height by width.
    """

    def __init__(self, sizes: Sequence[Sequence[float]], ratios: Sequence[float] = (0.5, 1.0, 2.0)) -> None:
        super().__init__()
        self.sizes, self.ratios = sizes, ratios

    @property
    def each(self) -> tuple[int, ...]:
        """Sizes times ratios."""
        return tuple(len(one) * len(self.ratios) for one in self.sizes)

    def forward(self, image_size: Pair, grids: Sequence[Pair]) -> Priors:
        """Anchors, map after map."""
        boxes = pyramid_anchors(image_size, grids, self.sizes, [self.ratios] * len(grids))
        return Priors(boxes, _cells(image_size, grids, self.each))


@final
class FittedAnchors(PriorMaker):
    """Sizes that are learned from data, at the middle of every cell.

    Args:
        sizes: widths and heights for each map, pixels, equally many. They are tensors of the network: a saved
            model holds them.
    """

    sizes: Tensor

    def __init__(self, sizes: Sequence[Sequence[tuple[float, float]]]) -> None:
        super().__init__()
        self.register_buffer("sizes", torch.tensor(sizes, dtype=torch.float32))

    def _apply(self, fn: Any, recurse: bool = True) -> Self:
        """Move with the network, and stay float32: boxes are exact in any arithmetic."""
        before = self.sizes
        super()._apply(fn, recurse)  # type: ignore[no-untyped-call]
        if self.sizes.dtype != before.dtype:
            self.sizes = before.to(self.sizes.device)
        return self

    @property
    def each(self) -> tuple[int, ...]:
        """As many as there are sizes for a map."""
        return (self.sizes.shape[1],) * len(self.sizes)

    @torch.no_grad()
    def fit(self, objects: Tensor, seed: int = 0) -> None:
        """Take the typical sizes of objects, by k-means with 1 - IoU: the smallest for the finest map.

        Args:
            objects: (M, 2), widths and heights, pixels; of fewer than there are sizes these stay as they are.
            seed: of the first centres.

        >>> anchors = FittedAnchors([[(8.0, 8.0)], [(16.0, 16.0)]])
        >>> anchors.fit(torch.tensor([[90.0, 100], [110, 100], [10, 10], [12, 10]]))
        >>> anchors.sizes.tolist()
        [[[11.0, 10.0]], [[100.0, 100.0]]]
        """
        count = self.sizes.shape[0] * self.sizes.shape[1]
        if len(objects) >= count:
            found = cluster_boxes(objects, count, torch.Generator().manual_seed(seed))
            self.sizes.copy_(found.view_as(self.sizes))

    def forward(self, image_size: Pair, grids: Sequence[Pair]) -> Priors:
        """Anchors, map after map."""
        height, width = image_size
        boxes = [
            grid_anchors(
                torch.cat([-own / 2, own / 2], 1), grid, (height / grid[0], width / grid[1]), offset=0.5
            )
            for own, grid in zip(self.sizes, grids, strict=True)
        ]
        return Priors(torch.cat(boxes), _cells(image_size, grids, self.each).to(self.sizes.device))


def _cells(image_size: Pair, grids: Sequence[Pair], each: Sequence[int]) -> Tensor:
    """Width and height of the cell of every anchor, float32 (A, 2)."""
    return torch.cat(
        [
            torch.tensor([image_size[1] / columns, image_size[0] / rows]).expand(rows * columns * count, 2)
            for (rows, columns), count in zip(grids, each, strict=True)
        ]
    )
