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

Compound scaling (``striate.layers.compound_scaling``) multiplies the channels of all maps,
and the blocks of a stage.
"""

from collections.abc import Callable, Sequence
from functools import partial
from itertools import pairwise
from typing import NamedTuple, get_args

from torch import nn

from striate.layers.backbone import Backbone
from striate.layers.compound_scaling import scaled_depth, scaled_width
from striate.layers.init import keep_gradients
from striate.layers.literals import Stem, require_choice
from striate.layers.residual import EXPANSION, BasicBlock, Bottleneck, Strided
from striate.layers.sequence import sequence
from striate.layers.shortcut import Option

STEM = 64
BLOCKS = {18: (2, 2, 2, 2), 34: (3, 4, 6, 3), 50: (3, 4, 6, 3), 101: (3, 4, 23, 3), 152: (3, 8, 36, 3)}
WIDTHS = (64, 128, 256, 512)

Block = Callable[[int, int, int], nn.Module]
"""Called with the channels of a block's input and result, and its stride."""


class Plan(NamedTuple):
    """Channels of the stem, blocks of each stage, channels of each stage."""

    first: int
    blocks: Sequence[int]
    widths: Sequence[int]


def planned(layers: int, width: float, depth: float, expansion: int = 1) -> Plan:
    """The numbers of the figure, scaled.

    Args:
        layers: one of ``BLOCKS``.
        width: channels are multiplied with it and rounded to multiples of 8.
        depth: blocks of a stage are multiplied with it and rounded up.
        expansion: channels of a block's result for each one inside it.

    Raises:
        SettingError: width or depth is not above 0.

    >>> planned(50, width=0.5, depth=2, expansion=4)
    Plan(first=32, blocks=[6, 8, 12, 6], widths=[128, 256, 512, 1024])
    """
    blocks = [scaled_depth(count, depth) for count in BLOCKS[layers]]
    return Plan(
        scaled_width(STEM, width), blocks, [expansion * scaled_width(channels, width) for channels in WIDTHS]
    )


class ResNet(Backbone):
    """(N, in_channels, H, W) of any size -> scores (N, classes).

    Args:
        plan: how wide and deep it is.
        block: makes one.
        classes: K.
        in_channels: C of the images.
        stem: "small" for pictures of about 32 pixels.

    Raises:
        SettingError: there is no such stem.
    """

    def __init__(
        self,
        plan: Plan,
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
        channels, blocks, widths = plan
        kernel, stride = (3, 1) if small else (7, 2)
        self.stem = sequence(
            conv=nn.Conv2d(in_channels, channels, kernel, stride, padding=kernel // 2, bias=False),
            norm=nn.BatchNorm2d(channels),
            relu=nn.ReLU(),
        )
        pool = {} if small else {"pool": nn.MaxPool2d(3, 2, padding=1)}
        first = sequence(**pool, **chain(channels, widths[0], blocks[0], 1, block))
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
    layers: int,
    classes: int = 1000,
    in_channels: int = 3,
    *,
    shortcut: Option = "B",
    stem: Stem = "paper",
    width: float = 1.0,
    depth: float = 1.0,
) -> ResNet:
    """ResNet-18 and 34."""
    block = partial(BasicBlock, option=shortcut)
    return ResNet(planned(layers, width, depth), block, classes, in_channels, stem)


def bottleneck_resnet(
    layers: int,
    classes: int = 1000,
    in_channels: int = 3,
    *,
    shortcut: Option = "B",
    stem: Stem = "paper",
    stride_in: Strided = "3x3",
    width: float = 1.0,
    depth: float = 1.0,
) -> ResNet:
    """ResNet-50, 101 and 152."""
    block = partial(Bottleneck, option=shortcut, stride_in=stride_in)
    return ResNet(planned(layers, width, depth, EXPANSION), block, classes, in_channels, stem)


def plain(
    layers: int,
    classes: int = 1000,
    in_channels: int = 3,
    *,
    stem: Stem = "paper",
    width: float = 1.0,
    depth: float = 1.0,
) -> ResNet:
    """The plain network of 18 and 34 layers: the basic blocks without their shortcuts."""
    block = partial(BasicBlock, option=None)
    return ResNet(planned(layers, width, depth), block, classes, in_channels, stem)
