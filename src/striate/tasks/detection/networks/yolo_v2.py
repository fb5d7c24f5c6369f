"""YOLO with anchors, on any backbone: every cell of one map looks for objects of a few typical sizes.

Redmon, Farhadi 2017, https://arxiv.org/abs/1612.08242

    images --> backbone --> maps, merged --> 3x3 convs --> 1x1 --> raw
                                            for every anchor: object, K classes, tx, ty, tw, th

Sizes of the anchors: k-means of the training data's boxes with the distance 1 - IoU. Not as in the paper:
an object is learned by the neighbouring cells too (``reach``), boxes are learned by GIoU, and deeper maps are
added to the one that is read, in the place of the passthrough layer.
"""

import math

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from striate.data.preprocess import Preprocess
from striate.errors import SettingError
from striate.layers.backbone import Backbone
from striate.layers.conv_norm import conv_norm
from striate.tasks.detection.networks.one_stage import OneStage, object_scores
from striate.tasks.detection.parts.coders import CellCoder
from striate.tasks.detection.parts.dense_head import DenseHead, pixel_predictor
from striate.tasks.detection.parts.features import Features, require_map
from striate.tasks.detection.parts.finish import Finish
from striate.tasks.detection.parts.priors import AnchorGrid
from striate.tasks.detection.parts.yolo_loss import YoloLoss

REACH = 2.0
"""Cells over which a centre can be moved: half a cell beyond its own on every side."""

RARE = 0.01
"""Share of anchors that learn an object, about: the first scores say so, else the others would hide them."""

CELL = 8
"""Pixels of a cell when nobody says: small objects, and many side by side, need small cells."""

SIDE = 320
SMALLEST, LARGEST = 0.08, 0.6
"""Anchors before any data were seen: squares of such shares of the side, evenly in size."""

FINISH = Finish(score_threshold=0.05, iou_threshold=0.5, top_k=300)


class MergedFeatures(Features):
    """One map of a stride, to which the deeper ones were added.

    Args:
        backbone: its last layers are taken away.
        stride: of the map, pixels.
        width: channels of the map.

    Raises:
        SettingError: the backbone has no map of that stride.
    """

    def __init__(self, backbone: Backbone, stride: int, width: int) -> None:
        super().__init__()
        channels = {one: count for one, count in backbone.channels.items() if one >= stride}
        require_map(backbone, stride)
        backbone.head = nn.Sequential()
        self.backbone, self.strides = backbone, sorted(channels, reverse=True)
        self.lateral = nn.ModuleList(
            conv_norm(channels[one], width, 1, activation=None) for one in self.strides
        )
        self.mix = nn.Sequential(conv_norm(width, width, 3), conv_norm(width, width, 3))

    def forward(self, images: Tensor) -> list[Tensor]:
        """Images -> the map."""
        maps = self.backbone.features(images)
        merged = self.lateral[0](maps[self.strides[0]])
        for stride, lateral in zip(self.strides[1:], self.lateral[1:], strict=True):
            own: Tensor = lateral(maps[stride])
            merged = own + F.interpolate(merged, size=own.shape[-2:])
        return [self.mix(F.relu(merged))]


def yolo_network(
    backbone: Backbone, classes: int, *, stride: int | None = None, anchors: int = 5, width: int = 96
) -> OneStage:
    """YOLO on a backbone.

    Args:
        backbone: its last layers are taken away.
        classes: K.
        stride: pixels of a cell; None for 8, or the largest of a backbone that has no such map.
        anchors: of a cell.
        width: channels of the map that is read.

    Raises:
        SettingError: there are no anchors, or the backbone has no map of that stride.
    """
    if anchors < 1:
        raise SettingError(f"anchors is {anchors}", "1 or more", "anchors=5")
    cell = stride or (CELL if CELL in backbone.channels else max(backbone.channels))
    growth = (LARGEST / SMALLEST) ** (1 / max(anchors - 1, 1))
    sides = [SIDE * SMALLEST * growth**number for number in range(anchors)]
    head = DenseHead((width,), (anchors,), 1 + classes, pixel_predictor)
    expect_few(head, 1 + classes)
    coder = CellCoder(REACH)
    return OneStage(
        MergedFeatures(backbone, cell, width),
        head,
        AnchorGrid([(side, side) for side in sides]),
        coder,
        YoloLoss(coder),
        object_scores,
        finish=FINISH,
        usual=letterboxed(SIDE, backbone.input_channels),
    )


@torch.no_grad()
def expect_few(head: DenseHead, scores: int) -> None:
    """Let the scores begin by saying that objects are rare."""
    for part in head.scores:
        assert isinstance(part, nn.Conv2d)
        assert part.bias is not None
        part.bias.view(-1, scores)[:, 0] = -math.log((1 - RARE) / RARE)


def letterboxed(side: int, channels: int) -> Preprocess:
    """The whole picture in the middle of a square image, pixels from -1 to 1."""
    half = (0.5,) * channels
    return Preprocess((side, side), channels, half, half, resize_mode="letterbox")
