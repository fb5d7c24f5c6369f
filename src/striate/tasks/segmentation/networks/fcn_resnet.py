"""FCN on a dilated ResNet, as torchvision has it and publishes its weights.

Long, Shelhamer, Darrell 2015, https://arxiv.org/abs/1411.4038, on the dilated ResNet of Chen, Papandreou,
Schroff, Adam 2017, section 3.1, https://arxiv.org/abs/1706.05587.

    image --> ResNet, stages 3 and 4 with stride 1 and dilation 2 and 4 --> stride 8, 2048 channels
          --> 3x3, 512 channels, norm, ReLU --> dropout --> 1x1 --> scores, enlarged 8 times

A dilated filter leaves out pixels between its weights: it sees as much as it did on a map of half the side,
and the map keeps its side.
"""

from typing import final

from torch import Tensor, nn
from torch.nn import functional as F

from striate.backbones.resnet import bottleneck_resnet
from striate.data.preprocess import Preprocess
from striate.layers.backbone import Backbone
from striate.layers.sequence import sequence
from striate.tasks.segmentation.networks.segmentation_network import SegmentationNetwork, letterbox_of

SIDE, DROPOUT = 520, 0.1
MEAN, STD = (0.485, 0.456, 0.406), (0.229, 0.224, 0.225)
"""Of the pixels that the published weights were trained on."""


@final
class FcnResNet(SegmentationNetwork):
    """(N, in_channels, H, W), of any size -> scores (N, classes, H, W).

    Args:
        backbone: a ResNet; its last layers are taken away.
        classes: K.
    """

    multiple = 1

    def __init__(self, backbone: Backbone, classes: int) -> None:
        super().__init__()
        deepest = max(backbone.channels)
        channels = backbone.channels[deepest]
        backbone.head = nn.Sequential()
        self.backbone = dilated(backbone)
        self.head = sequence(
            conv=nn.Conv2d(channels, channels // 4, 3, padding=1, bias=False),
            norm=nn.BatchNorm2d(channels // 4),
            relu=nn.ReLU(),
            drop=nn.Dropout(DROPOUT),
            score=nn.Conv2d(channels // 4, classes, 1),
        )
        usual = Preprocess((SIDE, SIDE), 3, MEAN, STD, resize_mode="letterbox")
        self.expects(usual if backbone.input_channels == 3 else letterbox_of(backbone.input_channels, SIDE))

    def scores(self, images: Tensor) -> Tensor:
        """Images -> scores."""
        maps = self.backbone.stages(self.backbone.stem(images))
        return F.interpolate(self.head(maps), size=images.shape[-2:], mode="bilinear")


def dilated(backbone: Backbone) -> Backbone:
    """A ResNet whose last two stages keep the map's side: dilation in the place of stride.

    The first block of a stage sees as far as the one before it did, the others twice as far.
    """
    dilation = 1
    for stage in list(backbone.stages)[-2:]:
        for part in stage.modules():
            if isinstance(part, nn.Conv2d):
                if part.kernel_size == (3, 3):
                    part.dilation = part.padding = (dilation, dilation)
                if part.stride != (1, 1):
                    part.stride = (1, 1)
                    strided = part.kernel_size == (3, 3)
                    dilation = 2 * dilation if strided else dilation
    backbone.__dict__.pop("strides", None)  # measured before, for maps that are larger now
    return backbone


def fcn_resnet50_network(classes: int, in_channels: int = 3) -> SegmentationNetwork:
    """FCN on ResNet-50."""
    return FcnResNet(bottleneck_resnet(50, classes=1, in_channels=in_channels), classes)


def fcn_resnet101_network(classes: int, in_channels: int = 3) -> SegmentationNetwork:
    """FCN on ResNet-101."""
    return FcnResNet(bottleneck_resnet(101, classes=1, in_channels=in_channels), classes)
