"""R-FCN: all that is learned is convolution, and regions only vote.

Dai, Li, He, Sun 2016, figure 2. https://arxiv.org/abs/1605.06409

    image --> backbone --> map --> region proposal network --> regions
                            `----> k * k * (K + 1 + 4) maps ------`--> position-sensitive pool --> mean
"""

from striate.tasks.detection.networks.faster_rcnn import FINISH, SAMPLER, MapFeatures, first_sizes
from striate.tasks.detection.networks.two_stage import TwoStage
from striate.tasks.detection.networks.yolo_v2 import SIDE, letterboxed
from striate.tasks.detection.parts.position_sensitive import PositionSensitivePool, Vote
from striate.tasks.detection.parts.region_anchors import FittedAnchors
from striate.tasks.detection.parts.rpn import Kept, RegionProposals


def rfcn_network(
    features: MapFeatures, classes: int, *, width: int, bins: int, anchors: int, proposals: int
) -> TwoStage:
    """R-FCN on any backbone.

    Args:
        features: images -> one map.
        classes: K.
        width: channels of the map.
        bins: k.
        anchors: of a cell.
        proposals: of an image at most that a prediction looks at twice.
    """
    return TwoStage(
        features,
        RegionProposals(
            width,
            FittedAnchors(first_sizes(1, anchors)),
            learning=Kept(1000, 500),
            predicting=Kept(1000, proposals),
        ),
        PositionSensitivePool(width, classes, features.strides[0], bins),
        Vote(classes),
        finish=FINISH,
        usual=letterboxed(SIDE, features.backbone.input_channels),
        sampler=SAMPLER,
    )
