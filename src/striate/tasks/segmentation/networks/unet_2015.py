"""U-Net as published: a contracting path, an expanding path, and a bridge at every depth.

Ronneberger, Fischer, Brox 2015, figure 1. https://arxiv.org/abs/1505.04597

    572 image                                             scores 388
      568  64 ---------------- cut to 392 -------------> 388  64
         \\ pool                                        / up
        280 128 -------------- cut to 200 -----------> 196 128
            \\ pool                                    / up
           136 256 ----------- cut to 104 ---------> 100 256
               \\ pool                                / up
              64 512 --------- cut to 56 --------> 52 512
                 \\ pool                            / up
                 28 1024 ----------------------------'

Every number of a map is calculated from pixels that exist: no 3x3 convolution pads, and the scores belong to
the middle of the image, 92 pixels from its edge. To score a whole image it is mirrored at its edges by 92
pixels (section 2, figure 2). ``padding="same"`` pads every map with zeros instead, and scores an image of its
own size. 31,030,658 weights at 1 channel and 2 classes.
"""

from collections.abc import Sequence
from itertools import pairwise
from typing import Literal, final, get_args

import torch
from torch import Tensor, nn

from striate.layers.backbone import Backbone
from striate.layers.literals import require_choice
from striate.layers.sequence import sequence
from striate.layers.upsampling import UNLEARNED, Up, upsampling
from striate.ops.geometry import per_axis
from striate.ops.mirrored import mirrored
from striate.tasks.segmentation.networks.segmentation_network import (
    SegmentationNetwork,
    fitting,
    letterbox_of,
)

Edges = Literal["valid", "same"]

WIDTH, DEPTHS = 64, 5
MARGIN = 92
"""(572 - 388) / 2: pixels at each edge that have no scores of their own."""

SHORTEST = 4
"""Sides of scores are this and a multiple of 16: then every pooling meets an even side."""

DROPOUT = 0.5
"""Section 3.1: at the end of the contracting path; at the two deepest levels, as in the authors' file."""


@final
class UNet2015(SegmentationNetwork):
    """(N, in_channels, H, W), of any size -> scores (N, classes, H, W).

    Args:
        classes: K.
        in_channels: C of the images.
        padding: "valid" mirrors the image at its edges and pads no map; "same" pads every map with zeros.
        up: how a map is doubled; the authors' is ``transposed_2x2``.
        channels: of the finest map, 64 in the paper; each coarser one has twice as many.

    Raises:
        SettingError: there is no such padding or way up, or there are no channels.

    >>> with torch.device("meta"):
    ...     network = UNet2015(classes=2, in_channels=1)
    >>> tuple(network.scores(torch.empty(1, 1, 572, 572, device="meta")).shape)
    (1, 2, 388, 388)
    """

    def __init__(
        self,
        classes: int,
        in_channels: int = 3,
        *,
        padding: Edges = "valid",
        up: Up = "transposed_2x2",
        channels: int = WIDTH,
    ) -> None:
        super().__init__()
        require_choice("padding", padding, get_args(Edges))
        per_axis("channels", channels, 1)
        widths = [channels << depth for depth in range(DEPTHS)]
        self.padding = padding
        self.multiple = 1 << (DEPTHS - 1)
        self.backbone = ContractingPath(widths, in_channels, padding)
        steps = [(below, width) for width, below in reversed(list(pairwise(widths)))]
        self.up = nn.ModuleList(upsampling(up, below, width) for below, width in steps)
        self.merge = nn.ModuleList(
            double_conv(width + (below if up in UNLEARNED else width), width, padding)
            for below, width in steps
        )
        self.score = nn.Conv2d(channels, classes, 1)
        draw_for_relu(self)
        self.expects(letterbox_of(in_channels))

    def scores(self, images: Tensor) -> Tensor:
        """(N, C, 572, 572) -> (N, K, 388, 388); with ``padding="same"`` the size stays."""
        *bridges, x = self.backbone.features(images).values()
        for up, merge, bridge in zip(self.up, self.merge, reversed(bridges), strict=True):
            x = up(x)
            x = merge(torch.cat([middle(bridge, x.shape[-2], x.shape[-1]), x], dim=1))
        scores: Tensor = self.score(x)
        return scores

    def enlarged(self, images: Tensor) -> Tensor:
        """Mirrored at the edges; with ``padding="same"`` zeros below and to the right."""
        if self.padding == "same":
            return super().enlarged(images)
        down, right = (
            SHORTEST + fitting(max(side - SHORTEST, 0), self.multiple, least=0) - side
            for side in images.shape[-2:]
        )
        return mirrored(images, (MARGIN, MARGIN + right, MARGIN, MARGIN + down))


class ContractingPath(Backbone):
    """(N, C, H, W) -> a map of each depth, {1: 64 channels, 2: 128, ... 16: 1024}.

    Args:
        widths: channels of each depth.
        in_channels: C of the images.
        padding: of the convolutions.
    """

    input_size = (572, 572)

    def __init__(self, widths: Sequence[int], in_channels: int, padding: Edges) -> None:
        super().__init__()
        self.input_channels = in_channels
        self.stem = double_conv(in_channels, widths[0], padding)
        levels = [
            sequence(pool=nn.MaxPool2d(2), convs=double_conv(before, width, padding))
            for before, width in pairwise(widths)
        ]
        for level in levels[-2:]:
            level.add_module("drop", nn.Dropout(DROPOUT))
        self.stages, self.head = nn.Sequential(*levels), nn.Sequential()


def double_conv(in_channels: int, channels: int, padding: Edges) -> nn.Sequential:
    """Two 3x3 convolutions, each followed by a ReLU; no normalization, which came later."""
    return sequence(
        conv1=nn.Conv2d(in_channels, channels, 3, padding=padding),
        relu1=nn.ReLU(),
        conv2=nn.Conv2d(channels, channels, 3, padding=padding),
        relu2=nn.ReLU(),
    )


def middle(x: Tensor, height: int, width: int) -> Tensor:
    """The middle (N, C, height, width) of a map."""
    top, left = (x.shape[-2] - height) // 2, (x.shape[-1] - width) // 2
    return x[..., top : top + height, left : left + width]


def draw_for_relu(network: nn.Module) -> None:
    """Section 3: weights from a normal distribution of deviation sqrt(2 / N), for N inputs of a neuron."""
    for module in network.modules():
        if isinstance(module, nn.Conv2d):
            nn.init.kaiming_normal_(module.weight, mode="fan_in", nonlinearity="relu")
            if module.bias is not None:
                nn.init.zeros_(module.bias)
