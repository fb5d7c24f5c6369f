"""EfficientNet: one small network, and seven larger ones that are the same network scaled.

Tan, Le 2019, table 1. https://arxiv.org/abs/1905.11946

                                                  widened  kernel   maps at 224x224
    stem      3x3 conv, 32, stride 2                                112x112
    stage 1    1 inverted bottleneck to 16          x 1      3x3    112x112
    stage 2    2 inverted bottlenecks to 24, / 2    x 6      3x3    56x56
    stage 3    2 inverted bottlenecks to 40, / 2    x 6      5x5    28x28
    stage 4    3 inverted bottlenecks to 80, / 2    x 6      3x3    14x14
    stage 5    3 inverted bottlenecks to 112        x 6      5x5    14x14
    stage 6    4 inverted bottlenecks to 192, / 2   x 6      5x5    7x7
    stage 7    1 inverted bottleneck to 320         x 6      3x3    7x7
    head      1x1 conv, 1280, average, dropout, fully connected

All activations are SiLU (swish). Every bottleneck has squeeze and excitation through a quarter of the
channels that came in. While learning, images skip a block with a probability that grows from 0 in the first
block to nearly 0.2 in the last.

                  b0     b1     b2     b3     b4     b5     b6     b7
    width         1.0    1.0    1.1    1.2    1.4    1.6    1.8    2.0     times the channels
    depth         1.0    1.1    1.2    1.4    1.8    2.2    2.6    3.1     times the blocks of a stage
    resolution    224    240    260    300    380    456    528    600     pixels of a side

This table is the one that the authors published; it is not exactly alpha^phi
(``striate.layers.compound_scaling``).
The weights in public use for b5 to b7 were learned with norms whose epsilon is 0.001 and not 0.00001.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import partial
from math import sqrt
from typing import get_args

from torch import nn

from striate.layers.backbone import Backbone
from striate.layers.compound_scaling import scaled_depth, scaled_width
from striate.layers.conv_norm import conv_norm
from striate.layers.init import keep_gradients
from striate.layers.inverted_bottleneck import InvertedBottleneck, Shape
from striate.layers.literals import Stem, require_choice
from striate.layers.sequence import sequence
from striate.layers.squeeze_excite import SqueezeExcite

FIRST = 32
STAGES = (  # widened, kernel, channels, bottlenecks, stride
    (1, 3, 16, 1, 1),
    (6, 3, 24, 2, 2),
    (6, 5, 40, 2, 2),
    (6, 3, 80, 3, 2),
    (6, 5, 112, 3, 1),
    (6, 5, 192, 4, 2),
    (6, 3, 320, 1, 1),
)
LAST = 4  # the head's convolution has four times the channels of the last stage
SQUEEZE = 4  # squeeze and excitation goes through a quarter of a block's input
DROP_PATH = 0.2  # section 5.2: survival probability 0.8


@dataclass(frozen=True)
class Scale:
    """How one member of the family differs from the first.

    Attributes:
        width: factor of the channels.
        depth: factor of the blocks.
        resolution: pixels of a side.
        dropout: probability in the head.
        epsilon: of the norms.
    """

    width: float
    depth: float
    resolution: int
    dropout: float
    epsilon: float = 1e-5


SCALES = {
    "b0": Scale(1.0, 1.0, 224, 0.2),
    "b1": Scale(1.0, 1.1, 240, 0.2),
    "b2": Scale(1.1, 1.2, 260, 0.3),
    "b3": Scale(1.2, 1.4, 300, 0.3),
    "b4": Scale(1.4, 1.8, 380, 0.4),
    "b5": Scale(1.6, 2.2, 456, 0.4, 1e-3),
    "b6": Scale(1.8, 2.6, 528, 0.5, 1e-3),
    "b7": Scale(2.0, 3.1, 600, 0.5, 1e-3),
}


class EfficientNet(Backbone):
    """(N, in_channels, H, W) of any size -> scores (N, classes).

    Args:
        scale: one of ``SCALES``, or another.
        classes: K.
        in_channels: C of the images.
        stem: "small" for pictures of about 32 pixels.

    Raises:
        SettingError: width or depth is not above 0, or there is no such stem.
    """

    def __init__(self, scale: Scale, classes: int, in_channels: int, stem: Stem = "paper") -> None:
        super().__init__()
        require_choice("stem", stem, get_args(Stem))
        small = stem == "small"
        self.input_size = (32, 32) if small else (scale.resolution, scale.resolution)
        self.input_channels = in_channels
        norm = partial(conv_norm, activation=nn.SiLU, eps=scale.epsilon)
        first, end = scaled_width(FIRST, scale.width), scaled_width(STAGES[-1][2], scale.width)
        self.stem = norm(in_channels, first, 3, 1 if small else 2)
        self.stages = stages(scale)
        self.head = sequence(
            widen=norm(end, LAST * end, 1),
            pool=nn.AdaptiveAvgPool2d(1),
            flatten=nn.Flatten(),
            dropout=nn.Dropout(scale.dropout),
            output=nn.Linear(LAST * end, classes),
        )
        keep_gradients(self)
        for layer in self.head.modules():
            if isinstance(layer, nn.Linear):
                nn.init.uniform_(layer.weight, -1 / sqrt(classes), 1 / sqrt(classes))
                nn.init.zeros_(layer.bias)


def stages(scale: Scale) -> nn.Sequential:
    """The seven stages, scaled; the probability to skip a block grows from each to the next."""
    rows = [list(shapes) for shapes in scaled_shapes(scale)]
    chances = iter([DROP_PATH * number / sum(map(len, rows)) for number in range(sum(map(len, rows)))])
    return nn.Sequential(
        *(nn.Sequential(*(block(shape, scale, next(chances)) for shape in row)) for row in rows)
    )


def scaled_shapes(scale: Scale) -> Iterator[Iterator[Shape]]:
    """The blocks of every stage; the first of a stage has its stride."""
    before = scaled_width(FIRST, scale.width)
    for widened, kernel, channels, blocks, stride in STAGES:
        after = scaled_width(channels, scale.width)
        ends = [(before, stride), *[(after, 1)] * (scaled_depth(blocks, scale.depth) - 1)]
        yield (Shape(c, widened * c, after, kernel, s, c // SQUEEZE) for c, s in ends)
        before = after


def block(shape: Shape, scale: Scale, drop: float) -> InvertedBottleneck:
    """One inverted bottleneck with squeeze and excitation."""
    squeeze = partial(SqueezeExcite, activation=nn.SiLU)
    return InvertedBottleneck(shape, nn.SiLU, squeeze, scale.epsilon, drop)


def efficientnet(
    member: str,
    classes: int = 1000,
    in_channels: int = 3,
    *,
    width: float | None = None,
    depth: float | None = None,
    stem: Stem = "paper",
) -> EfficientNet:
    """One of b0 to b7, or with another width or depth than the published one.

    Args:
        member: one of ``SCALES``.
        classes: K.
        in_channels: C of the images.
        width: factor of the channels of b0; None for the member's own.
        depth: factor of the blocks of b0; None for the member's own.
        stem: "small" for pictures of about 32 pixels.

    Raises:
        SettingError: width or depth is not above 0, or there is no such stem.
    """
    published = SCALES[member]
    scale = replace(
        published,
        width=published.width if width is None else width,
        depth=published.depth if depth is None else depth,
    )
    return EfficientNet(scale, classes, in_channels, stem)
