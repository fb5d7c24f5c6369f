"""R-FCN: all that is learned is convolution, and regions only vote.

Dai, Li, He, Sun 2016, figure 2. https://arxiv.org/abs/1605.06409

    image --> backbone --> map --> region proposal network --> regions
                            `----> k * k * (K + 1 + 4) maps ------`--> position-sensitive pool --> mean
"""

from striate.tasks.detection.networks.faster_rcnn import FINISH, SAMPLER, MapFeatures
from striate.tasks.detection.networks.two_stage import TwoStage
from striate.tasks.detection.networks.yolo_v2 import SIDE, letterboxed
from striate.tasks.detection.parts.first_stage import FirstStage
from striate.tasks.detection.parts.position_sensitive import PositionSensitivePool, Vote


def rfcn_network(
    features: MapFeatures, first: FirstStage, classes: int, *, width: int, bins: int
) -> TwoStage:
    """R-FCN on any backbone.

    Args:
        features: images -> one map.
        first: proposes regions.
        classes: K.
        width: channels of the map.
        bins: k.
    """
    return TwoStage(
        features,
        first,
        PositionSensitivePool(width, classes, features.strides[0], bins),
        Vote(classes),
        finish=FINISH,
        usual=letterboxed(SIDE, features.backbone.input_channels),
        sampler=SAMPLER,
    )
