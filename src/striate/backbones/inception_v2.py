"""Inception v2: GoogLeNet with batch normalization, and two 3x3 convolutions in the place of a 5x5.

Ioffe, Szegedy 2015, appendix, figure 5. https://arxiv.org/abs/1502.03167

    conv1             7x7 separable, stride 2          112x112x64
    conv2             pool, 1x1, 3x3                    56x56x192
    3a 3b             pool, two modules                 28x28x320
    3c, 4a .. 4d      five modules                      14x14x576
    4e, 5a 5b         three modules                       7x7x1024
    head              means, one linear layer             1000 scores

            ,--> 1x1 -------------------------.           ,--> 1x1 --> 3x3, stride 2 --------.
       x ---+--> 1x1 reduce --> 3x3 ----------+-->   x ---+--> 1x1 --> 3x3 --> 3x3, stride 2 -+-->
            +--> 1x1 reduce --> 3x3 --> 3x3 --+           `--> 3x3 max pool, stride 2 -------'
            `--> 3x3 pool --> 1x1 ------------'           3c and 4e

The first convolution is separable: eight 7x7 filters for every channel of the image, then 1x1 to 64 channels.
Figure 5 gives 4c and 4d a projection of 128 channels behind the pooling, and 576 channels in all, which does
not add up; here it is 96, as in Google's later code. There is no dropout: what the other pictures of a batch
do to the normalization takes its place (section 4.2.1). The paper speaks of 13.6 million parameters, but the
layers of its figure have 11,188,288.
"""

from collections.abc import Mapping
from functools import partial
from typing import NamedTuple

from torch import nn

from striate.layers.backbone import Backbone
from striate.layers.branches import Branches
from striate.layers.conv_norm import conv_norm
from striate.layers.init import keep_gradients
from striate.layers.sequence import sequence

conv = partial(conv_norm, eps=1e-3)
DEPTH_MULTIPLIER = 8
"""Filters for every channel of the image in the first convolution."""


class Widths(NamedTuple):
    """Channels within a module: a row of figure 5, from "#1x1" to "pool + proj".

    ``pool`` is the kind of the pooling; a module without 1x1 and projection halves the map.
    """

    one: int
    reduce3: int
    three: int
    reduce_double: int
    double: int
    pool: type[nn.AvgPool2d | nn.MaxPool2d]
    project: int


TABLE = {
    "3a": Widths(64, 64, 64, 64, 96, nn.AvgPool2d, 32),
    "3b": Widths(64, 64, 96, 64, 96, nn.AvgPool2d, 64),
    "3c": Widths(0, 128, 160, 64, 96, nn.MaxPool2d, 0),
    "4a": Widths(224, 64, 96, 96, 128, nn.AvgPool2d, 128),
    "4b": Widths(192, 96, 128, 96, 128, nn.AvgPool2d, 128),
    "4c": Widths(160, 128, 160, 128, 160, nn.AvgPool2d, 96),
    "4d": Widths(96, 128, 192, 160, 192, nn.AvgPool2d, 96),
    "4e": Widths(0, 128, 192, 192, 256, nn.MaxPool2d, 0),
    "5a": Widths(352, 192, 320, 160, 224, nn.AvgPool2d, 128),
    "5b": Widths(352, 192, 320, 192, 224, nn.MaxPool2d, 128),
}
INPUTS = {"3a": 192, "3b": 256, "3c": 320} | dict.fromkeys(("4a", "4b", "4c", "4d", "4e"), 576)
INPUTS |= {"5a": 1024, "5b": 1024}
"""Channels that come into each module: the "output size" of the row above."""


def inception(in_channels: int, widths: Widths) -> Branches:
    """A module that keeps the size of the map: (N, in_channels, H, W) -> (N, sum of its widths, H, W)."""
    one, reduce3, three, reduce_double, double, pool, project = widths
    return Branches(
        one=conv(in_channels, one, 1),
        three=nn.Sequential(conv(in_channels, reduce3, 1), conv(reduce3, three, 3)),
        double3=nn.Sequential(
            conv(in_channels, reduce_double, 1), conv(reduce_double, double, 3), conv(double, double, 3)
        ),
        pool=nn.Sequential(pool(3, stride=1, padding=1), conv(in_channels, project, 1)),
    )


def halving_inception(in_channels: int, widths: Widths) -> Branches:
    """A module that halves the map: its widths and ``in_channels`` in all, (H / 2, W / 2) rounded up."""
    _, reduce3, three, reduce_double, double, pool, _ = widths
    return Branches(
        three=nn.Sequential(conv(in_channels, reduce3, 1), conv(reduce3, three, 3, 2)),
        double3=nn.Sequential(
            conv(in_channels, reduce_double, 1), conv(reduce_double, double, 3), conv(double, double, 3, 2)
        ),
        pool=pool(3, stride=2, padding=1),
    )


def modules(*names: str) -> Mapping[str, nn.Module]:
    """{"inception3a": the module of that row of figure 5, ...}."""
    build = {name: halving_inception if TABLE[name].one == 0 else inception for name in names}
    return {f"inception{name}": build[name](INPUTS[name], TABLE[name]) for name in names}


class InceptionV2(Backbone):
    """(N, in_channels, H, W) of any size -> scores (N, classes).

    Args:
        classes: K.
        in_channels: C of the images.
    """

    input_size = (224, 224)

    def __init__(self, classes: int = 1000, in_channels: int = 3) -> None:
        super().__init__()
        self.input_channels = in_channels
        filters = in_channels * DEPTH_MULTIPLIER
        self.stem = sequence(
            depthwise=nn.Conv2d(in_channels, filters, 7, 2, padding=3, groups=in_channels, bias=False),
            pointwise=conv(filters, 64, 1),
        )
        self.stages = nn.Sequential(
            sequence(pool1=nn.MaxPool2d(3, 2, 1), reduce2=conv(64, 64, 1), conv2=conv(64, 192, 3)),
            sequence(pool2=nn.MaxPool2d(3, 2, 1), **modules("3a", "3b")),
            sequence(**modules("3c", "4a", "4b", "4c", "4d")),
            sequence(**modules("4e", "5a", "5b")),
        )
        self.head = sequence(
            mean=nn.AdaptiveAvgPool2d(1), flatten=nn.Flatten(), output=nn.Linear(1024, classes)
        )
        keep_gradients(self)
