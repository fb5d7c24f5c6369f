"""U-Net on any backbone: down as the backbone goes, up by doubling, and a bridge at every stride on the way.

Ronneberger, Fischer, Brox 2015, figure 1, https://arxiv.org/abs/1505.04597, with the backbone of a classifier
for its contracting path; a block of the expanding path as Yakubovskiy's segmentation_models.pytorch has it.

    image                                          scores     3x3
      stride 2  --------------- bridge ---------->   16       stride 1
           stride 4  ---------- bridge ------->   32          stride 2
               stride 8  ------ bridge --->   64              stride 4
                   stride 16 -- bridge -> 128                 stride 8
                       stride 32 ---> 256                     stride 16
                               up, concatenate, two 3x3

A block doubles the map, puts the map of the backbone of that stride beside it, if there is one, and convolves
twice. Doubled by ``nearest`` and then convolved, which is resize + convolution, a constant picture keeps no
pattern; the three transposed convolutions and the sub-pixel convolution draw one
(``striate.ops.phase_ratio``). So ``nearest`` is what is taken when nobody says.
"""

from typing import final

import torch
from torch import Tensor, nn

from striate.layers.backbone import Backbone
from striate.layers.conv_norm import conv_norm
from striate.layers.init import keep_gradients
from striate.layers.upsampling import UNLEARNED, Up, upsampling
from striate.ops.geometry import per_axis
from striate.tasks.segmentation.networks.segmentation_network import (
    SegmentationNetwork,
    letterbox_of,
    of_size,
)

CHANNELS, WIDEST = 16, 16
"""Channels of the finest map; of others that many times their stride, until the stride is this."""


@final
class UNet(SegmentationNetwork):
    """(N, in_channels, H, W), of any size -> scores (N, classes, H, W).

    Args:
        backbone: its last layers are taken away.
        classes: K.
        channels: of the finest map; each coarser one has twice as many, up to the sixteenfold.
        up: how a map is doubled.

    Raises:
        SettingError: there is no such way up, or there are no channels.
    """

    def __init__(
        self, backbone: Backbone, classes: int, *, channels: int = CHANNELS, up: Up = "nearest"
    ) -> None:
        super().__init__()
        per_axis("channels", channels, 1)
        maps = backbone.channels
        backbone.head = nn.Sequential()
        self.backbone, self.multiple = backbone, max(maps)
        self.expects(letterbox_of(backbone.input_channels))
        self.blocks, below = nn.ModuleDict(), maps[self.multiple]
        for stride in halved(self.multiple):
            width = channels * min(stride, WIDEST)
            self.blocks[str(stride)] = UpBlock(below, maps.get(stride, 0), width, up)
            below = width
        keep_gradients(self.blocks)
        self.score = nn.Conv2d(below, classes, 3, padding=1)

    def scores(self, images: Tensor) -> Tensor:
        """Images whose sides are multiples -> scores."""
        maps = self.backbone.features(images)
        x = maps[self.multiple]
        for stride, block in self.blocks.items():
            x = block(x, maps.get(int(stride)))
        scores: Tensor = self.score(x)
        return of_size(scores, (images.shape[-2], images.shape[-1]), mode="bilinear")


class UpBlock(nn.Module):
    """A map (N, B, h, w), and the bridge (N, S, 2h, 2w) or None -> (N, channels, 2h, 2w).

    Args:
        below: B.
        bridge: S; 0 where there is none.
        channels: of the result.
        up: how the map is doubled.
    """

    def __init__(self, below: int, bridge: int, channels: int, up: Up) -> None:
        super().__init__()
        self.up = upsampling(up, below, channels)
        inside = (below if up in UNLEARNED else channels) + bridge
        self.conv1 = conv_norm(inside, channels, 3)
        self.conv2 = conv_norm(channels, channels, 3)

    def forward(self, x: Tensor, bridge: Tensor | None) -> Tensor:
        """Up, beside the bridge, and two convolutions."""
        x = self.up(x)
        if bridge is not None:
            x = torch.cat([of_size(x, (bridge.shape[-2], bridge.shape[-1])), bridge], dim=1)
        found: Tensor = self.conv2(self.conv1(x))
        return found


def halved(stride: int) -> list[int]:
    """Every stride on the way up.

    >>> halved(16)
    [8, 4, 2, 1]
    """
    return [stride >> times for times in range(1, stride.bit_length())]
