"""Faster R-CNN, Mask R-CNN and Keypoint R-CNN in torchvision.

ours                                  torchvision
features.backbone.stem, stages        backbone.body.conv1, layer1 ... (ResNet-50), body.0 ... (MobileNet)
features.pyramid.lateral.0.conv       backbone.fpn.inner_blocks.0.0; norm .1
features.pyramid.smooth.0.conv        backbone.fpn.layer_blocks.0.0
first.conv.0.conv                     rpn.head.conv.0.0
first.objectness, first.deltas        rpn.head.cls_logits, rpn.head.bbox_pred
head.body.fc6, fc7                    roi_heads.box_head.fc6, fc7
head.body.conv1.conv, fc (v2)         roi_heads.box_head.0.0, 5
head.scores, head.offsets             roi_heads.box_predictor.cls_score, bbox_pred
branches.masks.body.conv1.conv        roi_heads.mask_head.0.0; norm .1
branches.masks.up, scores             roi_heads.mask_predictor.conv5_mask, mask_fcn_logits
branches.joints.body.conv1            roi_heads.keypoint_head.0, the second .2, and so on
branches.joints.up                    roi_heads.keypoint_predictor.kps_score_lowres

Files from before torchvision 0.13 lack a number in the names of the pyramid and of the proposals, and
say mask_fcn1 for mask_head.0.0.
"""

import re

from striate.backbones.mobilenet_v3 import LARGE
from striate.zoo.weights.keys import resnet
from striate.zoo.weights.keys.mobilenet import torchvision_v3
from striate.zoo.weights.keys.twin import Rules, translated

BEFORE = "features.backbone."
OTHERS: Rules = (
    (r"^features\.pyramid\.lateral", "backbone.fpn.inner_blocks"),
    (r"^features\.pyramid\.smooth", "backbone.fpn.layer_blocks"),
    (r"^first\.conv\.(\d)\.conv", r"rpn.head.conv.\1.0"),
    (r"^first\.objectness", "rpn.head.cls_logits"),
    (r"^first\.deltas", "rpn.head.bbox_pred"),
    (r"^head\.body\.conv(\d)", lambda match: f"roi_heads.box_head.{int(match[1]) - 1}"),
    (r"^head\.body\.fc\.", "roi_heads.box_head.5."),
    (r"^head\.body", "roi_heads.box_head"),
    (r"^head\.scores", "roi_heads.box_predictor.cls_score"),
    (r"^head\.offsets", "roi_heads.box_predictor.bbox_pred"),
    (r"^branches\.masks\.body\.conv(\d)", lambda match: f"roi_heads.mask_head.{int(match[1]) - 1}"),
    (r"^branches\.masks\.up", "roi_heads.mask_predictor.conv5_mask"),
    (r"^branches\.masks\.scores", "roi_heads.mask_predictor.mask_fcn_logits"),
    (r"^branches\.joints\.body\.conv(\d)", lambda match: f"roi_heads.keypoint_head.{2 * int(match[1]) - 2}"),
    (r"^branches\.joints\.up", "roi_heads.keypoint_predictor.kps_score_lowres"),
    (r"\.conv\.(weight|bias)$", r".0.\1"),
    (r"\.norm\.", ".1."),
)
MOBILE = torchvision_v3(LARGE)

OLDER = (
    (re.compile(r"^(backbone\.fpn\.(?:inner|layer)_blocks\.\d)\.(weight|bias)$"), r"\1.0.\2"),
    (re.compile(r"^rpn\.head\.conv\.(weight|bias)$"), r"rpn.head.conv.0.0.\1"),
    (
        re.compile(r"^roi_heads\.mask_head\.mask_fcn(\d)\.(weight|bias)$"),
        lambda match: f"roi_heads.mask_head.{int(match[1]) - 1}.0.{match[2]}",
    ),
)
"""Names of older files, and what they are called now."""


def resnet50_key(ours: str) -> str:
    """The name of a tensor of Faster R-CNN on ResNet-50 in torchvision.

    >>> resnet50_key("features.backbone.stages.0.block1.norm1.bias"), resnet50_key("head.body.fc6.weight")
    ('backbone.body.layer1.0.bn1.bias', 'roi_heads.box_head.fc6.weight')
    """
    if ours.startswith(BEFORE):
        return "backbone.body." + translated(ours.removeprefix(BEFORE), resnet.TORCHVISION)
    return translated(ours, OTHERS)


def mobilenet_key(ours: str) -> str:
    """The name of a tensor of Faster R-CNN on MobileNet v3 large in torchvision.

    >>> mobilenet_key("features.backbone.stem.conv.weight"), mobilenet_key("first.deltas.bias")
    ('backbone.body.0.0.weight', 'rpn.head.bbox_pred.bias')
    """
    if ours.startswith(BEFORE):
        name = translated(ours.removeprefix(BEFORE), MOBILE)
        return "backbone.body." + name.removeprefix("features.")
    return translated(ours, OTHERS)


def renamed(theirs: str) -> str:
    """The name that torchvision gives a tensor now.

    >>> renamed("rpn.head.conv.bias"), renamed("rpn.head.cls_logits.bias")
    ('rpn.head.conv.0.0.bias', 'rpn.head.cls_logits.bias')
    """
    for pattern, now in OLDER:
        theirs = pattern.sub(now, theirs)
    return theirs
