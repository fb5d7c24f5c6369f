"""ConvNeXt: a ResNet brought up to date, one step after the other, until it was as good as a transformer.

Liu, Mao, Wu, Feichtenhofer, Darrell, Xie 2022, figures 2 and 4, section 3. https://arxiv.org/abs/2201.03545

                                       tiny   small   base   large   maps at 224x224
    stem     4x4 conv, stride 4; norm                                56x56
    stage 1  blocks                    3      3       3      3       56x56
    stage 2  norm; 2x2 conv, stride 2
             blocks                    3      3       3      3       28x28
    stage 3  norm; 2x2 conv, stride 2
             blocks                    9      27      27     27      14x14
    stage 4  norm; 2x2 conv, stride 2
             blocks                    3      3       3      3       7x7
    head     average; norm; fully connected
    C of stage 1, doubled thrice       96     96      128    192

    block:  x -+-> 7x7 depthwise -> norm -> C to 4 C -> GELU -> 4 C to C -> scale -> drop path -> (+)
               '-----------------------------------------------------------------------------------^

The norm is over the channels of one pixel. The scale is a learned number for each channel and begins at 1e-6,
so that a block begins as nearly nothing. The drop path leaves the block out for some images of a training
batch, more often the deeper it lies. The small stem is a 3x3 convolution of stride 1, so that a picture of
32x32 ends in maps of 4x4. Compound scaling (``striate.layers.compound_scaling``) multiplies C, and the blocks
of a stage.
"""

from collections.abc import Iterator, Sequence
from itertools import pairwise
from typing import Literal, get_args

import torch
from torch import Tensor, nn

from striate.errors import SettingError
from striate.layers.backbone import Backbone
from striate.layers.compound_scaling import scaled_depth, scaled_width
from striate.layers.drop_path import DropPath
from striate.layers.literals import Stem, require_choice
from striate.layers.sequence import sequence

Size = Literal["tiny", "small", "base", "large"]
BLOCKS = {"tiny": (3, 3, 9, 3), "small": (3, 3, 27, 3), "base": (3, 3, 27, 3), "large": (3, 3, 27, 3)}
WIDTH = {"tiny": 96, "small": 96, "base": 128, "large": 192}
DROP_PATH = {"tiny": 0.1, "small": 0.4, "base": 0.5, "large": 0.5}  # appendix A.1, table 5
EPSILON, SCALE, SPREAD = 1e-6, 1e-6, 0.02  # of the norm, of a block's scale, of the weights at the beginning


class PixelNorm(nn.LayerNorm):
    """(N, C, H, W) -> the same shape; each pixel normalized over its C numbers, then scaled and moved."""

    def __init__(self, channels: int) -> None:
        super().__init__(channels, eps=EPSILON)

    def forward(self, x: Tensor) -> Tensor:
        """Layer normalization with the channels last."""
        return super().forward(x.permute(0, 2, 3, 1)).permute(0, 3, 1, 2)


class ConvNeXtBlock(nn.Module):
    """(N, channels, H, W) -> the same shape: figure 4.

    Args:
        channels: C.
        drop_path: probability, less than 1, that an image of a training batch skips the block.
    """

    def __init__(self, channels: int, drop_path: float) -> None:
        super().__init__()
        self.depthwise = nn.Conv2d(channels, channels, 7, padding=3, groups=channels)
        self.norm = nn.LayerNorm(channels, eps=EPSILON)
        self.expand = nn.Linear(channels, 4 * channels)
        self.active = nn.GELU()
        self.reduce = nn.Linear(4 * channels, channels)
        self.scale = nn.Parameter(torch.full((channels, 1, 1), SCALE))
        self.drop_path = DropPath(drop_path)

    def forward(self, x: Tensor) -> Tensor:
        """The linear layers run with the channels last, where a 1x1 convolution is a matrix product."""
        y = self.norm(self.depthwise(x).permute(0, 2, 3, 1))
        y = self.reduce(self.active(self.expand(y))).permute(0, 3, 1, 2)
        result: Tensor = x + self.drop_path(self.scale * y)
        return result


