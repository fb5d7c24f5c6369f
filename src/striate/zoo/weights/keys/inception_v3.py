"""Inception v3 elsewhere: torchvision and timm agree on the names, which are those of Google's code.

ours                                       theirs
stem.conv1, conv2, conv3                   Conv2d_1a_3x3, Conv2d_2a_3x3, Conv2d_2b_3x3
stages.0.conv4, conv5                      Conv2d_3b_1x1, Conv2d_4a_3x3
stages.1.inception5b.one, .five.0          Mixed_5b.branch1x1, .branch5x5_1
stages.1.inception5b.double3.2, .pool.1    Mixed_5b.branch3x3dbl_3, .branch_pool
stages.3.inception7a.seven_three.3         Mixed_7a.branch7x7x3_4
stages.3.inception7b.three.1.wide, .tall   Mixed_7b.branch3x3_2a, .branch3x3_2b
auxiliaries.6e.reduce, .conv, .output      AuxLogits.conv0, .conv1, .fc
head.output                                fc
"""

import re

from striate.zoo.weights.keys.twin import Rules

BRANCHES = {
    "five": "branch5x5",
    "three": "branch3x3",
    "double3": "branch3x3dbl",
    "seven": "branch7x7",
    "double7": "branch7x7dbl",
    "seven_three": "branch7x7x3",
}
HALVES = {"": "", ".wide": "a", ".tall": "b"}


def link(match: re.Match[str]) -> str:
    """The convolutions of a branch are counted from 0 here and from 1 there; two that fork share theirs."""
    return f".{BRANCHES[match[1]]}_{int(match[2]) + 1}{HALVES[match[3]]}."


TORCHVISION: Rules = (
    (r"^stem\.conv1", "Conv2d_1a_3x3"),
    (r"^stem\.conv2", "Conv2d_2a_3x3"),
    (r"^stem\.conv3", "Conv2d_2b_3x3"),
    (r"^stages\.0\.conv4", "Conv2d_3b_1x1"),
    (r"^stages\.0\.conv5", "Conv2d_4a_3x3"),
    (r"^stages\.\d\.inception", "Mixed_"),
    (r"\.one\.", ".branch1x1."),
    (r"\.pool\.1\.", ".branch_pool."),
    (r"^(Mixed_6a)\.three\.", r"\1.branch3x3."),
    (r"\.(five|three|double3|seven|double7|seven_three)\.(\d)((?:\.wide|\.tall)?)\.", link),
    (r"^auxiliaries\.6e\.reduce", "AuxLogits.conv0"),
    (r"^auxiliaries\.6e\.conv", "AuxLogits.conv1"),
    (r"^auxiliaries\.6e\.output", "AuxLogits.fc"),
    (r"\.norm\.", ".bn."),
    (r"^head\.output", "fc"),
)
TIMM: Rules = TORCHVISION
