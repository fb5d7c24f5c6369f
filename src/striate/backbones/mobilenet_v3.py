"""MobileNet v3: inverted bottlenecks whose numbers were searched for, with squeezing and hard swish.

Howard, Sandler, Chu, Chen, Chen, Tan, Wang, Zhu, Pang, Vasudevan, Le, Adam 2019, tables 1 and 2.
https://arxiv.org/abs/1905.02244

            large                         maps at 224x224       small                         maps at 224x224
    stem    3x3 conv, 16, stride 2        112x112               3x3 conv, 16, stride 2        112x112
    stage 1  1 block to 16                112x112                1 block to 16, stride 2      56x56
    stage 2  2 blocks to 24, stride 2     56x56                  2 blocks to 24, stride 2     28x28
    stage 3  3 blocks to 40, stride 2     28x28                  3 blocks to 40, stride 2     14x14
    stage 4  4 blocks to 80, stride 2     14x14                  2 blocks to 48               14x14
    stage 5  2 blocks to 112              14x14                  3 blocks to 96, stride 2     7x7
    stage 6  3 blocks to 160, stride 2    7x7
    head    1x1 conv, 960, average,                             1x1 conv, 576, average,
            fully connected, 1280,                              fully connected, 1024,
            dropout, fully connected                            dropout, fully connected

    hard swish:    x * relu6(x + 3) / 6     in the late blocks, where maps are small; ReLU in the early ones
    hard sigmoid:  relu6(x + 3) / 6         the gate of squeeze and excitation, which goes through a quarter
                                            of the channels, rounded to a multiple of 8

All norms have an epsilon of 0.001, as in the networks that the authors published. The width multiplier scales
the channels of every map, and of the hidden layer only upwards, as there; a stage made deeper repeats its
last block.
"""

from collections.abc import Sequence
from functools import partial
from typing import NamedTuple, get_args

from torch import nn

from striate.layers.backbone import Backbone
from striate.layers.compound_scaling import scaled_depth, scaled_width
from striate.layers.conv_norm import conv_norm
from striate.layers.init import keep_gradients, spread_scores
from striate.layers.inverted_bottleneck import InvertedBottleneck, Shape
from striate.layers.literals import Stem, require_choice
from striate.layers.sequence import sequence
from striate.layers.squeeze_excite import SqueezeExcite

FIRST = 16
EPSILON = 1e-3
DROPOUT = 0.2
SPREAD = 0.01  # standard deviation of the fully connected layers' first weights


class BlockSpec(NamedTuple):
    """A row of the tables: kernel, channels inside, channels of the result, squeeze, hard swish, stride."""

    kernel: int
    expanded: int
    channels: int
    squeeze: bool
    swish: bool
    stride: int


class Design(NamedTuple):
    """A table: rows of each stage, channels of the head's convolution, of its hidden layer, of the stem."""

    stages: Sequence[Sequence[BlockSpec]]
    widened: int
    hidden: int
    first: int = FIRST


LARGE = Design(
    stages=(
        (BlockSpec(3, 16, 16, False, False, 1),),
        (BlockSpec(3, 64, 24, False, False, 2), BlockSpec(3, 72, 24, False, False, 1)),
        (
            BlockSpec(5, 72, 40, True, False, 2),
            BlockSpec(5, 120, 40, True, False, 1),
            BlockSpec(5, 120, 40, True, False, 1),
        ),
        (
            BlockSpec(3, 240, 80, False, True, 2),
            BlockSpec(3, 200, 80, False, True, 1),
            BlockSpec(3, 184, 80, False, True, 1),
            BlockSpec(3, 184, 80, False, True, 1),
        ),
        (BlockSpec(3, 480, 112, True, True, 1), BlockSpec(3, 672, 112, True, True, 1)),
        (
            BlockSpec(5, 672, 160, True, True, 2),
            BlockSpec(5, 960, 160, True, True, 1),
            BlockSpec(5, 960, 160, True, True, 1),
        ),
    ),
    widened=960,
    hidden=1280,
)
SMALL = Design(
    stages=(
        (BlockSpec(3, 16, 16, True, False, 2),),
        (BlockSpec(3, 72, 24, False, False, 2), BlockSpec(3, 88, 24, False, False, 1)),
        (
            BlockSpec(5, 96, 40, True, True, 2),
            BlockSpec(5, 240, 40, True, True, 1),
            BlockSpec(5, 240, 40, True, True, 1),
        ),
        (BlockSpec(5, 120, 48, True, True, 1), BlockSpec(5, 144, 48, True, True, 1)),
        (
            BlockSpec(5, 288, 96, True, True, 2),
            BlockSpec(5, 576, 96, True, True, 1),
            BlockSpec(5, 576, 96, True, True, 1),
        ),
    ),
    widened=576,
    hidden=1024,
)


