"""SPPnet: one pass over the image, and a pyramid of bins of every proposal.

He, Zhang, Ren, Sun 2014, figure 5. https://arxiv.org/abs/1406.4729

    image --> backbone --> map --4x4, 2x2, 1x1 bins--> fc6, fc7 --> a support vector machine for each class
    selective search --> proposals ---^                        `--> ridge regression of the box

Not as in the paper: the convolutions learn too, since they begin with random weights as a rule.
"""

from torch import nn

from striate.layers.sequence import sequence
from striate.tasks.detection.networks.faster_rcnn import HIDDEN, SAMPLER, MapFeatures
from striate.tasks.detection.networks.rcnn import FINISH
from striate.tasks.detection.networks.two_stage import TwoStage
from striate.tasks.detection.networks.yolo_v2 import SIDE, letterboxed
from striate.tasks.detection.parts.first_stage import FirstStage
from striate.tasks.detection.parts.machines_and_ridge import MachinesAndRidge
from striate.tasks.detection.parts.spatial_pyramid import SpatialPyramid


def sppnet_network(features: MapFeatures, first: FirstStage, classes: int, *, width: int) -> TwoStage:
    """SPPnet on any backbone.

    Args:
        features: images -> one map.
        first: proposes regions.
        classes: K.
        width: channels of the map.
    """
    pool = SpatialPyramid(features.strides[0])
    body = sequence(
        flatten=nn.Flatten(),
        fc6=nn.Linear(width * pool.each, HIDDEN),
        relu6=nn.ReLU(),
        fc7=nn.Linear(HIDDEN, HIDDEN),
        relu7=nn.ReLU(),
    )
    return TwoStage(
        features,
        first,
        pool,
        MachinesAndRidge(body, HIDDEN, classes),
        finish=FINISH,
        usual=letterboxed(SIDE, features.backbone.input_channels),
        sampler=SAMPLER,
    )
