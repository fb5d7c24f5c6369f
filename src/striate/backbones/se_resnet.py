"""SE-ResNet: a ResNet whose blocks weigh their channels before the sum.

Hu, Shen, Sun 2018, figure 3 and table 1. https://arxiv.org/abs/1709.01507

    x -+-> convolutions of the block -> squeeze and excitation -> (+) -> ReLU
       |                                                           ^
       '-------------------------- shortcut -----------------------'

The hidden layer has a sixteenth of the channels, as in the paper, and never fewer than eight, as the weights
in public use have it. So the blocks of 64 channels squeeze to 8; by the paper's words it would be 4. All the
rest is the network of ``resnet.py``.
"""

from functools import partial

from striate.backbones.resnet import ResNet, planned
from striate.layers.literals import Stem
from striate.layers.residual import EXPANSION, BasicBlock, Bottleneck, Strided
from striate.layers.squeeze_excite import SqueezeExcite

REDUCTION = 16  # r of section 6.1, a balance of accuracy and size
LEAST = 8


def squeeze(channels: int) -> SqueezeExcite:
    """What weighs the channels of a block.

    >>> squeeze(64).reduce.out_channels, squeeze(512).reduce.out_channels
    (8, 32)
    """
    return SqueezeExcite(channels, max(channels // REDUCTION, LEAST))


def basic_se_resnet(
    layers: int,
    classes: int = 1000,
    in_channels: int = 3,
    *,
    stem: Stem = "paper",
    width: float = 1.0,
    depth: float = 1.0,
) -> ResNet:
    """SE-ResNet-18 and 34."""
    block = partial(BasicBlock, option="B", squeeze=squeeze)
    return ResNet(planned(layers, width, depth), block, classes, in_channels, stem)


def bottleneck_se_resnet(
    layers: int,
    classes: int = 1000,
    in_channels: int = 3,
    *,
    stem: Stem = "paper",
    stride_in: Strided = "3x3",
    width: float = 1.0,
    depth: float = 1.0,
) -> ResNet:
    """SE-ResNet-50, 101 and 152."""
    block = partial(Bottleneck, option="B", squeeze=squeeze, stride_in=stride_in)
    return ResNet(planned(layers, width, depth, EXPANSION), block, classes, in_channels, stem)
