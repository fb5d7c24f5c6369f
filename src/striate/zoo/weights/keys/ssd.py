"""SSD and SSDLite in torchvision.

SSD300   ours                             torchvision
         features.backbone.stem, stages   backbone.features.0 ... 21     to conv4_3
         features.backbone.stages.3       backbone.extra.0.1, 3, 5       conv5_1 ... conv5_3
         features.length                  backbone.scale_weight
         features.fc6, fc7                backbone.extra.0.7.1, 7.3
         features.extra.0.reduce, widen   backbone.extra.1.0, 1.2
         head.scores.0, head.offsets.0    head.classification_head.module_list.0, head.regression_head...

Lite     features.backbone                backbone.features.0.0 ... 12   to block 12
         ...stages.5.0.expand             backbone.features.0.13
         the rest of that block           backbone.features.1.0.1 ... 3
         the blocks after it, head        backbone.features.1.1 ... 3
         features.extra.0.reduce          backbone.extra.0.0; depthwise 0.1, widen 0.2
         head.scores.0.depthwise, point   head.classification_head.module_list.0.0, 0.1
"""

import re

from striate.tasks.detection.networks.ssdlite import reduced
from striate.zoo.weights.keys.mobilenet import torchvision_v3
from striate.zoo.weights.keys.twin import translated
from striate.zoo.weights.keys.vgg import FEATURES

BEFORE = "features.backbone."
DEEP = 23
"""Layers of VGG-16 before its fourth pooling, with which torchvision's ``extra`` begins."""

SPLIT = 13
"""Block of MobileNet v3 in which torchvision's features are cut in two."""

HEADS = {"scores": "classification_head", "offsets": "regression_head"}
LITE = torchvision_v3(reduced())


def ssd300_key(ours: str) -> str:
    """The name of a tensor of SSD300 in torchvision.

    >>> ssd300_key("features.backbone.stages.3.conv5_1.bias"), ssd300_key("head.offsets.2.weight")
    ('backbone.extra.0.1.bias', 'head.regression_head.module_list.2.weight')
    """
    if ours.startswith(BEFORE):
        layer, kind = translated(ours.removeprefix(BEFORE), FEATURES["vgg16"]).split(".")[1:]
        number = int(layer)
        before = f"features.{number}" if number < DEEP else f"extra.0.{number - DEEP}"
        return f"backbone.{before}.{kind}"
    parts = {"length": "scale_weight", "fc6": "extra.0.7.1", "fc7": "extra.0.7.3"}
    if found := re.fullmatch(r"features\.(length|fc6|fc7)(.*)", ours):
        return f"backbone.{parts[found[1]]}{found[2]}"
    if found := re.fullmatch(r"features\.extra\.(\d)\.(reduce|widen)\.(.*)", ours):
        return f"backbone.extra.{int(found[1]) + 1}.{0 if found[2] == 'reduce' else 2}.{found[3]}"
    return _head(ours)


def ssdlite_key(ours: str) -> str:
    """The name of a tensor of SSDLite320 in torchvision.

    >>> ssdlite_key("features.backbone.stages.5.0.depthwise.conv.weight")
    'backbone.features.1.0.1.0.weight'
    """
    if ours.startswith(BEFORE):
        name = translated(ours.removeprefix(BEFORE), LITE).removeprefix("features.")
        number, rest = name.split(".", 1)
        block, after = int(number), rest.removeprefix("block.")
        if block < SPLIT:
            return f"backbone.features.0.{block}.{rest}"
        if block > SPLIT:
            return f"backbone.features.1.{block - SPLIT}.{rest}"
        first = after.startswith("0.")
        return f"backbone.features.0.{SPLIT}.{after[2:]}" if first else f"backbone.features.1.0.{after}"
    parts = {"reduce.conv": "0.0", "reduce.norm": "0.1", "depthwise.conv": "1.0", "depthwise.norm": "1.1"}
    parts |= {"widen.conv": "2.0", "widen.norm": "2.1"}
    if found := re.fullmatch(r"features\.extra\.(\d)\.(\w+\.\w+)\.(.*)", ours):
        return f"backbone.extra.{found[1]}.{parts[found[2]]}.{found[3]}"
    name = _head(ours).replace(".depthwise.conv", ".0.0").replace(".depthwise.norm", ".0.1")
    return name.replace(".point", ".1")


def _head(ours: str) -> str:
    """The name of a tensor of the head."""
    _, kind, rest = ours.split(".", 2)
    return f"head.{HEADS[kind]}.module_list.{rest}"
