"""Inception v3: large filters in two steps, modules that widen where the map shrinks, one auxiliary head.

Szegedy, Vanhoucke, Ioffe, Shlens, Wojna 2016, table 1 and figures 5 to 7, 10. https://arxiv.org/abs/1512.00567

    conv1 .. conv3    3x3 stride 2, 3x3, 3x3                        147x147x64
    conv4 conv5       pool, 1x1, 3x3                                  71x71x192
    5b .. 5d          pool, three modules                             35x35x288
    6a, 6b .. 6e      five; an auxiliary head looks at 6e             17x17x768
    7a, 7b 7c         three                                             8x8x2048
    head              means, one linear layer                           1000 scores

      figure 5: 5b .. 5d                figure 6: 6b .. 6e                    figure 7: 7b 7c
      ,-> 1x1 ----------------.         ,-> 1x1 -----------------------.      ,-> 1x1 -----------------.
    --+-> 1x1 -> 5x5 ---------+->     --+-> 1x1 -> 1x7 -> 7x1 ---------+->  --+-> 1x1 --------> 1x3|3x1 +->
      +-> 1x1 -> 3x3 -> 3x3 --+         +-> 1x1 -> 7x1, 1x7, 7x1, 1x7 -+      +-> 1x1 -> 3x3 -> 1x3|3x1 +
      `-> pool -> 1x1 --------'         `-> pool -> 1x1 ---------------'      `-> pool -> 1x1 ---------'

6a and 7a halve the map with stride 2 in their last convolutions, beside a pooling. This is the network of the
published weights, torchvision's twin. Table 1 differs, it goes from 64 to 288 channels by three 3x3
convolutions without a second pooling, and so does figure 5: it has two 3x3 filters in the place of the 5x5.

The public weights expect images that were normalized with mean 0.5 and deviation 0.5 in each channel.
torchvision rescales inside its network (``transform_input``); here the preprocessing does, and the network
takes what it is given. 23,834,568 parameters, 27,161,264 with the auxiliary head.
"""

from functools import partial

from torch import nn

from striate.layers.auxiliary import AssistedBackbone, Windows
from striate.layers.branches import Branches
from striate.layers.conv_norm import conv_norm
from striate.layers.sequence import sequence

conv = partial(conv_norm, eps=1e-3)
conv_inside = partial(conv_norm, eps=1e-3, padding=0)
"""A convolution that only looks at windows inside the map."""

DEVIATION, AUXILIARY_DEVIATION = 0.1, 0.001
"""Of the normal distribution from which torchvision draws the weights; the latter of the auxiliary scores."""


def averaged(in_channels: int, channels: int) -> nn.Sequential:
    """The last branch of every module: means of 3x3 windows, then a projection."""
    return nn.Sequential(nn.AvgPool2d(3, stride=1, padding=1), conv(in_channels, channels, 1))


def inception_35(in_channels: int, pool: int) -> Branches:
    """Figure 5, on 35x35 maps: -> 224 + pool channels."""
    return Branches(
        one=conv(in_channels, 64, 1),
        five=nn.Sequential(conv(in_channels, 48, 1), conv(48, 64, 5)),
        double3=nn.Sequential(conv(in_channels, 64, 1), conv(64, 96, 3), conv(96, 96, 3)),
        pool=averaged(in_channels, pool),
    )


def halve_35(in_channels: int) -> Branches:
    """Figure 10, 35x35 -> 17x17: -> 480 + in_channels channels."""
    return Branches(
        three=conv_inside(in_channels, 384, 3, 2),
        double3=nn.Sequential(conv(in_channels, 64, 1), conv(64, 96, 3), conv_inside(96, 96, 3, 2)),
        pool=nn.MaxPool2d(3, stride=2),
    )


def inception_17(in_channels: int, inner: int) -> Branches:
    """Figure 6, on 17x17 maps, 7x7 filters as 1x7 and 7x1: -> 768 channels."""
    wide, tall = (1, 7), (7, 1)
    return Branches(
        one=conv(in_channels, 192, 1),
        seven=nn.Sequential(conv(in_channels, inner, 1), conv(inner, inner, wide), conv(inner, 192, tall)),
        double7=nn.Sequential(
            conv(in_channels, inner, 1),
            conv(inner, inner, tall),
            conv(inner, inner, wide),
            conv(inner, inner, tall),
            conv(inner, 192, wide),
        ),
        pool=averaged(in_channels, 192),
    )


