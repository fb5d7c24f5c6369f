"""Inception-ResNet v2: forty inception modules, each of which adds a little to what it was given.

Szegedy, Ioffe, Vanhoucke, Alemi 2017, figures 15 to 19. https://arxiv.org/abs/1602.07261

    conv1 .. conv3    3x3 stride 2, 3x3, 3x3                        147x147x64
    conv4 conv5       pool, 1x1, 3x3                                  71x71x192
    5b, ten A         pool, a module, ten blocks                      35x35x320
    6a, twenty B      a module that halves, twenty blocks             17x17x1088
    7a, ten C         a module that halves, ten blocks, 1x1             8x8x1536
    head              means, one linear layer                           1000 scores

           ,-----------------------------------------------------.
           |  ,-> branch --.                                     v
    x -----+--+-> branch --+--> 1x1, all channels --> times s --(+)--> ReLU
              `-> branch --'
    A:  1x1 | 1x1, 3x3 | 1x1, 3x3, 3x3      s = 0.17
    B:  1x1 | 1x1, 1x7, 7x1                 s = 0.1
    C:  1x1 | 1x1, 1x3, 3x1                 s = 0.2

What a block adds is scaled down: without it networks as wide as this die early in training (section 3.3).
The last block adds all of it, and has no ReLU.

This is the network of the authors' published weights, timm's twin, with 55,843,464 parameters. Its stem is
that of Inception v3, where figure 3 has one of Inception v4. Its blocks have 320, 1088 and 2080 channels; the
figures have 384, 1154 and 2048. The auxiliary head with which the authors trained it is left out.
"""

from functools import partial

from torch import Tensor, nn

from striate.layers.backbone import Backbone
from striate.layers.branches import Branches
from striate.layers.conv_norm import conv_norm
from striate.layers.init import keep_gradients
from striate.layers.sequence import sequence

conv = partial(conv_norm, eps=1e-3)
conv_inside = partial(conv_norm, eps=1e-3, padding=0)
"""A convolution that only looks at windows inside the map."""

A_CHANNELS, B_CHANNELS, C_CHANNELS = 320, 1088, 2080
FEATURES = 1536
"""Means that the last layer sees."""


class InceptionResNetBlock(nn.Module):
    """(N, channels, H, W) -> the same shape: its input, and a little more.

    Args:
        branches: from ``channels`` to ``inner`` channels.
        inner: channels of the concatenated branches.
        channels: C.
        scale: what the addition is multiplied with.
        active: what follows the sum.
    """

    def __init__(
        self,
        branches: Branches,
        inner: int,
        channels: int,
        scale: float,
        active: type[nn.Module] = nn.ReLU,
    ) -> None:
        super().__init__()
        self.branches = branches
        self.expand = nn.Conv2d(inner, channels, 1)
        self.scale = scale
        self.active = active()

    def forward(self, x: Tensor) -> Tensor:
        """Figure 20 of the paper."""
        result: Tensor = self.active(x + self.scale * self.expand(self.branches(x)))
        return result


def block_a() -> InceptionResNetBlock:
    """Figure 16, on 35x35 maps."""
    branches = Branches(
        one=conv(A_CHANNELS, 32, 1),
        three=nn.Sequential(conv(A_CHANNELS, 32, 1), conv(32, 32, 3)),
        double3=nn.Sequential(conv(A_CHANNELS, 32, 1), conv(32, 48, 3), conv(48, 64, 3)),
    )
    return InceptionResNetBlock(branches, 128, A_CHANNELS, scale=0.17)


def block_b() -> InceptionResNetBlock:
    """Figure 17, on 17x17 maps."""
    branches = Branches(
        one=conv(B_CHANNELS, 192, 1),
        seven=nn.Sequential(conv(B_CHANNELS, 128, 1), conv(128, 160, (1, 7)), conv(160, 192, (7, 1))),
    )
    return InceptionResNetBlock(branches, 384, B_CHANNELS, scale=0.1)


def block_c(scale: float = 0.2, active: type[nn.Module] = nn.ReLU) -> InceptionResNetBlock:
    """Figure 19, on 8x8 maps."""
    branches = Branches(
        one=conv(C_CHANNELS, 192, 1),
        three=nn.Sequential(conv(C_CHANNELS, 192, 1), conv(192, 224, (1, 3)), conv(224, 256, (3, 1))),
    )
    return InceptionResNetBlock(branches, 448, C_CHANNELS, scale, active)


def inception_5b() -> Branches:
    """From 192 channels to 320, on 35x35 maps; the means count no padding."""
    return Branches(
        one=conv(192, 96, 1),
        five=nn.Sequential(conv(192, 48, 1), conv(48, 64, 5)),
        double3=nn.Sequential(conv(192, 64, 1), conv(64, 96, 3), conv(96, 96, 3)),
        pool=nn.Sequential(nn.AvgPool2d(3, 1, padding=1, count_include_pad=False), conv(192, 64, 1)),
    )


def halve_35() -> Branches:
    """35x35 -> 17x17, 320 channels to 1088."""
    return Branches(
        three=conv_inside(A_CHANNELS, 384, 3, 2),
        double3=nn.Sequential(conv(A_CHANNELS, 256, 1), conv(256, 256, 3), conv_inside(256, 384, 3, 2)),
        pool=nn.MaxPool2d(3, stride=2),
    )


def halve_17() -> Branches:
    """17x17 -> 8x8, 1088 channels to 2080: figure 18."""
    return Branches(
        three=nn.Sequential(conv(B_CHANNELS, 256, 1), conv_inside(256, 384, 3, 2)),
        narrow=nn.Sequential(conv(B_CHANNELS, 256, 1), conv_inside(256, 288, 3, 2)),
        double3=nn.Sequential(conv(B_CHANNELS, 256, 1), conv(256, 288, 3), conv_inside(288, 320, 3, 2)),
        pool=nn.MaxPool2d(3, stride=2),
    )


class InceptionResNetV2(Backbone):
    """(N, in_channels, H, W), sides of 75 pixels or more -> scores (N, classes).

    Args:
        classes: K.
        in_channels: C of the images.
    """

    input_size = (299, 299)
    least_side = 75

    def __init__(self, classes: int = 1000, in_channels: int = 3) -> None:
        super().__init__()
        self.input_channels = in_channels
        self.stem = sequence(
            conv1=conv_inside(in_channels, 32, 3, 2), conv2=conv_inside(32, 32, 3), conv3=conv(32, 64, 3)
        )
        self.stages = nn.Sequential(
            sequence(pool1=nn.MaxPool2d(3, 2), conv4=conv(64, 80, 1), conv5=conv_inside(80, 192, 3)),
            sequence(
                pool2=nn.MaxPool2d(3, 2),
                inception5b=inception_5b(),
                blocks=nn.Sequential(*(block_a() for _ in range(10))),
            ),
            sequence(inception6a=halve_35(), blocks=nn.Sequential(*(block_b() for _ in range(20)))),
            sequence(
                inception7a=halve_17(),
                blocks=nn.Sequential(*(block_c() for _ in range(9))),
                last=block_c(scale=1.0, active=nn.Identity),
                conv6=conv(C_CHANNELS, FEATURES, 1),
            ),
        )
        self.head = sequence(
            mean=nn.AdaptiveAvgPool2d(1),
            flatten=nn.Flatten(),
            drop=nn.Dropout(0.2),
            output=nn.Linear(FEATURES, classes),
        )
        keep_gradients(self)
