"""Fast R-CNN: one pass over the image, and every proposal is pooled from its map.

Girshick 2015, figure 1. https://arxiv.org/abs/1504.08083

    image --> backbone --> map --RoI pool 7x7--> fc6, fc7 --> class, box
    selective search --> proposals ---^

Two losses: ``class`` and ``box``.
"""

from striate.tasks.detection.networks.faster_rcnn import BINS, FINISH, HIDDEN, SAMPLER, MapFeatures
from striate.tasks.detection.networks.two_stage import TwoStage
from striate.tasks.detection.networks.yolo_v2 import SIDE, letterboxed
from striate.tasks.detection.parts.first_stage import FirstStage
from striate.tasks.detection.parts.region_head import ClassAndBox, two_layers
from striate.tasks.detection.parts.region_pool import RoiPool


def fast_rcnn_network(features: MapFeatures, first: FirstStage, classes: int, *, width: int) -> TwoStage:
    """Fast R-CNN on any backbone.

    Args:
        features: images -> one map.
        first: proposes regions.
        classes: K.
        width: channels of the map.
    """
    return TwoStage(
        features,
        first,
        RoiPool(features.strides, BINS, "max"),
        ClassAndBox(two_layers(width, BINS, HIDDEN), HIDDEN, classes),
        finish=FINISH,
        usual=letterboxed(SIDE, features.backbone.input_channels),
        sampler=SAMPLER,
    )