class MobileNetV3(Backbone):
    """(N, in_channels, H, W) of any size -> scores (N, classes).

    Args:
        design: LARGE or SMALL.
        classes: K.
        in_channels: C of the images.
        stem: "small" for pictures of about 32 pixels.
        width: channels are multiplied with it and rounded to multiples of 8.
        depth: blocks of a stage are multiplied with it and rounded up.

    Raises:
        SettingError: width or depth is not above 0, or there is no such stem.
    """

    def __init__(
        self,
        design: Design,
        classes: int = 1000,
        in_channels: int = 3,
        *,
        stem: Stem = "paper",
        width: float = 1.0,
        depth: float = 1.0,
    ) -> None:
        super().__init__()
        design = scaled(design, width, depth)
        require_choice("stem", stem, get_args(Stem))
        small = stem == "small"
        self.input_size = (32, 32) if small else (224, 224)
        self.input_channels = in_channels
        widths = (design.first, *(rows[-1].channels for rows in design.stages))
        norm = partial(conv_norm, activation=nn.Hardswish, eps=EPSILON)
        self.stem = norm(in_channels, design.first, 3, 1 if small else 2)
        self.stages = nn.Sequential(
            *(stage(before, rows) for before, rows in zip(widths, design.stages, strict=False))
        )
        self.head = sequence(
            widen=norm(widths[-1], design.widened, 1),
            pool=nn.AdaptiveAvgPool2d(1),
            flatten=nn.Flatten(),
            hidden=nn.Linear(design.widened, design.hidden),
            active=nn.Hardswish(),
            dropout=nn.Dropout(DROPOUT),
            output=nn.Linear(design.hidden, classes),
        )
        keep_gradients(self)
        spread_scores(self, SPREAD)


def scaled(design: Design, width: float, depth: float) -> Design:
    """The table, with other widths and depths.

    Channels inside a block keep their ratio to those that come in, as in the networks that the authors
    published.

    >>> [len(rows) for rows in scaled(SMALL, 1, 1.5).stages]
    [2, 3, 5, 3, 5]
    """
    stages, before = [], design.first
    for rows in design.stages:
        again = [rows[-1]._replace(stride=1)] * (scaled_depth(len(rows), depth) - len(rows))
        stage = []
        for row in (*rows[: scaled_depth(len(rows), depth)], *again):
            inside = scaled_width(scaled_width(before, width), row.expanded / before)
            stage.append(row._replace(expanded=inside, channels=scaled_width(row.channels, width)))
            before = row.channels
        stages.append(stage)
    return Design(
        stages,
        scaled_width(design.widened, width),
        scaled_width(design.hidden, max(1.0, width)),
        scaled_width(design.first, width),
    )


def stage(in_channels: int, rows: Sequence[BlockSpec]) -> nn.Sequential:
    """The blocks of the rows, one after the other."""
    channels = (in_channels, *(row.channels for row in rows))
    return nn.Sequential(*(block(before, row) for before, row in zip(channels, rows, strict=False)))


def block(in_channels: int, row: BlockSpec) -> InvertedBottleneck:
    """One row of the table."""
    squeezed = scaled_width(row.expanded, 1 / 4) if row.squeeze else 0
    return InvertedBottleneck(
        Shape(in_channels, row.expanded, row.channels, row.kernel, row.stride, squeezed),
        activation=nn.Hardswish if row.swish else nn.ReLU,
        squeeze=partial(SqueezeExcite, gate=nn.Hardsigmoid),
        epsilon=EPSILON,
    )
