"""SSDLite: SSD whose predictors and extra maps are separable convolutions, on MobileNet v3.

Sandler et al. 2018, section 6.2, https://arxiv.org/abs/1801.04381; Howard et al. 2019, section 6.3 and table
6, https://arxiv.org/abs/1905.02244

    image 320x320 --> to the expansion of stage 6 --> rest, 1x1 --> four extra blocks
    maps                  20x20, 672                  10x10, 480    5x5, 512   3x3, 256   2x2, 256   1x1, 128
    boxes of a cell         6                           6             6          6          6          6

The channels of the last stage are halved (table 6, "reduced"), as in the weights that torchvision publishes.
"""

from functools import partial

from torch import Tensor, nn

from striate.backbones.mobilenet_v3 import EPSILON, LARGE, Design, MobileNetV3
from striate.data.preprocess import Preprocess
from striate.layers.conv_norm import conv_norm
from striate.layers.inverted_bottleneck import InvertedBottleneck
from striate.layers.sequence import sequence
from striate.ops import default_scales
from striate.tasks.detection.networks.one_stage import OneStage, softmax_scores
from striate.tasks.detection.parts.coders import OffsetCoder
from striate.tasks.detection.parts.dense_head import DenseHead
from striate.tasks.detection.parts.features import Features
from striate.tasks.detection.parts.finish import Finish
from striate.tasks.detection.parts.priors import DefaultBoxes
from striate.tasks.detection.parts.ssd_loss import SsdLoss

EXTRAS = (512, 256, 256, 128)
SPREAD = 0.03
"""Standard deviation of the first weights, as in torchvision."""

FINISH = Finish(score_threshold=0.001, iou_threshold=0.55, top_k=300, candidates=300)

norm = partial(conv_norm, activation=nn.ReLU6, eps=EPSILON)


def reduced(design: Design = LARGE) -> Design:
    """The design with half the channels in its last stage and in the convolution behind it."""
    *stages, last = design.stages
    rows = [
        row._replace(channels=row.channels // 2, expanded=row.expanded // (2 if number else 1))
        for number, row in enumerate(last)
    ]
    return design._replace(stages=(*stages, tuple(rows)), widened=design.widened // 2)


class MobileFeatures(Features):
    """Six maps of MobileNet v3.

    Args:
        in_channels: C of the images.
    """

    def __init__(self, in_channels: int = 3) -> None:
        super().__init__()
        design = reduced()
        backbone = MobileNetV3(design, classes=1, in_channels=in_channels)
        widen = backbone.head[0]
        backbone.head = sequence(widen=widen)
        self.backbone = backbone
        first = design.stages[-1][0]
        widths = (design.widened, *EXTRAS)
        self.channels = (first.expanded, *widths)
        self.extra = nn.ModuleList(
            sequence(
                reduce=norm(before, after // 2, 1),
                depthwise=norm(after // 2, after // 2, 3, 2, groups=after // 2),
                widen=norm(after // 2, after, 1),
            )
            for before, after in zip(widths, EXTRAS, strict=False)
        )
        self.extra.apply(draw_narrowly)

    def forward(self, images: Tensor) -> list[Tensor]:
        """Images -> maps."""
        *stages, last = self.backbone.stages
        x = self.backbone.stem(images)
        for stage in stages:
            x = stage(x)
        assert isinstance(last, nn.Sequential)
        block, *others = last
        assert isinstance(block, InvertedBottleneck)
        x = block.expand(x)
        maps = [x]
        x = block.project(block.squeeze(block.depthwise(x)))
        for one in others:
            x = one(x)
        x = self.backbone.head(x)
        maps.append(x)
        for part in self.extra:
            x = part(x)
            maps.append(x)
        return maps


def separable_predictor(in_channels: int, channels: int) -> nn.Module:
    """A depthwise 3x3 convolution and a 1x1 one."""
    return sequence(
        depthwise=norm(in_channels, in_channels, 3, groups=in_channels),
        point=nn.Conv2d(in_channels, channels, 1),
    )


def ssdlite320_network(classes: int, in_channels: int = 3) -> OneStage:
    """SSDLite320 on MobileNet v3 large, as torchvision has it, for images of 320x320."""
    features = MobileFeatures(in_channels)
    priors = DefaultBoxes(((2, 3),) * 6, default_scales(6, 0.2, 0.95))
    head = DenseHead(features.channels, priors.each, 1 + classes, separable_predictor)
    head.apply(draw_narrowly)
    half = (0.5,) * in_channels
    usual = Preprocess((320, 320), in_channels, half, half, resize_mode="stretch")
    coder = OffsetCoder()
    network = OneStage(
        features, head, priors, coder, SsdLoss(coder), softmax_scores, finish=FINISH, usual=usual
    )
    network.least_side, network.most_side = usual.size[0], usual.size[0]
    return network


def draw_narrowly(module: nn.Module) -> None:
    """First weights of a convolution from a narrow normal distribution, biases 0."""
    if isinstance(module, nn.Conv2d):
        nn.init.normal_(module.weight, std=SPREAD)
        if module.bias is not None:
            nn.init.zeros_(module.bias)
