"""Segmentation networks in torchvision and segmentation_models.pytorch.

FCN      ours                            torchvision
         backbone.stem.conv              backbone.conv1                      and so on, as ResNet
         head.conv, norm, score          classifier.0, 1, 4
                                         aux_classifier                      which only training looks at
U-Net    ours                            segmentation_models.pytorch
         backbone.stem.conv              encoder.conv1                       and so on, as ResNet
         blocks.16.conv1.conv, norm      decoder.blocks.0.conv1.0, 1         blocks.1 is decoder.blocks.4
         score                           segmentation_head.0
"""

import re

from striate.zoo.weights.keys.resnet import TORCHVISION
from striate.zoo.weights.keys.twin import translated

BEFORE = "backbone."
HEAD = {"conv": "0", "norm": "1", "score": "4"}
PARTS = {"conv": "0", "norm": "1"}
BLOCKS = {"16": 0, "8": 1, "4": 2, "2": 3, "1": 4}
"""The number of a block there, by the stride of its result."""

LEFT_OUT = "aux_classifier."


def fcn_key(ours: str) -> str:
    """The name of a tensor of FCN in torchvision.

    >>> fcn_key("backbone.stages.1.block1.norm2.bias"), fcn_key("head.score.weight")
    ('backbone.layer2.0.bn2.bias', 'classifier.4.weight')
    """
    if ours.startswith(BEFORE):
        return BEFORE + translated(ours.removeprefix(BEFORE), TORCHVISION)
    _, part, kind = ours.split(".")
    return f"classifier.{HEAD[part]}.{kind}"


def unet_key(ours: str) -> str:
    """The name of a tensor of U-Net on a ResNet in segmentation_models.pytorch.

    >>> unet_key("blocks.8.conv2.norm.weight"), unet_key("score.bias")
    ('decoder.blocks.1.conv2.1.weight', 'segmentation_head.0.bias')
    """
    if ours.startswith(BEFORE):
        return "encoder." + translated(ours.removeprefix(BEFORE), TORCHVISION)
    if found := re.fullmatch(r"blocks\.(\d+)\.(conv\d)\.(conv|norm)\.(\w+)", ours):
        return f"decoder.blocks.{BLOCKS[found[1]]}.{found[2]}.{PARTS[found[3]]}.{found[4]}"
    return ours.replace("score.", "segmentation_head.0.")
