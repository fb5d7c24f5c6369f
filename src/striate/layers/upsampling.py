"""Ways to undo a pooling: maps of twice the side, with nothing to learn, or with a filter that is learned.

Dumoulin, Visin 2016, chapter 4, https://arxiv.org/abs/1603.07285 (transposed convolution); Odena, Dumoulin,
Olah 2016, https://distill.pub/2016/deconv-checkerboard (resize + convolution); Shi et al. 2016, section 3.2,
https://arxiv.org/abs/1609.05158 (sub-pixel); Noh, Hong, Han 2015, https://arxiv.org/abs/1505.04366
(max-unpooling).

    nothing to learn                                learned
    nearest        every number four times          transposed_2x2   each number times a 2x2 filter
    bed_of_nails   top left of a square of zeros    transposed_3x3   filters overlap, and add up unevenly
    max_unpool     back to the remembered place     transposed_4x4   filters overlap evenly
                                                    resize_conv      nearest, then a 3x3 convolution
                                                    sub_pixel        four maps of a 3x3 convolution become one

How even the result is, ``pattern`` measures.
"""

from collections.abc import Callable
from typing import Final, Literal, NamedTuple, get_args

import torch
from torch import Tensor, nn

from striate.layers.literals import require_choice
from striate.layers.sequence import sequence
from striate.ops import bed_of_nails, phase_ratio

Up = Literal[
    "nearest",
    "bed_of_nails",
    "transposed_2x2",
    "transposed_3x3",
    "transposed_4x4",
    "resize_conv",
    "sub_pixel",
]
"""Those that need nothing but the map. Max-unpooling needs the places that a pooling remembered."""

UNLEARNED: Final = ("nearest", "bed_of_nails")
"""Ways that keep the channels of the map."""

Builder = Callable[[int, int], nn.Module]
"""Called with the channels of the map and of the result."""


def upsampling(kind: Up, in_channels: int, channels: int) -> nn.Module:
    """A module that makes (N, channels, 2 H, 2 W) of (N, in_channels, H, W).

    Args:
        kind: how.
        in_channels: of the map.
        channels: of the result; ``UNLEARNED`` ways keep those of the map.

    Raises:
        SettingError: there is no such way.

    >>> tuple(upsampling("transposed_3x3", 4, 2)(torch.zeros(1, 4, 5, 5)).shape)
    (1, 2, 10, 10)
    """
    require_choice("up", kind, get_args(Up))
    return UPSAMPLINGS[kind](in_channels, channels)


class BedOfNails(nn.Module):
    """(N, C, H, W) -> (N, C, 2 H, 2 W): each number at the top left of a square of zeros."""

    def forward(self, x: Tensor) -> Tensor:
        """The number, and zeros."""
        return bed_of_nails(x)


def nearest(in_channels: int, channels: int) -> nn.Module:
    """Every number four times."""
    return nn.Upsample(scale_factor=2, mode="nearest")


def nails(in_channels: int, channels: int) -> nn.Module:
    """Every number once, and three zeros."""
    return BedOfNails()


def transposed_2x2(in_channels: int, channels: int) -> nn.Module:
    """Every number times a filter of 2x2, side by side."""
    return nn.ConvTranspose2d(in_channels, channels, 2, stride=2)


def transposed_3x3(in_channels: int, channels: int) -> nn.Module:
    """Every number times a filter of 3x3, two pixels apart: middles are covered once, corners four times."""
    return nn.ConvTranspose2d(in_channels, channels, 3, stride=2, padding=1, output_padding=1)


def transposed_4x4(in_channels: int, channels: int) -> nn.Module:
    """Every number times a filter of 4x4, two pixels apart: every pixel is covered four times."""
    return nn.ConvTranspose2d(in_channels, channels, 4, stride=2, padding=1)


def resize_conv(in_channels: int, channels: int) -> nn.Module:
    """Every number four times, then a 3x3 convolution."""
    return sequence(
        resize=nearest(in_channels, channels), conv=nn.Conv2d(in_channels, channels, 3, padding=1)
    )


def sub_pixel(in_channels: int, channels: int) -> nn.Module:
    """A 3x3 convolution gives four numbers for each result; they become its four pixels."""
    return sequence(conv=nn.Conv2d(in_channels, 4 * channels, 3, padding=1), shuffle=nn.PixelShuffle(2))


UPSAMPLINGS: dict[str, Builder] = {
    "nearest": nearest,
    "bed_of_nails": nails,
    "transposed_2x2": transposed_2x2,
    "transposed_3x3": transposed_3x3,
    "transposed_4x4": transposed_4x4,
    "resize_conv": resize_conv,
    "sub_pixel": sub_pixel,
}


class Pattern(NamedTuple):
    """What a way up leaves of a constant picture.

    Args:
        unevenness: deviation in mean of how often pixels are covered, with all weights 1.
        phase_ratio: deviation in mean of the four phases, with random weights.
    """

    unevenness: float
    phase_ratio: float


@torch.no_grad()
def pattern(kind: Up, channels: int = 64, seed: int = 0) -> Pattern:
    """Both measures of the checkerboard that a way up draws before it has learned anything.

    Args:
        kind: how.
        channels: of the constant picture, and of the result.
        seed: of the random weights.

    Raises:
        SettingError: there is no such way.

    >>> pattern("nearest"), round(pattern("transposed_3x3").unevenness, 4)
    (Pattern(unevenness=0.0, phase_ratio=0.0), 0.4843)
    """
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        module, constant = upsampling(kind, channels, channels), torch.ones(1, channels, 8, 8)
    drawn = phase_ratio(module(constant), margin=4)
    for one in module.parameters():
        one.fill_(one.dim() > 1)
    return Pattern(phase_ratio(module(constant), margin=4), drawn)
