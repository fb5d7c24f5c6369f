"""ConvNeXt elsewhere.

ours                               torchvision                timm
stem.conv, stem.norm               features.0.0, .0.1         stem.0, stem.1
stages.1.norm, .down               features.2.0, .2.1         stages.1.downsample.0, .1
stages.1.block1.depthwise          features.3.0.block.0       stages.1.blocks.0.conv_dw
stages.1.block1.norm               features.3.0.block.2       stages.1.blocks.0.norm
stages.1.block1.expand, .reduce    features.3.0.block.3, .5   stages.1.blocks.0.mlp.fc1, .fc2
stages.1.block1.scale              features.3.0.layer_scale   stages.1.blocks.0.gamma
head.norm, head.output             classifier.0, .2           head.norm, head.fc
"""

import re

from striate.zoo.weights.keys.twin import Rules

NAMES = ("convnext_tiny", "convnext_small", "convnext_base", "convnext_large")


def halving(match: re.Match[str]) -> str:
    """In torchvision what halves is a part of its own, before that of the blocks."""
    return f"features.{2 * int(match[1])}.{('norm', 'down').index(match[2])}"


def torchvision_block(match: re.Match[str]) -> str:
    """In torchvision the blocks of stage 0, 1, 2, 3 are the parts 1, 3, 5, 7."""
    return f"features.{2 * int(match[1]) + 1}.{int(match[2]) - 1}.block."


def timm_block(match: re.Match[str]) -> str:
    """In timm the blocks are counted from 0."""
    return f"stages.{match[1]}.blocks.{int(match[2]) - 1}."


TORCHVISION: Rules = (
    (r"^stem\.conv", "features.0.0"),
    (r"^stem\.norm", "features.0.1"),
    (r"^stages\.(\d+)\.(norm|down)", halving),
    (r"^stages\.(\d+)\.block(\d+)\.", torchvision_block),
    (r"block\.depthwise", "block.0"),
    (r"block\.norm", "block.2"),
    (r"block\.expand", "block.3"),
    (r"block\.reduce", "block.5"),
    (r"block\.scale", "layer_scale"),
    (r"^head\.norm", "classifier.0"),
    (r"^head\.output", "classifier.2"),
)
TIMM: Rules = (
    (r"^stem\.conv", "stem.0"),
    (r"^stem\.norm", "stem.1"),
    (r"^stages\.(\d+)\.norm", r"stages.\1.downsample.0"),
    (r"^stages\.(\d+)\.down\.", r"stages.\1.downsample.1."),
    (r"^stages\.(\d+)\.block(\d+)\.", timm_block),
    (r"\.depthwise", ".conv_dw"),
    (r"\.expand", ".mlp.fc1"),
    (r"\.reduce", ".mlp.fc2"),
    (r"\.scale", ".gamma"),
    (r"^head\.output", "head.fc"),
)
