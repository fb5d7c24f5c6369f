"""EDSR: residual blocks without batch norm on the small picture, and a pixel shuffle near the end.

Lim, Son, Kim, Nah, Lee 2017, figures 2c and 3. https://arxiv.org/abs/1707.02921

    C x H x W --3x3--> 32 --[ 3x3, ReLU, 3x3, added ] x 8--> 3x3, added --up--> 3x3 --> C x by H x by W

    up: 3x3 to by^2 times as many channels, and a pixel shuffle; for by = 4 twice by 2

The paper's baseline has 16 blocks of 64 channels, its large network 32 of 256. The default is smaller: it
learns on a processor within minutes. As all networks of this task it adds its answer to the bicubic picture.
"""

from typing import final

from torch import Tensor, nn

from striate.layers.sequence import sequence
from striate.ops.geometry import per_axis
from striate.tasks.superresolution.networks.superresolution_network import (
    SuperResolutionNetwork,
    begins_with_nothing,
    require_factor,
)

BLOCKS, CHANNELS = 8, 32
STEPS = {2: (2,), 3: (3,), 4: (2, 2)}
"""Pixel shuffles by factor."""


@final
class Edsr(SuperResolutionNetwork):
    """(N, in_channels, H, W), 0..1 -> (N, in_channels, by H, by W).

    Args:
        by: 2, 3 or 4.
        in_channels: C of the pictures.
        blocks: residual blocks.
        channels: of every map.

    Raises:
        SettingError: the factor is another one, or there are no blocks or channels.
    """

    def __init__(
        self, by: int, in_channels: int = 3, *, blocks: int = BLOCKS, channels: int = CHANNELS
    ) -> None:
        super().__init__()
        require_factor(by)
        per_axis("blocks", blocks, 1)
        per_axis("channels", channels, 1)
        self.by, self.input_channels = by, in_channels
        self.margin = 2 * blocks + 4
        self.enter = conv3x3(in_channels, channels)
        self.body = nn.Sequential(
            *(ResidualBlock(channels) for _ in range(blocks)), conv3x3(channels, channels)
        )
        self.up = nn.Sequential(
            *(
                sequence(conv=conv3x3(channels, channels * factor**2), shuffle=nn.PixelShuffle(factor))
                for factor in STEPS[by]
            )
        )
        self.leave = begins_with_nothing(conv3x3(channels, in_channels))

    def detail(self, images: Tensor) -> Tensor:
        """In, blocks, up, out."""
        first = self.enter(images)
        found: Tensor = self.leave(self.up(first + self.body(first)))
        return found


class ResidualBlock(nn.Module):
    """(N, C, H, W) -> (N, C, H, W): what two convolutions find is added. Figure 2c."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.conv1, self.conv2 = conv3x3(channels, channels), conv3x3(channels, channels)
        self.relu = nn.ReLU()

    def forward(self, x: Tensor) -> Tensor:
        """What came in, and what was found."""
        found: Tensor = x + self.conv2(self.relu(self.conv1(x)))
        return found


def conv3x3(in_channels: int, channels: int) -> nn.Conv2d:
    """Of the same size, with biases."""
    return nn.Conv2d(in_channels, channels, 3, padding=1)
