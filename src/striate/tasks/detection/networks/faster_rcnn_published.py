"""The four Faster R-CNNs whose weights torchvision publishes.

    fasterrcnn_resnet50_fpn                ResNet-50, five maps (strides 4 to 64), anchors 32 to 512, fc6, fc7
    fasterrcnn_resnet50_fpn_v2             the same with two convolutions before the proposals, four before
                                           one fully connected layer, batch normalization in pyramid and head
                                           (Li et al. 2021, https://arxiv.org/abs/2111.11429)
    fasterrcnn_mobilenet_v3_large_fpn      MobileNet v3 large, three maps (strides 32, 32, 64)
    fasterrcnn_mobilenet_v3_large_320_fpn  the same for pictures of 320 pixels, with 150 proposals

Batch normalization is frozen unless ``norm`` says otherwise: these networks are trained with one or two large
pictures at a time.
"""

from collections.abc import Sequence
from dataclasses import replace

from torch import Tensor, nn

from striate.backbones.mobilenet_v3 import LARGE, MobileNetV3
from striate.backbones.resnet import bottleneck_resnet
from striate.data.preprocess import Preprocess
from striate.layers.feature_pyramid import FeaturePyramid
from striate.layers.norms import Norm, with_norm
from striate.layers.sequence import sequence
from striate.tasks.detection.networks.two_stage import TwoStage
from striate.tasks.detection.parts.features import Features
from striate.tasks.detection.parts.finish import Finish
from striate.tasks.detection.parts.region_anchors import PyramidAnchors
from striate.tasks.detection.parts.region_head import ClassAndBox, two_layers
from striate.tasks.detection.parts.region_pool import RoiPool
from striate.tasks.detection.parts.rpn import Kept, RegionProposals

WIDTH, HIDDEN, BINS = 256, 1024, 7
SIZES = (32.0, 64.0, 128.0, 256.0, 512.0)
FINISH = Finish(score_threshold=0.05, iou_threshold=0.5, top_k=100, candidates=1000, least_side=0.01)
MEAN, STD = (0.485, 0.456, 0.406), (0.229, 0.224, 0.225)
"""Of ImageNet's pixels."""

KEPT = Kept()
EPSILON = 1e-5
"""Of MobileNet's norms here; the classifier has 0.001."""


class ResNetPyramid(Features):
    """Five maps of ResNet-50, strides 4 to 64.

    Args:
        in_channels: C of the images.
        normed: whether the pyramid has batch normalization.
    """

    def __init__(self, in_channels: int, *, normed: bool) -> None:
        super().__init__()
        self.backbone = bottleneck_resnet(50, 1, in_channels)
        channels = list(self.backbone.channels.values())[-4:]
        self.backbone.head = nn.Sequential()
        self.pyramid = FeaturePyramid(channels, WIDTH, normed=normed, coarser=True)

    def forward(self, images: Tensor) -> list[Tensor]:
        """Images -> maps."""
        maps, x = [], self.backbone.stem(images)
        for stage in self.backbone.stages:
            x = stage(x)
            maps.append(x)
        merged: list[Tensor] = self.pyramid(maps)
        return merged


class MobilePyramid(Features):
    """Three maps of MobileNet v3 large: two of stride 32, one of 64.

    Args:
        in_channels: C of the images.
    """

    def __init__(self, in_channels: int) -> None:
        super().__init__()
        backbone = MobileNetV3(LARGE, classes=1, in_channels=in_channels)
        backbone.head = sequence(widen=backbone.head[0])
        for module in backbone.modules():
            if isinstance(module, nn.BatchNorm2d):
                module.eps = EPSILON
        self.backbone = backbone
        channels = (LARGE.stages[-1][0].channels, LARGE.widened)
        self.pyramid = FeaturePyramid(channels, WIDTH, coarser=True)

    def forward(self, images: Tensor) -> list[Tensor]:
        """Images -> maps."""
        *stages, last = self.backbone.stages
        x = self.backbone.stem(images)
        for stage in stages:
            x = stage(x)
        assert isinstance(last, nn.Sequential)
        x = first = last[0](x)
        for block in last[1:]:
            x = block(x)
        merged: list[Tensor] = self.pyramid([first, self.backbone.head(x)])
        return merged


