"""ResNet and SE-ResNet elsewhere: torchvision and timm agree on the names; only timm has the second.

ours                                 theirs
stem.conv, stem.norm                 conv1, bn1
stages.1.block1.conv2.weight         layer2.0.conv2.weight
stages.1.block1.norm2.running_mean   layer2.0.bn2.running_mean
stages.1.block1.shortcut.conv        layer2.0.downsample.0
stages.1.block1.squeeze.reduce       layer2.0.se.fc1
head.output                          fc
"""

import re

from striate.zoo.weights.keys.twin import Rules

NAMES = ("resnet18", "resnet34", "resnet50", "resnet101", "resnet152")
SE_NAMES = {f"se_{name}": f"se{name}" for name in NAMES}


def layer(match: re.Match[str]) -> str:
    """Stages are counted from 0 here and from 1 there, blocks the other way round."""
    return f"layer{int(match[1]) + 1}.{int(match[2]) - 1}"


TORCHVISION: Rules = (
    (r"^stem\.conv", "conv1"),
    (r"^stem\.norm", "bn1"),
    (r"^stages\.(\d+)\.block(\d+)", layer),
    (r"shortcut\.conv", "downsample.0"),
    (r"shortcut\.norm", "downsample.1"),
    (r"\.norm(\d)", r".bn\1"),
    (r"^head\.output", "fc"),
)
TIMM: Rules = (*TORCHVISION, (r"squeeze\.reduce", "se.fc1"), (r"squeeze\.expand", "se.fc2"))
