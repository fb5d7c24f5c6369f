"""Residual blocks: a few convolutions that learn what to add to their input.

He, Zhang, Ren, Sun 2016, figure 5. https://arxiv.org/abs/1512.03385

         basic                          bottleneck
           x ----------.                  x ----------.
           |           |                  |           |
       3x3 conv        |           1x1 conv to C / 4  |
         norm       shortcut           norm        shortcut
         ReLU          |               ReLU           |
       3x3 conv        |           3x3 conv, C / 4    |
         norm          |               norm           |
           |           |               ReLU           |
          (+) <--------'           1x1 conv to C      |
           |                           norm           |
         ReLU                             |           |
                                         (+) <--------'
                                        ReLU

Each norm is a batch normalization. What comes before the sum may be weighed by squeeze and excitation.
"""

from collections.abc import Callable
from typing import Literal, get_args

from torch import Tensor, nn

from striate.layers.literals import require_choice
from striate.layers.shortcut import Option, shortcut

Squeeze = Callable[[int], nn.Module]
"""Called with the channels of a block; what it gives looks at the block's result before the sum."""

Strided = Literal["1x1", "3x3"]
EXPANSION = 4  # table 1: a bottleneck widens its inner maps by four


class BasicBlock(nn.Module):
    """(N, in_channels, H, W) -> (N, channels, H / stride, W / stride) by two 3x3 convolutions.

    Args:
        in_channels: C of the input.
        channels: C of the result.
        stride: of the first convolution and the shortcut.
        option: of the shortcut; None for a block of the plain network, which has none.
        squeeze: gives what weighs the channels before the sum.
    """

    def __init__(
        self,
        in_channels: int,
        channels: int,
        stride: int,
        option: Option | None,
        squeeze: Squeeze = nn.Identity,
    ) -> None:
        super().__init__()
        self.conv1 = nn.Conv2d(in_channels, channels, 3, stride, padding=1, bias=False)
        self.norm1 = nn.BatchNorm2d(channels)
        self.relu1 = nn.ReLU()
        self.conv2 = nn.Conv2d(channels, channels, 3, padding=1, bias=False)
        self.norm2 = nn.BatchNorm2d(channels)
        self.squeeze = squeeze(channels)
        self.shortcut = None if option is None else shortcut(option, in_channels, channels, stride)
        self.relu2 = nn.ReLU()

    def forward(self, x: Tensor) -> Tensor:
        """Equation 2 of the paper, y = F(x) + x; of the plain network y = F(x)."""
        y = self.relu1(self.norm1(self.conv1(x)))
        y = self.squeeze(self.norm2(self.conv2(y)))
        result: Tensor = self.relu2(y if self.shortcut is None else y + self.shortcut(x))
        return result


class Bottleneck(nn.Module):
    """(N, in_channels, H, W) -> (N, channels, H / stride, W / stride) through a quarter of the channels.

    Args:
        in_channels: C of the input.
        channels: C of the result, divisible by four.
        stride: of one convolution and the shortcut.
        option: of the shortcut.
        squeeze: gives what weighs the channels before the sum.
        stride_in: the convolution that has the stride. The 1x1 of the paper drops three pixels of four
            unseen; the 3x3 of the weights in public use sees them all.

    Raises:
        SettingError: there is no such option, or no such convolution to stride in.
    """

    def __init__(
        self,
        in_channels: int,
        channels: int,
        stride: int,
        option: Option,
        squeeze: Squeeze = nn.Identity,
        stride_in: Strided = "3x3",
    ) -> None:
        super().__init__()
        require_choice("stride_in", stride_in, get_args(Strided))
        inner = channels // EXPANSION
        first, second = (stride, 1) if stride_in == "1x1" else (1, stride)
        self.conv1 = nn.Conv2d(in_channels, inner, 1, first, bias=False)
        self.norm1 = nn.BatchNorm2d(inner)
        self.relu1 = nn.ReLU()
        self.conv2 = nn.Conv2d(inner, inner, 3, second, padding=1, bias=False)
        self.norm2 = nn.BatchNorm2d(inner)
        self.relu2 = nn.ReLU()
        self.conv3 = nn.Conv2d(inner, channels, 1, bias=False)
        self.norm3 = nn.BatchNorm2d(channels)
        self.squeeze = squeeze(channels)
        self.shortcut = shortcut(option, in_channels, channels, stride)
        self.relu3 = nn.ReLU()

    def forward(self, x: Tensor) -> Tensor:
        """Equation 2 of the paper, y = F(x) + x."""
        y = self.relu1(self.norm1(self.conv1(x)))
        y = self.relu2(self.norm2(self.conv2(y)))
        y = self.squeeze(self.norm3(self.conv3(y)))
        result: Tensor = self.relu3(y + self.shortcut(x))
        return result
