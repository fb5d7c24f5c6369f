"""Faster R-CNN: a network proposes regions, and a second look at the same maps says what they are.

Ren, He, Girshick, Sun 2015, figure 2. https://arxiv.org/abs/1506.01497
With a feature pyramid: Lin et al. 2017, section 4. https://arxiv.org/abs/1612.03144

    images --> backbone --> maps --> region proposal network --> RoI align 7x7 --> fc6, fc7 --> class, box
                             |                                      ^
                             `--------------------------------------'

Four losses: ``objectness`` and ``proposal_box`` of the proposals, ``class`` and ``box`` of the regions. Not
as in the papers: the sizes of the anchors are fitted to the data, and fewer regions are drawn for a step.
"""

from collections.abc import Sequence

from torch import Tensor, nn

from striate.errors import SettingError
from striate.layers.backbone import Backbone
from striate.layers.conv_norm import conv_norm
from striate.layers.feature_pyramid import FeaturePyramid
from striate.layers.norms import Norm, with_norm
from striate.tasks.detection.networks.two_stage import TwoStage
from striate.tasks.detection.networks.yolo_v2 import LARGEST, SIDE, SMALLEST, letterboxed
from striate.tasks.detection.parts.features import Features, require_map
from striate.tasks.detection.parts.finish import Finish
from striate.tasks.detection.parts.first_stage import FirstStage
from striate.tasks.detection.parts.region_anchors import FittedAnchors
from striate.tasks.detection.parts.region_head import ClassAndBox, two_layers
from striate.tasks.detection.parts.region_pool import RoiPool
from striate.tasks.detection.parts.region_sampling import RegionSampler
from striate.tasks.detection.parts.rpn import Kept, RegionProposals

FINEST, SINGLE = 8, 16
"""Stride of the finest map of a pyramid, as small objects, and many side by side, need small cells; and of
the one map without a pyramid, as in the paper."""

FINISH = Finish(score_threshold=0.05, iou_threshold=0.5, top_k=300, candidates=1000, least_side=0.01)
SAMPLER = RegionSampler(128, 0.25, high=0.5, low=0.5, append_truth=True)
"""Of the second stage: as many as of one image in Fast R-CNN."""

HIDDEN, BINS = 256, 7


class PyramidFeatures(Features):
    """The maps of a backbone from some stride on, with those of deeper layers added.

    Args:
        backbone: its last layers are taken away.
        finest: stride of the first map, pixels; the largest of a backbone that has no such map.
        width: channels of each map.
    """

    def __init__(self, backbone: Backbone, finest: int, width: int) -> None:
        super().__init__()
        channels = {one: count for one, count in backbone.channels.items() if one >= finest}
        channels = channels or {max(backbone.channels): backbone.channels[max(backbone.channels)]}
        backbone.head = nn.Sequential()
        self.backbone, self.strides = backbone, tuple(sorted(channels))
        self.pyramid = FeaturePyramid([channels[one] for one in self.strides], width, normed=True)

    def forward(self, images: Tensor) -> list[Tensor]:
        """Images -> maps."""
        found = self.backbone.features(images)
        maps: list[Tensor] = self.pyramid([found[one] for one in self.strides])
        return maps


class MapFeatures(Features):
    """The last map of a stride, in fewer channels; what is behind it in the backbone is taken away.

    Args:
        backbone: is cut.
        stride: of the map, pixels.
        width: channels of the map.

    Raises:
        SettingError: the backbone has no map of that stride.
    """

    def __init__(self, backbone: Backbone, stride: int, width: int) -> None:
        super().__init__()
        require_map(backbone, stride)
        channels = backbone.channels
        last = max(number for number, one in enumerate(backbone.strides) if one == stride)
        backbone.head, backbone.stages = nn.Sequential(), backbone.stages[:last]
        del backbone.strides  # they are measured anew
        self.backbone, self.strides = backbone, (stride,)
        self.narrow = conv_norm(channels[stride], width, 1)

    def forward(self, images: Tensor) -> list[Tensor]:
        """Images -> the map."""
        return [self.narrow(self.backbone.stages(self.backbone.stem(images)))]


def faster_rcnn_network(
    features: PyramidFeatures | MapFeatures,
    first: FirstStage,
    classes: int,
    *,
    width: int,
    norm: Norm = "batch",
) -> TwoStage:
    """Faster R-CNN on any backbone.

    Args:
        features: images -> maps.
        first: proposes regions.
        classes: K.
        width: channels of each map.
        norm: ``frozen`` or ``group`` for batches of one or two pictures.

    Raises:
        SettingError: there is no such norm.
    """
    with_norm(features, norm)
    return TwoStage(
        features,
        first,
        RoiPool(features.strides, BINS),
        ClassAndBox(two_layers(width, BINS, HIDDEN), HIDDEN, classes),
        finish=FINISH,
        usual=letterboxed(SIDE, features.backbone.input_channels),
        sampler=SAMPLER,
    )


def learned_proposals(width: int, *, maps: int, anchors: int, proposals: int) -> RegionProposals:
    """A region proposal network whose anchors are fitted to the data.

    Args:
        width: channels of each map.
        maps: that it looks at.
        anchors: of a cell.
        proposals: of an image at most that a prediction looks at twice.

    Raises:
        SettingError: there are no anchors.
    """
    if anchors < 1:
        raise SettingError(f"anchors is {anchors}", "1 or more", "leave anchors out")
    return RegionProposals(
        width,
        FittedAnchors(first_sizes(maps, anchors)),
        learning=Kept(1000, 500),
        predicting=Kept(1000, proposals),
    )


def first_sizes(maps: int, each: int) -> Sequence[Sequence[tuple[float, float]]]:
    """Anchors before any data were seen: squares, evenly in size, the smallest for the first map.

    >>> first_sizes(2, 1)
    [[(25.6, 25.6)], [(192.0, 192.0)]]
    """
    growth = (LARGEST / SMALLEST) ** (1 / max(maps * each - 1, 1))
    sides = [round(SIDE * SMALLEST * growth**number, 1) for number in range(maps * each)]
    return [[(side, side) for side in sides[first : first + each]] for first in range(0, len(sides), each)]
