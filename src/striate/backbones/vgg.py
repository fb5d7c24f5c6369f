"""VGG: nothing but 3x3 convolutions and 2x2 poolings, 11 to 19 layers deep.

Simonyan, Zisserman 2014, table 1, columns A, B, D and E. https://arxiv.org/abs/1409.1556

    image        block 1     block 2     block 3    block 4    block 5     pool     fc6    fc7   output
    224x224x3 -> 224x224 --> 112x112 --> 56x56 ---> 28x28 ---> 14x14 ----> 7x7 --> 4096 - 4096 - classes
                 64          128         256        512        512         512
    11 layers    1           1           2          2          2         \
    13           2           2           2          2          2          | 3x3 convolutions;
    16           2           2           3          3          3          | blocks 2 to 5 begin with
    19           2           2           4          4          4         /  a pooling

Two 3x3 filters see 5x5 pixels, three see 7x7, with fewer weights than one filter of that size and more
ReLUs between. Each block has half the side and twice the maps of the one before, until there are 512.

The networks with batch normalization came after the paper. The paper trains deep networks from shallow ones
that were trained before; here weights begin as torchvision's do. In other sizes the last maps are averaged
in 7x7 bins; at 224x224 a bin is one unit.
"""

from collections import OrderedDict

from torch import nn

from striate.errors import SettingError
from striate.layers.backbone import Backbone
from striate.layers.init import keep_gradients, spread_scores
from striate.layers.sequence import sequence

DEPTHS = {11: (1, 1, 2, 2, 2), 13: (2, 2, 2, 2, 2), 16: (2, 2, 3, 3, 3), 19: (2, 2, 4, 4, 4)}
"""Convolutions of each block, by layers that have weights."""

WIDTHS = (64, 128, 256, 512, 512)
SPREAD = 0.01
"""Section 3.1: of the normal distribution from which the weights of the linear layers are drawn."""


class VGG(Backbone):
    """(N, in_channels, H, W), sides of 32 or more -> scores (N, classes).

    Args:
        layers: 11, 13, 16 or 19.
        classes: K.
        in_channels: C of the images.
        batch_norm: normalize after every convolution.

    Raises:
        SettingError: the paper has no network of so many layers.
    """

    input_size = (224, 224)
    least_side = 32

    def __init__(
        self, layers: int, classes: int = 1000, in_channels: int = 3, *, batch_norm: bool = False
    ) -> None:
        super().__init__()
        if layers not in DEPTHS:
            raise SettingError(f"layers is {layers}", "11, 13, 16 or 19", "layers=16")
        self.input_channels = in_channels
        channels = (in_channels, *WIDTHS)
        first, *others = (
            block(number + 1, depth, channels[number], channels[number + 1], batch_norm=batch_norm)
            for number, depth in enumerate(DEPTHS[layers])
        )
        self.stem = first
        self.stages = nn.Sequential(*others, sequence(pool5=nn.MaxPool2d(2)))
        self.head = sequence(
            bins=nn.AdaptiveAvgPool2d(7),
            flatten=nn.Flatten(),
            fc6=nn.Linear(512 * 7 * 7, 4096),
            relu6=nn.ReLU(),
            drop6=nn.Dropout(),
            fc7=nn.Linear(4096, 4096),
            relu7=nn.ReLU(),
            drop7=nn.Dropout(),
            output=nn.Linear(4096, classes),
        )
        keep_gradients(self)
        spread_scores(self, SPREAD)


def block(number: int, depth: int, in_channels: int, channels: int, *, batch_norm: bool) -> nn.Sequential:
    """Convolutions of one width, called conv3_1, conv3_2, ... in block 3; a pooling before all but the first.

    Args:
        number: of the block, from 1.
        depth: convolutions.
        in_channels: maps that come in.
        channels: maps that come out.
        batch_norm: normalize after every convolution.
    """
    parts = OrderedDict[str, nn.Module]()
    if number > 1:
        parts[f"pool{number - 1}"] = nn.MaxPool2d(2)
    for i in range(1, depth + 1):
        parts[f"conv{number}_{i}"] = nn.Conv2d(in_channels if i == 1 else channels, channels, 3, padding=1)
        if batch_norm:
            parts[f"norm{number}_{i}"] = nn.BatchNorm2d(channels)
        parts[f"relu{number}_{i}"] = nn.ReLU()
    return nn.Sequential(parts)
