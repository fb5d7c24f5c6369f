"""Xception in timm, where the layers of a block are counted through, those without weights too.

ours                                                 theirs
stem.conv1.conv, .norm                               conv1, bn1
stages.0.block1.layers.separable1.conv.depthwise     block1.rep.0.conv1
stages.0.block1.layers.separable1.norm               block1.rep.1
stages.1.block2.layers.separable1.conv.pointwise     block2.rep.1.pointwise
stages.1.block2.shortcut.conv, .norm                 block2.skip, .skipbn
stages.3.conv3.conv.depthwise, .norm                 conv3.conv1, bn3
head.output                                          fc
"""

import re

from striate.zoo.weights.keys.twin import Rules


def layer(match: re.Match[str]) -> str:
    """A ReLU, a convolution, a norm: 0, 1, 2, and so on. The first block has no first ReLU."""
    block, number, part = match[1], int(match[2]), match[3]
    first = 0 if block == "1" else 1
    return f"block{block}.rep.{3 * (number - 1) + first + (part == 'norm')}"


TIMM: Rules = (
    (r"^(stem|stages\.\d)\.", ""),
    (r"^block(\d+)\.layers\.separable(\d)\.(conv|norm)", layer),
    (r"shortcut\.conv", "skip"),
    (r"shortcut\.norm", "skipbn"),
    (r"^conv(\d)\.conv", r"conv\1"),
    (r"^conv(\d)\.norm", r"bn\1"),
    (r"\.depthwise", ".conv1"),
    (r"^head\.output", "fc"),
)
