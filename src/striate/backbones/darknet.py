"""Darknet: the networks through which the first two YOLOs look, 3x3 filters with 1x1 filters between.

Darknet-24: Redmon, Divvala, Girshick, Farhadi 2016, figure 3. https://arxiv.org/abs/1506.02640
Darknet-19: Redmon, Farhadi 2017, table 6. https://arxiv.org/abs/1612.08242

    24                          19
    448 image                   224 image
    224 7x7 64 / 2              224 3x3 32
    112 3x3 192                 112 3x3 64
     56 1x1 128, 3x3 256,        56 3x3 128, 1x1 64, 3x3 128
        1x1 256, 3x3 512
     28 4 x (1x1 256, 3x3 512)   28 3x3 256, 1x1 128, 3x3 256
        1x1 512, 3x3 1024
     14 2 x (1x1 512, 3x3 1024)  14 3x3 512, 2 x (1x1 256, 3x3 512)
        3x3 1024
      7 3x3 1024 / 2,             7 3x3 1024, 2 x (1x1 512, 3x3 1024)
        2 x (3x3 1024)

A 2x2 pooling before every row but the first, and but the last one of 24, whose first filter has the stride
2. A leaky ReLU, max(x, 0.1 x), after every convolution; batch normalization before it in 19, and in 24 where
asked for: its paper has none, darknet's own file ``yolov1.cfg`` does.

As classifiers both end with the mean of the last map and a linear layer. In the paper Darknet-19 has its
1x1 convolution to the scores before the mean: both are linear, and give the same. The first YOLO was
pretrained without its last four convolutions, at 224 pixels; here they belong to the classifier too.
"""

from collections.abc import Sequence
from typing import final

from torch import nn

from striate.layers.backbone import Backbone
from striate.layers.init import keep_gradients
from striate.layers.sequence import sequence

LEAK = 0.1
"""Slope of the activation below 0: equation 2 of the first paper."""

Filters = Sequence[tuple[int, int]]
"""(side, maps) of each convolution of a block."""

ROWS_19: tuple[Filters, ...] = (
    ((3, 32),),
    ((3, 64),),
    ((3, 128), (1, 64), (3, 128)),
    ((3, 256), (1, 128), (3, 256)),
    ((3, 512), *((1, 256), (3, 512)) * 2),
    ((3, 1024), *((1, 512), (3, 1024)) * 2),
)

ROWS_24: tuple[Filters, ...] = (
    ((7, 64),),
    ((3, 192),),
    ((1, 128), (3, 256), (1, 256), (3, 512)),
    (*((1, 256), (3, 512)) * 4, (1, 512), (3, 1024)),
    (*((1, 512), (3, 1024)) * 2, (3, 1024)),
    ((3, 1024), (3, 1024), (3, 1024)),
)


@final
class Darknet19(Backbone):
    """(N, in_channels, H, W), sides of 32 or more -> scores (N, classes).

    Args:
        classes: K.
        in_channels: C of the images.
    """

    input_size = (224, 224)
    least_side = 32

    def __init__(self, classes: int = 1000, in_channels: int = 3) -> None:
        super().__init__()
        self.input_channels = in_channels
        ends = (in_channels, *(row[-1][1] for row in ROWS_19))
        self.stem, *stages = (
            block(row, channels, pool=number > 0, batch_norm=True)
            for number, (row, channels) in enumerate(zip(ROWS_19, ends, strict=False))
        )
        self.stages = nn.Sequential(*stages)
        self.head = scores_of_mean(ends[-1], classes)
        keep_gradients(self)


@final
class Darknet24(Backbone):
    """(N, in_channels, H, W), sides of 31 or more -> scores (N, classes).

    Args:
        classes: K.
        in_channels: C of the images.
        batch_norm: normalize after every convolution.
    """

    input_size = (448, 448)
    least_side = 31

    def __init__(self, classes: int = 1000, in_channels: int = 3, *, batch_norm: bool = False) -> None:
        super().__init__()
        self.input_channels = in_channels
        ends = (in_channels, *(row[-1][1] for row in ROWS_24))
        last = len(ROWS_24) - 1
        self.stem, *stages = (
            block(
                row, channels, pool=0 < number < last, stride=1 + (number in (0, last)), batch_norm=batch_norm
            )
            for number, (row, channels) in enumerate(zip(ROWS_24, ends, strict=False))
        )
        self.stages = nn.Sequential(*stages)
        self.head = scores_of_mean(ends[-1], classes)
        keep_gradients(self)


def block(
    filters: Filters, in_channels: int, *, pool: bool, stride: int = 1, batch_norm: bool
) -> nn.Sequential:
    """A row of the table.

    Args:
        filters: (side, maps) of each convolution.
        in_channels: maps that come in.
        pool: begin with a 2x2 pooling.
        stride: of the first convolution.
        batch_norm: normalize after every convolution.
    """
    parts: dict[str, nn.Module] = {"pool": nn.MaxPool2d(2)} if pool else {}
    for number, (side, channels) in enumerate(filters, start=1):
        step = stride if number == 1 else 1
        parts[f"conv{number}"] = nn.Conv2d(
            in_channels, channels, side, step, padding=side // 2, bias=not batch_norm
        )
        if batch_norm:
            parts[f"norm{number}"] = nn.BatchNorm2d(channels)
        parts[f"leaky{number}"] = nn.LeakyReLU(LEAK)
        in_channels = channels
    return sequence(**parts)


def scores_of_mean(channels: int, classes: int) -> nn.Sequential:
    """The mean of every map, and a linear layer."""
    return sequence(mean=nn.AdaptiveAvgPool2d(1), flatten=nn.Flatten(), output=nn.Linear(channels, classes))
