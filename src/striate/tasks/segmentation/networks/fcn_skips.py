"""FCN-32s, 16s and 8s on any backbone: scores of coarse maps, and of finer ones that correct them.

Long, Shelhamer, Darrell 2015, figure 3. https://arxiv.org/abs/1411.4038

    maps of the backbone   stride 32 --1x1--> scores                           FCN-32s: enlarged 32 times
                                                 | up
                           stride 16 --1x1-----> +                             FCN-16s: enlarged 16 times
                                                 | up
                           stride 8 --1x1------> +                             FCN-8s:  enlarged 8 times

Scores are doubled by transposed convolutions that begin as bilinear interpolation and learn; the last
enlargement stays bilinear (section 4.3). The 1x1 convolutions begin with zeros, so that training starts from
the coarser network's answer. With VGG-16, its fully connected layers and their crops: ``fcn_vgg16``.
"""

from itertools import pairwise
from typing import final

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from striate.layers.backbone import Backbone
from striate.tasks.segmentation.networks.segmentation_network import (
    SegmentationNetwork,
    letterbox_of,
    of_size,
)


@final
class FcnSkips(SegmentationNetwork):
    """(N, in_channels, H, W), of any size -> scores (N, classes, H, W).

    Args:
        backbone: its last layers are taken away.
        classes: K.
        maps: that are scored, from the coarsest on: 1 for FCN-32s, 2 for 16s, 3 for 8s; fewer of a backbone
            that has fewer.
    """

    def __init__(self, backbone: Backbone, classes: int, *, maps: int) -> None:
        super().__init__()
        channels = backbone.channels
        backbone.head = nn.Sequential()
        self.backbone, self.multiple = backbone, max(channels)
        self.strides = sorted(channels, reverse=True)[:maps]
        self.score = nn.ModuleDict({str(one): zero_score(channels[one], classes) for one in self.strides})
        self.up = nn.ModuleList(bilinear_up(classes, a // b) for a, b in pairwise(self.strides))
        self.expects(letterbox_of(backbone.input_channels))

    def scores(self, images: Tensor) -> Tensor:
        """Images whose sides are multiples -> scores."""
        maps = self.backbone.features(images)
        x, *finer = (score(maps[int(stride)]) for stride, score in self.score.items())
        for up, own in zip(self.up, finer, strict=True):
            x = of_size(up(x), (own.shape[-2], own.shape[-1])) + own
        return F.interpolate(x, size=images.shape[-2:], mode="bilinear")


def zero_score(channels: int, classes: int) -> nn.Conv2d:
    """A 1x1 convolution that begins with zeros."""
    made = nn.Conv2d(channels, classes, 1)
    nn.init.zeros_(made.weight)
    if made.bias is not None:
        nn.init.zeros_(made.bias)
    return made


def bilinear_up(classes: int, factor: int, *, cropped: bool = True) -> nn.ConvTranspose2d:
    """A transposed convolution that begins as bilinear interpolation of each class for itself.

    Args:
        classes: K.
        factor: by which it enlarges; a filter has twice as many pixels along a side.
        cropped: whether the margin is cut off that lies beyond the map, half a factor on every side.
    """
    padding = factor // 2 if cropped else 0
    made = nn.ConvTranspose2d(classes, classes, 2 * factor, factor, padding, bias=False)
    with torch.no_grad():
        made.weight.zero_()
        made.weight[range(classes), range(classes)] = bilinear_filter(factor).to(made.weight)
    return made


def bilinear_filter(factor: int) -> Tensor:
    """float32 (2 factor, 2 factor): what a number adds to the pixels around it in bilinear interpolation.

    >>> (16 * bilinear_filter(2)[0]).tolist()
    [1.0, 3.0, 3.0, 1.0]
    """
    places = torch.arange(2 * factor, device="cpu") - (factor - 0.5)
    along = 1 - places.abs() / factor
    return torch.outer(along, along)