class ConvNeXt(Backbone):
    """(N, in_channels, H, W) -> scores (N, classes); sides of 32 pixels or more, with the small stem 8.

    Args:
        blocks: how many a stage has, for each stage.
        widths: channels of each stage.
        classes: K.
        in_channels: C of the images.
        drop_path: probability, less than 1, that the last block is skipped; it grows from 0 in the first.
        stem: "small" for pictures of about 32 pixels.

    Raises:
        SettingError: there is no such stem, or no such probability.
    """

    def __init__(
        self,
        blocks: Sequence[int],
        widths: Sequence[int],
        classes: int,
        in_channels: int,
        drop_path: float,
        stem: Stem = "paper",
    ) -> None:
        super().__init__()
        require_choice("stem", stem, get_args(Stem))
        small = stem == "small"
        self.input_size, self.least_side = ((32, 32), 8) if small else ((224, 224), 32)
        self.input_channels = in_channels
        kernel, stride, padding = (3, 1, 1) if small else (4, 4, 0)
        self.stem = sequence(
            conv=nn.Conv2d(in_channels, widths[0], kernel, stride, padding), norm=PixelNorm(widths[0])
        )
        drops = iter(growing(drop_path, sum(blocks)))
        first = sequence(**chain(widths[0], blocks[0], drops))
        rest = zip(pairwise(widths), blocks[1:], strict=True)
        self.stages = nn.Sequential(
            first, *(sequence(**halving(a, b), **chain(b, count, drops)) for (a, b), count in rest)
        )
        self.head = sequence(
            pool=nn.AdaptiveAvgPool2d(1),
            norm=PixelNorm(widths[-1]),
            flatten=nn.Flatten(),
            output=nn.Linear(widths[-1], classes),
        )
        for module in self.modules():
            if isinstance(module, nn.Conv2d | nn.Linear):
                nn.init.trunc_normal_(module.weight, std=SPREAD)
                if module.bias is not None:
                    nn.init.zeros_(module.bias)


def growing(last: float, blocks: int) -> list[float]:
    """Probabilities from 0 in the first block to ``last`` in the last, in even steps.

    Raises:
        SettingError: the last is not within 0..1, or is 1.

    >>> growing(0.5, 3)
    [0.0, 0.25, 0.5]
    """
    if not 0 <= last < 1:
        raise SettingError(f"drop_path is {last}", "from 0 to less than 1", "drop_path=0.1")
    return [last * number / max(blocks - 1, 1) for number in range(blocks)]


def halving(in_channels: int, channels: int) -> dict[str, nn.Module]:
    """What stands between two stages: (N, in_channels, H, W) -> (N, channels, H / 2, W / 2), rounded down."""
    return {"norm": PixelNorm(in_channels), "down": nn.Conv2d(in_channels, channels, 2, 2)}


def chain(channels: int, blocks: int, drops: Iterator[float]) -> dict[str, nn.Module]:
    """{"block1": ..., "block2": ..., ...}, each with the next probability."""
    return {f"block{number}": ConvNeXtBlock(channels, next(drops)) for number in range(1, blocks + 1)}


def convnext(
    size: Size,
    classes: int = 1000,
    in_channels: int = 3,
    *,
    drop_path: float | None = None,
    stem: Stem = "paper",
    width: float = 1.0,
    depth: float = 1.0,
) -> ConvNeXt:
    """ConvNeXt of one of the four sizes; without ``drop_path`` with the paper's."""
    last = DROP_PATH[size] if drop_path is None else drop_path
    blocks = [scaled_depth(count, depth) for count in BLOCKS[size]]
    widths = [scaled_width(WIDTH[size], width) * 2**stage for stage in range(4)]
    return ConvNeXt(blocks, widths, classes, in_channels, last, stem)