def halve_17(in_channels: int) -> Branches:
    """17x17 -> 8x8: -> 512 + in_channels channels."""
    return Branches(
        three=nn.Sequential(conv(in_channels, 192, 1), conv_inside(192, 320, 3, 2)),
        seven_three=nn.Sequential(
            conv(in_channels, 192, 1),
            conv(192, 192, (1, 7)),
            conv(192, 192, (7, 1)),
            conv_inside(192, 192, 3, 2),
        ),
        pool=nn.MaxPool2d(3, stride=2),
    )


def fork(in_channels: int) -> Branches:
    """A 3x3 filter as 1x3 beside 3x1: -> 768 channels."""
    return Branches(wide=conv(in_channels, 384, (1, 3)), tall=conv(in_channels, 384, (3, 1)))


def inception_8(in_channels: int) -> Branches:
    """Figure 7, on 8x8 maps, wide enough for what the head has to tell apart: -> 2048 channels."""
    return Branches(
        one=conv(in_channels, 320, 1),
        three=nn.Sequential(conv(in_channels, 384, 1), fork(384)),
        double3=nn.Sequential(conv(in_channels, 448, 1), conv(448, 384, 3), fork(384)),
        pool=averaged(in_channels, 192),
    )


class InceptionV3(AssistedBackbone):
    """(N, in_channels, H, W), sides of 75 pixels or more -> scores (N, classes).

    Args:
        classes: K.
        in_channels: C of the images.
        auxiliary: build the auxiliary head behind 6e, for training.
    """

    input_size = (299, 299)
    least_side = 75
    auxiliary_weight = 0.4  # the authors' training code

    def __init__(self, classes: int = 1000, in_channels: int = 3, *, auxiliary: bool = False) -> None:
        super().__init__()
        self.input_channels = in_channels
        self.stem = sequence(
            conv1=conv_inside(in_channels, 32, 3, 2), conv2=conv_inside(32, 32, 3), conv3=conv(32, 64, 3)
        )
        self.stages = nn.Sequential(
            sequence(pool1=nn.MaxPool2d(3, 2), conv4=conv(64, 80, 1), conv5=conv_inside(80, 192, 3)),
            sequence(
                pool2=nn.MaxPool2d(3, 2),
                inception5b=inception_35(192, 32),
                inception5c=inception_35(256, 64),
                inception5d=inception_35(288, 64),
            ),
            sequence(
                inception6a=halve_35(288),
                inception6b=inception_17(768, 128),
                inception6c=inception_17(768, 160),
                inception6d=inception_17(768, 160),
                inception6e=inception_17(768, 192),
            ),
            sequence(inception7a=halve_17(768), inception7b=inception_8(1280), inception7c=inception_8(2048)),
        )
        self.head = sequence(
            mean=nn.AdaptiveAvgPool2d(1),
            drop=nn.Dropout(0.5),
            flatten=nn.Flatten(),
            output=nn.Linear(2048, classes),
        )
        self.auxiliaries = nn.ModuleDict({"6e": auxiliary_head(768, classes)} if auxiliary else {})
        begin(self)


def auxiliary_head(in_channels: int, classes: int) -> nn.Sequential:
    """(N, in_channels, H, W) -> scores (N, classes): 17x17 -> 5x5 -> 1x1."""
    return sequence(
        windows=Windows(5),
        reduce=conv(in_channels, 128, 1),
        conv=conv_inside(128, 768, 5),
        mean=nn.AdaptiveAvgPool2d(1),
        flatten=nn.Flatten(),
        output=nn.Linear(768, classes),
    )


def begin(network: InceptionV3) -> None:
    """Draw the weights as torchvision does."""
    for name, module in network.named_modules():
        if isinstance(module, nn.Conv2d | nn.Linear):
            small = name.startswith("auxiliaries") and name.endswith("output")
            nn.init.normal_(module.weight, std=AUXILIARY_DEVIATION if small else DEVIATION)
