"""SSD: default boxes of several shapes at every cell of maps that become ever coarser.

Liu, Anguelov, Erhan, Szegedy, Reed, Fu, Berg 2016, figure 2. https://arxiv.org/abs/1512.02325

    image 300x300 --> VGG-16 to conv4_3 --> conv5, fc6, fc7 --> conv8 --> conv9 --> conv10 --> conv11
                          |                    |                 |         |         |          |
    maps                38x38 (norm)         19x19             10x10      5x5       3x3        1x1
    boxes of a cell       4                    6                 6         6         4          4       8,732

fc6 and fc7 of VGG become a dilated 3x3 and a 1x1 convolution. conv4_3 has larger numbers than the other maps:
each of its positions is normalized to length 20 (a length that is learned for every channel). With another
backbone the maps are those of its last strides, and extra maps of half the side each.
"""

from collections.abc import Sequence

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from striate.backbones.vgg import VGG
from striate.data.preprocess import Preprocess
from striate.errors import SettingError
from striate.layers.backbone import Backbone
from striate.layers.conv_norm import conv_norm
from striate.layers.sequence import sequence
from striate.ops import default_scales
from striate.tasks.detection.networks.one_stage import OneStage, softmax_scores
from striate.tasks.detection.networks.yolo_v2 import letterboxed
from striate.tasks.detection.parts.coders import OffsetCoder
from striate.tasks.detection.parts.dense_head import DenseHead, plain_predictor
from striate.tasks.detection.parts.features import Features
from striate.tasks.detection.parts.finish import Finish
from striate.tasks.detection.parts.priors import DefaultBoxes
from striate.tasks.detection.parts.ssd_loss import SsdLoss

RATIOS = ((2,), (2, 3), (2, 3), (2, 3), (2,), (2,))
SCALES = (0.07, 0.15, 0.33, 0.51, 0.69, 0.87, 1.05)
STEPS = (8, 16, 32, 64, 100, 300)
"""Of SSD300, as torchvision and the authors' code have them."""

CHANNELS = (512, 1024, 512, 256, 256, 256)
EXTRAS = ((1024, 256, 512, 2), (512, 128, 256, 2), (256, 128, 256, 1), (256, 128, 256, 1))
"""Channels in, inside and out, and the stride, of conv8 to conv11; those of stride 1 are not padded."""

FINISH = Finish(score_threshold=0.01, iou_threshold=0.45, top_k=200, candidates=400)
VGG_MEAN = (0.48235, 0.45882, 0.40784)
"""Of the pixels that VGG was trained on; it saw them from -124 to 152, not divided by their deviation."""

LENGTH = 20.0
"""Section 3.1: to which conv4_3 is normalized."""

FINEST, SMALLEST, LARGEST = 8, 0.08, 0.6
"""Stride of the finest map that SSD on any backbone reads, and scales of its first and its last map."""

WIDTH, MAPS = 128, 5


class VggFeatures(Features):
    """Six maps of VGG-16.

    Args:
        in_channels: C of the images.
    """

    def __init__(self, in_channels: int = 3) -> None:
        super().__init__()
        backbone = VGG(16, classes=1, in_channels=in_channels)
        backbone.head = nn.Sequential()
        backbone.stages = backbone.stages[:-1]  # without the last pooling
        pool3 = backbone.stages[2].get_submodule("pool3")
        assert isinstance(pool3, nn.MaxPool2d)
        pool3.ceil_mode = True  # 75 becomes 38, as in the paper
        self.backbone = backbone
        self.length = nn.Parameter(torch.full((CHANNELS[0],), LENGTH))
        self.fc6 = nn.Conv2d(512, 1024, 3, padding=6, dilation=6)
        self.fc7 = nn.Conv2d(1024, 1024, 1)
        self.extra = nn.ModuleList(
            sequence(
                reduce=nn.Conv2d(before, inside, 1),
                relu1=nn.ReLU(),
                widen=nn.Conv2d(inside, after, 3, stride, padding=stride - 1),
                relu2=nn.ReLU(),
            )
            for before, inside, after, stride in EXTRAS
        )
        for module in (self.fc6, self.fc7, *self.extra.modules()):
            draw_evenly(module)

    def forward(self, images: Tensor) -> list[Tensor]:
        """Images -> maps."""
        x = self.backbone.stem(images)
        for stage in self.backbone.stages[:3]:
            x = stage(x)
        maps = [self.length[:, None, None] * F.normalize(x)]
        x = F.max_pool2d(self.backbone.stages[3](x), 3, stride=1, padding=1)
        x = F.relu(self.fc7(F.relu(self.fc6(x))))
        maps.append(x)
        for part in self.extra:
            x = part(x)
            maps.append(x)
        return maps


