"""The ways around a residual block, and what each does where the shape changes.

He, Zhang, Ren, Sun 2016, section 3.3 and table 3. https://arxiv.org/abs/1512.03385

                  same shape      another shape
    option A      x               every s-th pixel, and zeros for the new channels: no parameters
    option B      x               1x1 convolution of stride s and norm: a projection
    option C      projection      projection
"""

from typing import Literal, get_args

from torch import Tensor, nn
from torch.nn import functional as F

from striate.layers.literals import require_choice
from striate.layers.sequence import sequence

Option = Literal["A", "B", "C"]


class ZeroPadding(nn.Module):
    """Option A: (N, C, H, W) -> (N, channels, H / stride, W / stride), rounded up."""

    def __init__(self, in_channels: int, channels: int, stride: int) -> None:
        super().__init__()
        self.extra, self.stride = channels - in_channels, stride

    def forward(self, x: Tensor) -> Tensor:
        """Every ``stride``-th pixel, and zeros as the last channels."""
        return F.pad(x[..., :: self.stride, :: self.stride], (0, 0, 0, 0, 0, self.extra))


def projection(in_channels: int, channels: int, stride: int) -> nn.Sequential:
    """Equation 2: (N, C, H, W) -> (N, channels, H / stride, W / stride), rounded up."""
    return sequence(
        conv=nn.Conv2d(in_channels, channels, 1, stride, bias=False), norm=nn.BatchNorm2d(channels)
    )


def shortcut(option: Option, in_channels: int, channels: int, stride: int) -> nn.Module:
    """What leads around a block that turns (N, C, H, W) into (N, channels, H / stride, W / stride).

    Args:
        option: of the paper.
        in_channels: C.
        channels: of the block's result, C or more.
        stride: of the block.

    Raises:
        SettingError: there is no such option.

    >>> import torch
    >>> shortcut("A", 64, 128, stride=2)(torch.ones(1, 64, 7, 7)).shape
    torch.Size([1, 128, 4, 4])
    """
    require_choice("shortcut", option, get_args(Option))
    if option != "C" and in_channels == channels and stride == 1:
        return nn.Identity()
    return (ZeroPadding if option == "A" else projection)(in_channels, channels, stride)
