"""Numbers that a network gives, as boxes.

    OffsetCoder    R-CNN, SSD     a box lies anywhere: centre and size relative to its prior
    CellCoder      YOLO v2        its centre lies in the cell, or as far beyond as ``reach`` allows

Cells: Redmon, Farhadi 2017, figure 3, https://arxiv.org/abs/1612.08242. The wider reach lets neighbouring
cells find an object too (Bochkovskiy et al. 2020, section 3.4, https://arxiv.org/abs/2004.10934).
"""

from abc import ABC, abstractmethod
from typing import final

import torch
from torch import Tensor

from striate.ops import decode_boxes, encode_boxes
from striate.ops.box_coder import LARGEST_GROWTH, SSD_WEIGHTS, Weights
from striate.tasks.detection.parts.priors import Priors


class Coder(ABC):
    """Numbers (N, A, 4) <-> boxes (N, A, 4) of N images with the same A priors."""

    @abstractmethod
    def decode(self, offsets: Tensor, priors: Priors) -> Tensor:
        """Numbers (N, A, 4) -> boxes (N, A, 4), two corners, pixels."""


@final
class OffsetCoder(Coder):
    """Centre and size relative to those of the prior.

    Args:
        weights: of dx, dy, dw, dh: 1 / variance.
    """

    def __init__(self, weights: Weights = SSD_WEIGHTS) -> None:
        self.weights = weights

    def decode(self, offsets: Tensor, priors: Priors) -> Tensor:
        """Numbers -> boxes."""
        count = len(offsets)
        every = priors.boxes.to(offsets.device).expand(count, -1, 4).reshape(-1, 4)
        return decode_boxes(offsets.reshape(-1, 4), every, self.weights).view(count, -1, 4)

    def encode(self, boxes: Tensor, priors: Tensor) -> Tensor:
        """Boxes (M, 4) and their priors (M, 4) -> numbers (M, 4), which the loss of SSD compares."""
        return encode_boxes(boxes, priors, self.weights)


@final
class CellCoder(Coder):
    """The centre in the cell by a sigmoid, the size by a factor of the prior's.

    Args:
        reach: cells that the centre can be moved over; 1 is YOLO v2, 2 reaches half a cell beyond each side.
    """

    def __init__(self, reach: float = 1.0) -> None:
        self.reach = reach

    def decode(self, offsets: Tensor, priors: Priors) -> Tensor:
        """Numbers -> boxes.

        >>> prior = Priors(torch.tensor([[14.0, 14.0, 34.0, 34.0]]), torch.tensor([[16.0, 16.0]]))
        >>> CellCoder().decode(torch.zeros(1, 1, 4), prior).tolist()
        [[[14.0, 14.0, 34.0, 34.0]]]
        """
        boxes, cells = priors.boxes.to(offsets.device), priors.cells.to(offsets.device)
        middles, sizes = (boxes[:, :2] + boxes[:, 2:]) / 2, boxes[:, 2:] - boxes[:, :2]
        numbers = offsets.float()
        centre = middles + (numbers[..., :2].sigmoid() - 0.5) * self.reach * cells
        half = 0.5 * sizes * torch.exp(numbers[..., 2:].clamp(max=LARGEST_GROWTH))
        return torch.cat([centre - half, centre + half], dim=-1)
