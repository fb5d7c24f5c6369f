"""MobileNet: thirteen separable convolutions, as wide as the device can bear.

Howard, Zhu, Chen, Kalenichenko, Wang, Weyand, Andreetto, Adam 2017, table 1. https://arxiv.org/abs/1704.04861

                                                    maps at 224x224
    stem      3x3 conv, 32, stride 2                112x112
    stage 1    1 block to 64                        112x112
    stage 2    2 blocks to 128, stride 2            56x56
    stage 3    2 blocks to 256, stride 2            28x28
    stage 4    6 blocks to 512, stride 2            14x14
    stage 5    2 blocks to 1024, stride 2           7x7
    head      average, fully connected

    block:  x --> 3x3 depthwise -> norm -> ReLU6 --> 1x1 pointwise -> norm -> ReLU6 --> y

The first block of a stage has the stride. The width multiplier of section 3.3 scales the channels of every
layer: 1, 0.75, 0.5 and 0.25 in the paper.

The paper says ReLU; the networks that its authors published, and all weights in public use, cut at 6, and so
does this file. Table 1 gives the last depthwise convolution a stride of 2 but leaves the map at 7x7; the
stride is 1 here.
"""

from typing import get_args

from torch import nn

from striate.layers.backbone import Backbone
from striate.layers.compound_scaling import scaled_depth, scaled_width
from striate.layers.conv_norm import conv_norm
from striate.layers.init import keep_gradients
from striate.layers.literals import Stem, require_choice
from striate.layers.separable import separable_block
from striate.layers.sequence import sequence

FIRST = 32
STAGES = ((64, 1, 1), (128, 2, 2), (256, 2, 2), (512, 6, 2), (1024, 2, 2))  # channels, blocks, stride


class MobileNetV1(Backbone):
    """(N, in_channels, H, W) of any size -> scores (N, classes).

    Args:
        classes: K.
        in_channels: C of the images.
        width: channels are multiplied with it and rounded to multiples of 8.
        depth: blocks of a stage are multiplied with it and rounded up.
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
        first, *widths = (scaled_width(channels, width) for channels in (FIRST, *(row[0] for row in STAGES)))
        self.stem = conv_norm(in_channels, first, 3, 1 if small else 2, activation=nn.ReLU6)
        self.stages = nn.Sequential(
            *(
                stage(a, b, scaled_depth(blocks, depth), stride)
                for a, b, (_, blocks, stride) in zip((first, *widths), widths, STAGES, strict=False)
            )
        )
        self.head = sequence(
            pool=nn.AdaptiveAvgPool2d(1), flatten=nn.Flatten(), output=nn.Linear(widths[-1], classes)
        )
        keep_gradients(self)


def stage(in_channels: int, channels: int, blocks: int, stride: int) -> nn.Sequential:
    """Separable blocks of one width; the first of them has the stride."""
    first = separable_block(in_channels, channels, stride=stride, activation=nn.ReLU6)
    rest = (separable_block(channels, channels, activation=nn.ReLU6) for _ in range(blocks - 1))
    return nn.Sequential(first, *rest)
