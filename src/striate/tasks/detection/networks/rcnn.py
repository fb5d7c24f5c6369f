"""R-CNN: every proposal is cut out, warped and seen by a whole network.

Girshick, Donahue, Darrell, Malik 2014, figure 1. https://arxiv.org/abs/1311.2524

    image, selective search --> 1,000 crops --> backbone, each --> a support vector machine for each class
                                                                  `--> ridge regression of the box

Its training has stages: the network learns to tell the crops apart; then the features of all proposals are
written to files, and the machines and the regression are fitted to them.
"""

from torch import Tensor, nn

from striate.layers.backbone import Backbone
from striate.tasks.detection.networks.faster_rcnn import SAMPLER
from striate.tasks.detection.networks.two_stage import TwoStage
from striate.tasks.detection.networks.yolo_v2 import SIDE, letterboxed
from striate.tasks.detection.parts.features import Features
from striate.tasks.detection.parts.finish import Finish
from striate.tasks.detection.parts.first_stage import FirstStage
from striate.tasks.detection.parts.machines_and_ridge import MachinesAndRidge
from striate.tasks.detection.parts.warped_crops import CropEmbedding

FINISH = Finish(score_threshold=0.3, iou_threshold=0.3, top_k=300, candidates=1000, least_side=0.01)
"""The sigmoid of a margin of -0.85 and more; the suppression of the paper."""


class Pixels(Features):
    """The images themselves are the only map; the backbone sees crops of them, see ``CropEmbedding``."""

    strides = (1,)

    @property
    def least_side(self) -> int:
        """A crop is made of any image."""
        return 1

    def forward(self, images: Tensor) -> list[Tensor]:
        """Images -> images."""
        return [images]


def rcnn_network(backbone: Backbone, first: FirstStage, classes: int, *, crop: int) -> TwoStage:
    """R-CNN with any backbone that ends in a linear layer.

    Args:
        backbone: sees the crops.
        first: proposes regions.
        classes: K.
        crop: side of the crops, pixels.

    Raises:
        SettingError: the backbone cannot see such crops.
    """
    pool = CropEmbedding(backbone, crop)
    return TwoStage(
        Pixels(),
        first,
        pool,
        MachinesAndRidge(nn.Flatten(), pool.width, classes),
        finish=FINISH,
        usual=letterboxed(SIDE, backbone.input_channels),
        sampler=SAMPLER,
    )
