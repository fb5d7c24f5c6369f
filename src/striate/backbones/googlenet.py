"""GoogLeNet: nine inception modules, as published, with the public weights, and with squeeze and excitation.

Szegedy, Liu, Jia, Sermanet, Reed, Anguelov, Erhan, Vanhoucke, Rabinovich 2014, figure 3 and table 1.
https://arxiv.org/abs/1409.4842

    conv1     7x7, stride 2                                           112x112x64
    conv2     pool, norm, 1x1, 3x3, norm                               56x56x192
    3a 3b     pool, two inception modules                              28x28x480
    4a .. 4e  pool, five; auxiliary heads look at 4a and 4d            14x14x832
    5a 5b     pool, two                                                 7x7x1024
    head      means, one linear layer                                   1000 scores

                       ,--> 1x1 -------------------.
    inception:  x  ----+--> 1x1 reduce --> 3x3 ----+--> concatenated
    (figure 2b)        +--> 1x1 reduce --> 5x5 ----+
                       `--> 3x3 max pool --> 1x1 --'

                        googlenet_2014                          googlenet
    convolution         with biases                             with batch normalization, no biases
    third branch        5x5                                     3x3
    after the stem      local response normalization            nothing
    last pooling        3x3                                     2x2
    auxiliary heads     5x5 windows, 3 apart                    4x4 bins
    dropout             40 %                                    20 %
    parameters          6,998,552 (13,378,280 with heads)       6,624,904 (13,004,888)

The paper does not say how its response normalization is tuned, nor how weights begin: the constants are
AlexNet's, the weights those of He et al. 2015. ``googlenet`` is the network of torchvision's public weights.
They expect images that were normalized with mean 0.5 and deviation 0.5 in each channel. torchvision rescales
inside its network (``transform_input``); here the preprocessing does, and the network takes what it is given.

``se_googlenet`` puts a squeeze-and-excitation block behind each module (Hu, Shen, Sun 2018, figure 2,
https://arxiv.org/abs/1709.01507): 7,478,655 parameters.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial
from typing import NamedTuple

from torch import nn

from striate.layers.auxiliary import AssistedBackbone, Windows
from striate.layers.branches import Branches
from striate.layers.conv_norm import conv_norm
from striate.layers.response_norm import ResponseNorm
from striate.layers.sequence import sequence
from striate.layers.squeeze_excite import SqueezeExcite

Conv = Callable[..., nn.Module]
"""Called with in_channels, channels, kernel and perhaps stride."""


class Widths(NamedTuple):
    """Channels within a module: a row of table 1, from "#1x1" to "pool proj"."""

    one: int
    reduce3: int
    three: int
    reduce5: int
    five: int
    pool: int

    @property
    def channels(self) -> int:
        """Of the concatenated maps."""
        return self.one + self.three + self.five + self.pool


TABLE = {
    "3a": Widths(64, 96, 128, 16, 32, 32),
    "3b": Widths(128, 128, 192, 32, 96, 64),
    "4a": Widths(192, 96, 208, 16, 48, 64),
    "4b": Widths(160, 112, 224, 24, 64, 64),
    "4c": Widths(128, 128, 256, 24, 64, 64),
    "4d": Widths(112, 144, 288, 32, 64, 64),
    "4e": Widths(256, 160, 320, 32, 128, 128),
    "5a": Widths(256, 160, 320, 32, 128, 128),
    "5b": Widths(384, 192, 384, 48, 128, 128),
}
INPUTS = dict(zip(TABLE, (192, *(widths.channels for widths in TABLE.values())), strict=False))
"""Channels that come into each module: those of the module before."""

DEVIATION = 0.01
"""Of the normal distribution from which torchvision draws the weights of its variant."""


def biased(in_channels: int, channels: int, kernel: int, stride: int = 1) -> nn.Sequential:
    """A convolution with biases and its ReLU, as in the paper."""
    conv = nn.Conv2d(in_channels, channels, kernel, stride, padding=kernel // 2)
    return sequence(conv=conv, active=nn.ReLU())


@dataclass(frozen=True)
class Form:
    """What the members of the family do differently.

    Args:
        conv: builds a convolution and what follows it.
        norm: what stands before and after the two convolutions behind the first pooling.
        large: side of the filter in the third branch.
        last_pool: side of the last max pooling.
        least_side: pixels of the smallest image that leaves something to that pooling.
        windows: builds what an auxiliary head averages with.
        dropout: share of the means that the last layer does not see in training.
        squeeze: called with the channels of a module; builds what follows it.
    """

    conv: Conv
    norm: Callable[[], nn.Module]
    large: int
    last_pool: int
    least_side: int
    windows: Callable[[], nn.Module]
    dropout: float
    squeeze: Callable[[int], nn.Module] = nn.Identity


def squeeze_16(channels: int) -> SqueezeExcite:
    """Squeeze and excitation with a sixteenth of the channels between its two layers."""
    return SqueezeExcite(channels, channels // 16)


PUBLISHED = Form(
    biased, ResponseNorm, large=5, last_pool=3, least_side=31, windows=partial(Windows, 4), dropout=0.4
)
PUBLIC_WEIGHTS = Form(
    partial(conv_norm, eps=1e-3),
    nn.Identity,
    large=3,
    last_pool=2,
    least_side=15,
    windows=nn.Identity,
    dropout=0.2,
)
SQUEEZED = replace(PUBLISHED, squeeze=squeeze_16)


def inception(in_channels: int, widths: Widths, conv: Conv = biased, large: int = 5) -> Branches:
    """The module of figure 2(b): (N, in_channels, H, W) -> (N, widths.channels, H, W).

    Args:
        in_channels: C.
        widths: channels of its convolutions.
        conv: builds a convolution and what follows it.
        large: side of the filter in the third branch.

    >>> weights = dict(inception(192, TABLE["3a"]).five.named_parameters())
    >>> [tuple(weights[name].shape) for name in ("reduce.conv.weight", "conv.conv.weight")]
    [(16, 192, 1, 1), (32, 16, 5, 5)]
    """
    one, reduce3, three, reduce5, five, pool = widths
    return Branches(
        one=conv(in_channels, one, 1),
        three=sequence(reduce=conv(in_channels, reduce3, 1), conv=conv(reduce3, three, 3)),
        five=sequence(reduce=conv(in_channels, reduce5, 1), conv=conv(reduce5, five, large)),
        pool=sequence(pool=nn.MaxPool2d(3, stride=1, padding=1), project=conv(in_channels, pool, 1)),
    )


class GoogLeNet(AssistedBackbone):
    """(N, in_channels, H, W), sides of ``form.least_side`` pixels or more -> scores (N, classes).

    Args:
        classes: K.
        in_channels: C of the images.
        form: which member of the family.
        auxiliary: build the two auxiliary heads, for training.
    """

    input_size = (224, 224)
    auxiliary_weight = 0.3  # section 5

    def __init__(self, classes: int, in_channels: int, form: Form, *, auxiliary: bool) -> None:
        super().__init__()
        conv = form.conv
        self.input_channels, self.least_side = in_channels, form.least_side
        self.stem = sequence(conv1=conv(in_channels, 64, 7, 2))
        self.stages = nn.Sequential(
            sequence(
                pool1=halve(3),
                norm1=form.norm(),
                reduce2=conv(64, 64, 1),
                conv2=conv(64, 192, 3),
                norm2=form.norm(),
            ),
            sequence(pool2=halve(3), **modules(form, "3a", "3b")),
            sequence(pool3=halve(3), **modules(form, "4a", "4b", "4c", "4d", "4e")),
            sequence(pool4=halve(form.last_pool), **modules(form, "5a", "5b")),
        )
        self.head = sequence(
            mean=nn.AdaptiveAvgPool2d(1),
            flatten=nn.Flatten(),
            drop=nn.Dropout(form.dropout),
            output=nn.Linear(TABLE["5b"].channels, classes),
        )
        places = ("4a", "4d") if auxiliary else ()
        self.auxiliaries = nn.ModuleDict(
            {place: auxiliary_head(TABLE[place].channels, classes, form) for place in places}
        )


def halve(side: int) -> nn.MaxPool2d:
    """Max pooling with stride 2 that also looks at a window that hangs over the border: 112 -> 56."""
    return nn.MaxPool2d(side, stride=2, ceil_mode=True)


def modules(form: Form, *names: str) -> dict[str, nn.Module]:
    """{"inception3a": the module of that row of table 1 and what follows it, ...}."""
    return {
        f"inception{name}": sequence(
            branches=inception(INPUTS[name], TABLE[name], form.conv, form.large),
            squeeze=form.squeeze(TABLE[name].channels),
        )
        for name in names
    }


def auxiliary_head(in_channels: int, classes: int, form: Form) -> nn.Sequential:
    """The classifier of section 5: (N, in_channels, H, W) -> scores (N, classes); 14x14 has 4x4 windows."""
    return sequence(
        windows=form.windows(),
        bins=nn.AdaptiveAvgPool2d(4),
        reduce=form.conv(in_channels, 128, 1),
        flatten=nn.Flatten(),
        fc=nn.Linear(128 * 4 * 4, 1024),
        active=nn.ReLU(),
        drop=nn.Dropout(0.7),
        output=nn.Linear(1024, classes),
    )


def googlenet_2014(classes: int = 1000, in_channels: int = 3, *, auxiliary: bool = False) -> GoogLeNet:
    """GoogLeNet as published."""
    network = GoogLeNet(classes, in_channels, PUBLISHED, auxiliary=auxiliary)
    begin_as_he(network)
    return network


def googlenet(classes: int = 1000, in_channels: int = 3, *, auxiliary: bool = False) -> GoogLeNet:
    """GoogLeNet with the public weights; they expect images with mean 0.5 and deviation 0.5."""
    network = GoogLeNet(classes, in_channels, PUBLIC_WEIGHTS, auxiliary=auxiliary)
    for module in network.modules():
        if isinstance(module, nn.Conv2d | nn.Linear):
            nn.init.normal_(module.weight, std=DEVIATION)
    return network


def se_googlenet(classes: int = 1000, in_channels: int = 3, *, auxiliary: bool = False) -> GoogLeNet:
    """GoogLeNet as published, with squeeze and excitation behind each module."""
    network = GoogLeNet(classes, in_channels, SQUEEZED, auxiliary=auxiliary)
    begin_as_he(network)
    return network


def begin_as_he(network: nn.Module) -> None:
    """He et al. 2015, equation 10: variance 2 / fan-in, so that 22 layers of ReLUs do not fade; biases 0."""
    for module in network.modules():
        if isinstance(module, nn.Conv2d):
            nn.init.kaiming_normal_(module.weight, nonlinearity="relu")
            if module.bias is not None:
                nn.init.zeros_(module.bias)
