"""DenseCap: a network finds regions and writes a sentence about each, trained as one.

Johnson, Karpathy, Fei-Fei 2016, figure 2. https://arxiv.org/abs/1511.07571

    images --> backbone --> maps --> region proposal network --> regions --> fc6, fc7 --> code
                              `--- bilinear sampling at the regions ---^                    |
                                                  objectness, box  <------------------------+
                                    LSTM: code, START, words  -->  words, END  <------------'

Five losses, weighted as in the paper: ``objectness`` .1 and ``proposal_box`` .05 of the proposals; ``class``,
which is the objectness of a region, .1 and ``box`` .1; ``caption`` 1. Regions are sampled once a bin, with
gradients to the maps and to the corners of the proposals. Not as in the paper: any backbone, a feature
pyramid, anchors fitted to the data; in a prediction the code is that of the final box.
"""

from torch import nn

from striate.layers.norms import Norm, with_norm
from striate.tasks.captioning.caption_branch import NAME, CaptionBranch
from striate.tasks.captioning.caption_finish import CaptionFinish
from striate.tasks.detection.networks.faster_rcnn import BINS, SAMPLER, MapFeatures, PyramidFeatures
from striate.tasks.detection.networks.two_stage import TwoStage
from striate.tasks.detection.networks.yolo_v2 import SIDE, letterboxed
from striate.tasks.detection.parts.bilinear_pool import BilinearPool
from striate.tasks.detection.parts.first_stage import FirstStage
from striate.tasks.detection.parts.region_head import ClassAndBox, two_layers

FINISH = CaptionFinish(score_threshold=0.05, iou_threshold=0.3, top_k=100, candidates=1000, least_side=1.0)
"""Suppression above IoU 0.3, section 3.2."""

WEIGHTS = {"objectness": 0.1, "proposal_box": 0.05, "class": 0.1, "box": 0.1, "caption": 1.0}
"""Of the losses, section 3.4 and the authors' train_opts.lua."""


def densecap_network(
    features: PyramidFeatures | MapFeatures,
    first: FirstStage,
    classes: int,
    *,
    width: int,
    code: int,
    language: int,
    caption_weight: float = 1.0,
    norm: Norm = "batch",
) -> TwoStage:
    """DenseCap on any backbone.

    Args:
        features: images -> maps.
        first: proposes regions.
        classes: K, 1 of data for captions: a region.
        width: channels of each map.
        code: numbers of the code of a region; 4,096 in the paper.
        language: width of the language model; 512 in the paper.
        caption_weight: of the caption loss, times that of the paper.
        norm: ``frozen`` or ``group`` for batches of one or two pictures.

    Raises:
        SettingError: there is no such norm.
    """
    with_norm(features, norm)
    body, strides = _body(width, code), features.strides
    return TwoStage(
        features,
        first,
        BilinearPool(strides, BINS),
        ClassAndBox(body, code, classes),
        finish=FINISH,
        usual=letterboxed(SIDE, features.backbone.input_channels),
        sampler=SAMPLER,
        branches={NAME: CaptionBranch(BilinearPool(strides, BINS), body, code, language, caption_weight)},
    )


def _body(width: int, code: int) -> nn.Module:
    """Pooled regions -> codes as large as the maps: a language model learns little of small ones."""
    body = two_layers(width, BINS, code)
    for layer in body.modules():
        if isinstance(layer, nn.Linear):
            nn.init.kaiming_normal_(layer.weight, nonlinearity="relu")
            nn.init.zeros_(layer.bias)
    return body
