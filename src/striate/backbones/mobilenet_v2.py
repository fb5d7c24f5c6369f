"""MobileNet v2: seventeen inverted bottlenecks with shortcuts between their thin ends.

Sandler, Howard, Zhu, Zhmoginov, Chen 2018, table 2. https://arxiv.org/abs/1801.04381

                                           widened    maps at 224x224
    stem      3x3 conv, 32, stride 2                  112x112
    stage 1    1 bottleneck to 16             x 1     112x112
    stage 2    2 bottlenecks to 24, stride 2  x 6     56x56
    stage 3    3 bottlenecks to 32, stride 2  x 6     28x28
    stage 4    4 bottlenecks to 64, stride 2  x 6     14x14
    stage 5    3 bottlenecks to 96            x 6     14x14
    stage 6    3 bottlenecks to 160, stride 2 x 6     7x7
    stage 7    1 bottleneck to 320            x 6     7x7
    head      1x1 conv, 1280, average, dropout, fully connected

The first bottleneck of a stage has the stride; the others have a shortcut. The width multiplier scales every
layer, but the 1x1 convolution of the head only upward (section 6.1): below 1 it keeps its 1280 channels.
"""

from typing import get_args

from torch import nn

from striate.layers.backbone import Backbone
from striate.layers.compound_scaling import scaled_depth, scaled_width
from striate.layers.conv_norm import conv_norm
from striate.layers.init import keep_gradients, spread_scores
from striate.layers.inverted_bottleneck import InvertedBottleneck, Shape
from striate.layers.literals import Stem, require_choice
from striate.layers.sequence import sequence

FIRST, LAST = 32, 1280
STAGES = (  # widened, channels, bottlenecks, stride
    (1, 16, 1, 1),
    (6, 24, 2, 2),
    (6, 32, 3, 2),
    (6, 64, 4, 2),
    (6, 96, 3, 1),
    (6, 160, 3, 2),
    (6, 320, 1, 1),
)
DROPOUT = 0.2
SPREAD = 0.01  # standard deviation of the last layer's first weights


class MobileNetV2(Backbone):
    """(N, in_channels, H, W) of any size -> scores (N, classes).

    Args:
        classes: K.
        in_channels: C of the images.
        width: channels are multiplied with it and rounded to multiples of 8.
        depth: bottlenecks of a stage are multiplied with it and rounded up.
        stem: "small" for pictures of about 32 pixels.

    Raises:
        SettingError: width or depth is not above 0, or there is no such stem.
    """

    def __init__(
        self,
        classes: int = 1000,
        in_channels: int = 3,
        *,
        width: float = 1.0,
        depth: float = 1.0,
        stem: Stem = "paper",
    ) -> None:
        super().__init__()
        require_choice("stem", stem, get_args(Stem))
        small = stem == "small"
        self.input_size = (32, 32) if small else (224, 224)
        self.input_channels = in_channels
        first, *widths = (scaled_width(channels, width) for channels in (FIRST, *(row[1] for row in STAGES)))
        last = scaled_width(LAST, max(1.0, width))
        self.stem = conv_norm(in_channels, first, 3, 1 if small else 2, activation=nn.ReLU6)
        self.stages = nn.Sequential(
            *(
                stage(Shape(a, widened * a, b, stride=stride), widened, scaled_depth(blocks, depth))
                for a, b, (widened, _, blocks, stride) in zip((first, *widths), widths, STAGES, strict=False)
            )
        )
        self.head = sequence(
            widen=conv_norm(widths[-1], last, 1, activation=nn.ReLU6),
            pool=nn.AdaptiveAvgPool2d(1),
            flatten=nn.Flatten(),
            dropout=nn.Dropout(DROPOUT),
            output=nn.Linear(last, classes),
        )
        keep_gradients(self)
        spread_scores(self, SPREAD)


def stage(first: Shape, widened: int, blocks: int) -> nn.Sequential:
    """Bottlenecks of one width: the first as given, the others from its result to the same."""
    rest = Shape(first.channels, widened * first.channels, first.channels)
    shapes = (first, *(rest,) * (blocks - 1))
    return nn.Sequential(*(InvertedBottleneck(shape, nn.ReLU6) for shape in shapes))