class LadderFeatures(Features):
    """Maps of any backbone from stride 8 on, each of them smoothed, and extra maps of half the side each.

    Args:
        backbone: its last layers are taken away.
        maps: how many in all.
        width: channels of each map.

    Raises:
        SettingError: the backbone has more maps than that.
    """

    def __init__(self, backbone: Backbone, maps: int, width: int) -> None:
        super().__init__()
        channels = {one: count for one, count in backbone.channels.items() if one >= FINEST}
        channels = channels or {max(backbone.channels): backbone.channels[max(backbone.channels)]}
        if maps < len(channels):
            raise SettingError(f"maps is {maps}", f"{len(channels)} or more", f"maps={len(channels)}")
        backbone.head = nn.Sequential()
        self.backbone, self.strides = backbone, sorted(channels, reverse=True)
        self.lateral = nn.ModuleList(
            conv_norm(channels[one], width, 1, activation=None) for one in self.strides
        )
        self.smooth = nn.ModuleList(conv_norm(width, width, 3) for _ in self.strides)
        self.extra = nn.ModuleList(conv_norm(width, width, 3, 2) for _ in range(maps - len(channels)))

    def forward(self, images: Tensor) -> list[Tensor]:
        """Images -> maps; deeper maps are added to finer ones, so that small objects are recognised too."""
        found, maps = self.backbone.features(images), list[Tensor]()
        merged: Tensor | None = None
        for stride, lateral, smooth in zip(self.strides, self.lateral, self.smooth, strict=True):
            own: Tensor = lateral(found[stride])
            merged = own if merged is None else own + F.interpolate(merged, size=own.shape[-2:])
            maps.insert(0, smooth(F.relu(merged)))
        for part in self.extra:
            maps.append(part(maps[-1]))
        return maps


def ssd_of(
    features: Features,
    channels: Sequence[int],
    priors: DefaultBoxes,
    classes: int,
    *,
    usual: Preprocess,
    finish: Finish = FINISH,
) -> OneStage:
    """SSD on some maps.

    Args:
        features: images -> maps.
        channels: of each map.
        priors: of each map.
        classes: K.
        usual: what it expects of a picture.
        finish: what is kept of the candidates.
    """
    head = DenseHead(channels, priors.each, 1 + classes, plain_predictor)
    for module in head.modules():
        draw_evenly(module)
    coder = OffsetCoder()
    return OneStage(features, head, priors, coder, SsdLoss(coder), softmax_scores, finish=finish, usual=usual)


def ssd300_vgg16_network(classes: int, in_channels: int = 3) -> OneStage:
    """SSD300 as torchvision has it, for images of 300x300."""
    mean = VGG_MEAN if in_channels == 3 else (0.5,) * in_channels
    usual = Preprocess((300, 300), in_channels, mean, (1 / 255,) * in_channels, resize_mode="stretch")
    priors = DefaultBoxes(RATIOS, SCALES, STEPS)
    network = ssd_of(VggFeatures(in_channels), CHANNELS, priors, classes, usual=usual)
    network.least_side, network.most_side = usual.size[0], usual.size[0]
    return network


def ssd_network(backbone: Backbone, classes: int, *, maps: int = MAPS, width: int = WIDTH) -> OneStage:
    """SSD on any backbone.

    Args:
        backbone: its last layers are taken away.
        classes: K.
        maps: that are looked at.
        width: channels of each.

    Raises:
        SettingError: the backbone has more maps than that.
    """
    ratios = [(2, 3) if number else (2,) for number in range(maps)]
    priors = DefaultBoxes(ratios, default_scales(maps, SMALLEST, LARGEST))
    features = LadderFeatures(backbone, maps, width)
    usual = letterboxed(320, backbone.input_channels)
    return ssd_of(features, [width] * maps, priors, classes, usual=usual)


def draw_evenly(module: nn.Module) -> None:
    """First weights of a convolution by Glorot's rule, biases 0, as the authors' code has them."""
    if isinstance(module, nn.Conv2d):
        nn.init.xavier_uniform_(module.weight)
        if module.bias is not None:
            nn.init.zeros_(module.bias)