def convolutional(channels: int, bins: int, width: int) -> nn.Module:
    """Pooled regions (R, channels, bins, bins) -> (R, width): four convolutions and one linear layer."""
    convs = {
        f"conv{number}": sequence(
            conv=nn.Conv2d(channels, channels, 3, padding=1, bias=False),
            norm=nn.BatchNorm2d(channels),
            relu=nn.ReLU(),
        )
        for number in range(1, 5)
    }
    body = sequence(**convs, flatten=nn.Flatten(), fc=nn.Linear(channels * bins**2, width), relu=nn.ReLU())
    for module in body.modules():
        if isinstance(module, nn.Conv2d):
            nn.init.kaiming_normal_(module.weight, mode="fan_out", nonlinearity="relu")
    return body


def _published(
    features: Features,
    body: nn.Module,
    classes: int,
    sizes: Sequence[Sequence[float]],
    *,
    strides: Sequence[int],
    convs: int = 1,
    predicting: Kept = KEPT,
    size: tuple[int, int] = (800, 1333),
    norm: Norm,
) -> TwoStage:
    """The parts put together."""
    channels = features.backbone.input_channels
    mean, std = (MEAN, STD) if channels == 3 else ((0.5,) * channels, (0.5,) * channels)
    usual = Preprocess(size, channels, mean, std, resize_mode="shortest")
    with_norm(features, norm)
    return TwoStage(
        features,
        RegionProposals(
            WIDTH,
            PyramidAnchors(sizes),
            convs=convs,
            learning=replace(predicting, before=2000, after=2000),
            predicting=predicting,
        ),
        RoiPool(strides, BINS),
        ClassAndBox(with_norm(body, norm), HIDDEN, classes),
        finish=FINISH,
        usual=usual,
    )


def fasterrcnn_resnet50_fpn_network(classes: int, in_channels: int = 3, *, norm: Norm = "frozen") -> TwoStage:
    """Faster R-CNN on ResNet-50 with a feature pyramid.

    Args:
        classes: K.
        in_channels: C of the images.
        norm: "frozen" batch normalization, or "batch" or "group".
    """
    body, sizes = two_layers(WIDTH, BINS, HIDDEN), [(one,) for one in SIZES]
    features = ResNetPyramid(in_channels, normed=False)
    return _published(features, body, classes, sizes, strides=(4, 8, 16, 32), norm=norm)


def fasterrcnn_resnet50_fpn_v2_network(
    classes: int, in_channels: int = 3, *, norm: Norm = "frozen"
) -> TwoStage:
    """The same with deeper heads; arguments as above."""
    body, sizes = convolutional(WIDTH, BINS, HIDDEN), [(one,) for one in SIZES]
    features = ResNetPyramid(in_channels, normed=True)
    return _published(features, body, classes, sizes, strides=(4, 8, 16, 32), convs=2, norm=norm)


def fasterrcnn_mobilenet_v3_large_fpn_network(
    classes: int, in_channels: int = 3, *, norm: Norm = "frozen"
) -> TwoStage:
    """Faster R-CNN on MobileNet v3 large; arguments as above."""
    kept, body = Kept(score_threshold=0.05), two_layers(WIDTH, BINS, HIDDEN)
    features = MobilePyramid(in_channels)
    return _published(features, body, classes, [SIZES] * 3, strides=(32,), predicting=kept, norm=norm)


def fasterrcnn_mobilenet_v3_large_320_fpn_network(
    classes: int, in_channels: int = 3, *, norm: Norm = "frozen"
) -> TwoStage:
    """The same for small pictures; arguments as above."""
    kept, body = Kept(150, 150, score_threshold=0.05), two_layers(WIDTH, BINS, HIDDEN)
    features, size = MobilePyramid(in_channels), (320, 640)
    return _published(
        features, body, classes, [SIZES] * 3, strides=(32,), predicting=kept, size=size, norm=norm
    )
