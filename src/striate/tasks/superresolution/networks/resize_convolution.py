"""Resize and convolve: a map is enlarged by nearest neighbour, and convolutions see it at its new size.

Odena, Dumoulin, Olah 2016, https://distill.pub/2016/deconv-checkerboard, as an upsampler for pictures.

    C x H x W --5x5, 32--> --enlarged--> --3x3, 32--> ( --enlarged--> --3x3, 32--> ) --3x3--> C x by H x by W
                              2, 3 or 2                     2 for by = 4

All pixels of the result are computed by the same weights: a constant picture stays constant. Its layers after
the enlargement calculate by^2 times as many pixels as ESPCN's, which work on the small picture.
"""

from typing import final

from torch import Tensor, nn

from striate.layers.init import keep_gradients
from striate.layers.sequence import sequence
from striate.ops.geometry import per_axis
from striate.tasks.superresolution.networks.superresolution_network import (
    SuperResolutionNetwork,
    begins_with_nothing,
    require_factor,
)

CHANNELS = 32
STEPS = {2: (2,), 3: (3,), 4: (2, 2)}
"""Enlargements by factor."""


@final
class ResizeConvolution(SuperResolutionNetwork):
    """(N, in_channels, H, W), 0..1 -> (N, in_channels, by H, by W).

    Args:
        by: 2, 3 or 4.
        in_channels: C of the pictures.
        channels: of every map.

    Raises:
        SettingError: the factor is another one, or there are no channels.
    """

    margin = 4

    def __init__(self, by: int, in_channels: int = 3, *, channels: int = CHANNELS) -> None:
        super().__init__()
        require_factor(by)
        per_axis("channels", channels, 1)
        self.by, self.input_channels = by, in_channels
        self.enter = sequence(conv=nn.Conv2d(in_channels, channels, 5, padding=2), relu=nn.ReLU())
        self.steps = nn.Sequential(
            *(
                sequence(
                    resize=nn.Upsample(scale_factor=factor, mode="nearest"),
                    conv=nn.Conv2d(channels, channels, 3, padding=1),
                    relu=nn.ReLU(),
                )
                for factor in STEPS[by]
            )
        )
        keep_gradients(self)
        self.leave = begins_with_nothing(nn.Conv2d(channels, in_channels, 3, padding=1))

    def detail(self, images: Tensor) -> Tensor:
        """In, up, out."""
        found: Tensor = self.leave(self.steps(self.enter(images)))
        return found
