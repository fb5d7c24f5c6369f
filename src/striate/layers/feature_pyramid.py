"""Feature pyramid: every map gets what the deeper ones know, and as many channels as they.

Lin, Dollar, Girshick, He, Hariharan, Belongie 2017, figure 3. https://arxiv.org/abs/1612.03144

    stride 32   C5 --1x1--------------> M5 --3x3--> P5 --every second pixel--> P6
                                        | up
    stride 16   C4 --1x1--------------> + M4 --3x3--> P4
                                        | up
    stride 8    C3 --1x1--------------> + M3 --3x3--> P3
"""

from collections.abc import Sequence

from torch import Tensor, nn
from torch.nn import functional as F

from striate.layers.sequence import sequence


class FeaturePyramid(nn.Module):
    """Maps (N, C_l, H_l, W_l), fine to coarse -> as many of ``width`` channels, and one more if ``coarser``.

    Args:
        channels: C_l of each map.
        width: of every result.
        normed: whether batch normalization follows each convolution, in the place of its bias.
        coarser: whether every second pixel of the last map is one more map (P6 of Faster R-CNN).
    """

    def __init__(
        self, channels: Sequence[int], width: int, *, normed: bool = False, coarser: bool = False
    ) -> None:
        super().__init__()
        self.lateral = nn.ModuleList(self._conv(count, width, 1, normed) for count in channels)
        self.smooth = nn.ModuleList(self._conv(width, width, 3, normed) for _ in channels)
        self.coarser = coarser

    @staticmethod
    def _conv(in_channels: int, channels: int, kernel: int, normed: bool) -> nn.Sequential:
        conv = nn.Conv2d(in_channels, channels, kernel, padding=kernel // 2, bias=not normed)
        nn.init.kaiming_uniform_(conv.weight, a=1)
        if conv.bias is not None:
            nn.init.zeros_(conv.bias)
        return sequence(conv=conv, norm=nn.BatchNorm2d(channels)) if normed else sequence(conv=conv)

    def forward(self, maps: Sequence[Tensor]) -> list[Tensor]:
        """Maps, fine to coarse.

        >>> import torch
        >>> maps = [torch.zeros(1, 8, 4, 4), torch.zeros(1, 16, 2, 2)]
        >>> [tuple(one.shape) for one in FeaturePyramid((8, 16), 4, coarser=True)(maps)]
        [(1, 4, 4, 4), (1, 4, 2, 2), (1, 4, 1, 1)]
        """
        merged = self.lateral[-1](maps[-1])
        found = [self.smooth[-1](merged)]
        for number in reversed(range(len(maps) - 1)):
            own = self.lateral[number](maps[number])
            merged = own + F.interpolate(merged, size=own.shape[-2:])
            found.insert(0, self.smooth[number](merged))
        if self.coarser:
            found.append(F.max_pool2d(found[-1], 1, stride=2))
        return found
