"""The same question at every cell of every map: which classes, and where exactly.

map (N, C, H, W) --conv--> (N, a S, H, W) --> scores (N, H W a, S)
                 `-conv--> (N, a 4, H, W) --> offsets (N, H W a, 4)       a priors in a cell
"""

from collections.abc import Callable, Sequence

import torch
from torch import Tensor, nn

Predictor = Callable[[int, int], nn.Module]
"""Called with the channels of a map and of the result; keeps the size."""


def plain_predictor(in_channels: int, channels: int) -> nn.Module:
    """A 3x3 convolution (SSD)."""
    return nn.Conv2d(in_channels, channels, 3, padding=1)


def pixel_predictor(in_channels: int, channels: int) -> nn.Module:
    """A 1x1 convolution (YOLO v2)."""
    return nn.Conv2d(in_channels, channels, 1)


class DenseHead(nn.Module):
    """Maps -> scores (N, A, S) and offsets (N, A, 4).

    Args:
        channels: of each map.
        each: priors of a cell of each map.
        scores: S, numbers that say what is there.
        predictor: makes what reads a map.
    """

    def __init__(
        self,
        channels: Sequence[int],
        each: Sequence[int],
        scores: int,
        predictor: Predictor = plain_predictor,
    ) -> None:
        super().__init__()
        pairs = list(zip(channels, each, strict=True))
        self.scores = nn.ModuleList(predictor(width, count * scores) for width, count in pairs)
        self.offsets = nn.ModuleList(predictor(width, count * 4) for width, count in pairs)
        self.width = scores

    def forward(self, maps: Sequence[Tensor]) -> dict[str, Tensor]:
        """Maps, in the order of their priors."""
        scores = [rows(part(one), self.width) for part, one in zip(self.scores, maps, strict=True)]
        offsets = [rows(part(one), 4) for part, one in zip(self.offsets, maps, strict=True)]
        return {"scores": torch.cat(scores, dim=1), "offsets": torch.cat(offsets, dim=1)}


def rows(numbers: Tensor, width: int) -> Tensor:
    """(N, a * width, H, W) -> (N, H * W * a, width): cells row by row, priors of a cell together.

    >>> rows(torch.arange(4.0).view(1, 4, 1, 1), 2).tolist()
    [[[0.0, 1.0], [2.0, 3.0]]]
    """
    count, channels, height, wide = numbers.shape
    split = numbers.view(count, channels // width, width, height, wide)
    return split.permute(0, 3, 4, 1, 2).reshape(count, -1, width)
