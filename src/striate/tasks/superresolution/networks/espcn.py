"""ESPCN: all work is done on the small picture; the last convolution gives by x by numbers for each pixel.

Shi, Caballero, Huszar, Totz, Aitken, Bishop, Rueckert, Wang 2016, figure 1 and section 3.3.
https://arxiv.org/abs/1609.05158

    C x H x W --5x5, 64, tanh--> --3x3, 32, tanh--> --3x3, C by^2--> pixel shuffle --> C x by H x by W

The paper enlarges the luma alone; this network takes the channels that the picture has, and adds its answer
to the bicubic picture.
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

CHANNELS = (64, 32)


@final
class Espcn(SuperResolutionNetwork):
    """(N, in_channels, H, W), 0..1 -> (N, in_channels, by H, by W).

    Args:
        by: 2, 3 or 4.
        in_channels: C of the pictures.
        channels: of the first map and of the second.

    Raises:
        SettingError: the factor is another one, or there are no channels.
    """

    margin = 4

    def __init__(self, by: int, in_channels: int = 3, *, channels: tuple[int, int] = CHANNELS) -> None:
        super().__init__()
        require_factor(by)
        first, second = per_axis("channels", channels, 2)
        self.by, self.input_channels = by, in_channels
        self.convs = sequence(
            conv1=nn.Conv2d(in_channels, first, 5, padding=2),
            tanh1=nn.Tanh(),
            conv2=nn.Conv2d(first, second, 3, padding=1),
            tanh2=nn.Tanh(),
            conv3=begins_with_nothing(nn.Conv2d(second, in_channels * by**2, 3, padding=1)),
        )
        self.shuffle = nn.PixelShuffle(by)

    def detail(self, images: Tensor) -> Tensor:
        """Three convolutions and a pixel shuffle."""
        found: Tensor = self.shuffle(self.convs(images))
        return found
