"""ResNet: blocks that learn what to add to their input; and the plain network, which has no way around them.

He, Zhang, Ren, Sun 2016, figure 3 and table 1. https://arxiv.org/abs/1512.03385

                                           18      34      50      101     152     maps at 224x224
    stem     7x7 conv, 64, stride 2                                                112x112
    stage 1  3x3 max pool, stride 2
             blocks of 64 (256) maps      2       3       3       3       3        56x56
    stage 2  blocks of 128 (512)          2       4       4       4       8        28x28
    stage 3  blocks of 256 (1024)         2       6       6       23      36       14x14
    stage 4  blocks of 512 (2048)         2       3       3       3       3        7x7
    head     average, fully connected
    block                                 basic   basic   bottleneck (in parentheses)

The first block of stages 2, 3 and 4 halves the map. The paper halves in the first 1x1 convolution of a
bottleneck, the weights in public use in the 3x3; so does this file unless ``stride_in`` says "1x1". The small
stem is a 3x3 convolution of stride 1 without the pooling, so that a picture of 32x32 ends in maps of 4x4.
"""

from collections.abc import Callable, Sequence
from functools import partial
from itertools import pairwise
from typing import get_args

from torch import nn

from striate.layers.backbone import Backbone
from striate.layers.choice import Stem, require_choice
from striate.layers.initial import keep_gradients
from striate.layers.residual import BasicBlock, Bottleneck, Strided
from striate.layers.sequence import sequence
from striate.layers.shortcut import Option

STEM = 64
BLOCKS = {18: (2, 2, 2, 2), 34: (3, 4, 6, 3), 50: (3, 4, 6, 3), 101: (3, 4, 23, 3), 152: (3, 8, 36, 3)}
BASIC_WIDTHS = (64, 128, 256, 512)
BOTTLENECK_WIDTHS = (256, 512, 1024, 2048)

Block = Callable[[int, int, int], nn.Module]
"""Called with the channels of a block's input and result, and its stride."""


class ResNet(Backbone):
    """(N, in_channels, H, W) of any size -> scores (N, classes).

    Args:
        blocks: how many a stage has, for each stage.
        widths: channels of each stage.
        block: makes one.
        classes: K.
        in_channels: C of the images.
        stem: "small" for pictures of about 32 pixels.

    Raises:
        SettingError: there is no such stem.
    """

    def __init__(
        self,
        blocks: Sequence[int],
        widths: Sequence[int],
        block: Block,
        classes: int,
        in_channels: int,
        stem: Stem = "paper",
    ) -> None:
        super().__init__()
        require_choice("stem", stem, get_args(Stem))
        small = stem == "small"
        self.input_size = (32, 32) if small else (224, 224)
        self.input_channels = in_channels
        kernel, stride = (3, 1) if small else (7, 2)
        self.stem = sequence(
            conv=nn.Conv2d(in_channels, STEM, kernel, stride, padding=kernel // 2, bias=False),
            norm=nn.BatchNorm2d(STEM),
            relu=nn.ReLU(),
        )
        pool = {} if small else {"pool": nn.MaxPool2d(3, 2, padding=1)}
        first = sequence(**pool, **chain(STEM, widths[0], blocks[0], 1, block))
        rest = zip(pairwise(widths), blocks[1:], strict=True)
        self.stages = nn.Sequential(
            first, *(sequence(**chain(a, b, count, 2, block)) for (a, b), count in rest)
        )
        self.head = sequence(
            pool=nn.AdaptiveAvgPool2d(1), flatten=nn.Flatten(), output=nn.Linear(widths[-1], classes)
        )
        keep_gradients(self)


def chain(in_channels: int, channels: int, blocks: int, stride: int, block: Block) -> dict[str, nn.Module]:
    """{"block1": ..., "block2": ..., ...}, of which the first has the stride."""
    parts = {"block1": block(in_channels, channels, stride)}
    return parts | {f"block{number}": block(channels, channels, 1) for number in range(2, blocks + 1)}


def basic_resnet(
    layers: int, classes: int = 1000, in_channels: int = 3, *, shortcut: Option = "B", stem: Stem = "paper"
) -> ResNet:
    """ResNet-18 and 34."""
    block = partial(BasicBlock, option=shortcut)
    return ResNet(BLOCKS[layers], BASIC_WIDTHS, block, classes, in_channels, stem)


def bottleneck_resnet(
    layers: int,
    classes: int = 1000,
    in_channels: int = 3,
    *,
    shortcut: Option = "B",
    stem: Stem = "paper",
    stride_in: Strided = "3x3",
) -> ResNet:
    """ResNet-50, 101 and 152."""
    block = partial(Bottleneck, option=shortcut, stride_in=stride_in)
    return ResNet(BLOCKS[layers], BOTTLENECK_WIDTHS, block, classes, in_channels, stem)


def plain(layers: int, classes: int = 1000, in_channels: int = 3, *, stem: Stem = "paper") -> ResNet:
    """The plain network of 18 and 34 layers: the basic blocks without their shortcuts."""
    return ResNet(BLOCKS[layers], BASIC_WIDTHS, partial(BasicBlock, option=None), classes, in_channels, stem)
