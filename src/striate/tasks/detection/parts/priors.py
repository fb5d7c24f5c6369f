"""Boxes that are there before anything is seen, for every cell of every map.

    maps 4 x 4, 2 x 2 --> the boxes of map 1 row by row, all boxes of a cell together, then those of map 2

Anchors of a grid: Redmon, Farhadi 2017, section 2, https://arxiv.org/abs/1612.08242. Default boxes: Liu et
al. 2016, section 2.2, https://arxiv.org/abs/1512.02325.
"""

from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass
from typing import final

import torch
from torch import Tensor, nn

from striate.ops import cluster_boxes, default_boxes, grid_anchors

Pair = tuple[int, int]


@dataclass(frozen=True)
class Priors:
    """The priors of an image.

    Args:
        boxes: float32 (A, 4), two corners, pixels.
        cells: float32 (A, 2), width and height of the cell that each stands in, pixels.
    """

    boxes: Tensor
    cells: Tensor

    def __len__(self) -> int:
        return len(self.boxes)


class PriorMaker(nn.Module, ABC):
    """Makes the priors of an image from the sizes of its maps."""

    @property
    @abstractmethod
    def each(self) -> tuple[int, ...]:
        """Priors of a cell, for every map."""

    def fit(self, objects: Tensor, seed: int = 0) -> None:
        """Take the typical sizes of objects, (M, 2), if the priors are learned from data."""

    @abstractmethod
    def forward(self, image_size: Pair, grids: Sequence[Pair]) -> Priors:
        """The priors of an image of (H, W) pixels whose maps have these (rows, columns)."""


@final
class AnchorGrid(PriorMaker):
    """The same sizes at the middle of every cell of one map.

    Args:
        sizes: widths and heights, pixels. They are tensors of the network: a saved model holds them.
    """

    sizes: Tensor

    def __init__(self, sizes: Sequence[tuple[float, float]]) -> None:
        super().__init__()
        self.register_buffer("sizes", torch.tensor(sizes, dtype=torch.float32))

    @property
    def each(self) -> tuple[int, ...]:
        """As many as there are sizes."""
        return (len(self.sizes),)

    @torch.no_grad()
    def fit(self, objects: Tensor, seed: int = 0) -> None:
        """Take the typical sizes of objects, by k-means with 1 - IoU; with fewer objects, their own sizes.

        Args:
            objects: (M, 2), widths and heights, pixels; of none the anchors stay as they are.
            seed: of the first centres.
        """
        count = len(self.sizes)
        if len(objects) >= count:
            self.sizes.copy_(cluster_boxes(objects, count, torch.Generator().manual_seed(seed)))
        elif len(objects):
            self.sizes.copy_(objects[torch.arange(count) % len(objects)])

    def forward(self, image_size: Pair, grids: Sequence[Pair]) -> Priors:
        """Anchors row by row."""
        ((rows, columns),) = grids
        down, right = image_size[0] / rows, image_size[1] / columns
        half = self.sizes / 2
        boxes = grid_anchors(torch.cat([-half, half], dim=1), (rows, columns), (down, right), offset=0.5)
        return Priors(boxes, boxes.new_tensor([right, down]).expand(len(boxes), 2))


@final
class DefaultBoxes(PriorMaker):
    """SSD's default boxes: two squares, and two boxes for each ratio.

    Args:
        ratios: of each map, the longer by the shorter side.
        scales: sides as shares of the image, one more than maps.
        steps: pixels from cell to cell; None divides the image by the map.
    """

    def __init__(
        self,
        ratios: Sequence[Sequence[float]],
        scales: Sequence[float] | None = None,
        steps: Sequence[float] | None = None,
    ) -> None:
        super().__init__()
        self.ratios, self.scales, self.steps = ratios, scales, steps

    @property
    def each(self) -> tuple[int, ...]:
        """Two, and two for each ratio."""
        return tuple(2 + 2 * len(ratios) for ratios in self.ratios)

    def forward(self, image_size: Pair, grids: Sequence[Pair]) -> Priors:
        """Default boxes, map after map."""
        boxes = default_boxes(image_size, grids, self.ratios, self.scales, self.steps)
        cells = [
            torch.tensor([image_size[1] / columns, image_size[0] / rows]).expand(rows * columns * each, 2)
            for (rows, columns), each in zip(grids, self.each, strict=True)
        ]
        return Priors(boxes, torch.cat(cells))
