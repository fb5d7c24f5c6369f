"""Inception-ResNet v2 in timm, where branches have numbers, from 0 in the order of ours.

ours                                      theirs
stem.conv1, conv2, conv3                  conv2d_1a, conv2d_2a, conv2d_2b
stages.0.conv4, conv5                     conv2d_3b, conv2d_4a
stages.1.inception5b.five.1               mixed_5b.branch1.1
stages.1.blocks.7.branches.double3.2      repeat.7.branch2.2
stages.1.blocks.7.expand                  repeat.7.conv2d
stages.3.last, stages.3.conv6             block8, conv2d_7b
head.output                               classif
"""

from striate.zoo.weights.keys.twin import Rules

TIMM: Rules = (
    (r"^stem\.conv1", "conv2d_1a"),
    (r"^stem\.conv2", "conv2d_2a"),
    (r"^stem\.conv3", "conv2d_2b"),
    (r"^stages\.0\.conv4", "conv2d_3b"),
    (r"^stages\.0\.conv5", "conv2d_4a"),
    (r"^stages\.3\.conv6", "conv2d_7b"),
    (r"^stages\.3\.last", "block8"),
    (r"^stages\.1\.blocks", "repeat"),
    (r"^stages\.2\.blocks", "repeat_1"),
    (r"^stages\.3\.blocks", "repeat_2"),
    (r"^stages\.\d\.inception", "mixed_"),
    (r"^(mixed_5b)\.five", r"\1.branch1"),
    (r"^(mixed_5b)\.pool", r"\1.branch3"),
    (r"^(mixed_6a|mixed_7a)\.three", r"\1.branch0"),
    (r"^(mixed_6a)\.double3", r"\1.branch1"),
    (r"^(mixed_7a)\.narrow", r"\1.branch1"),
    (r"\.branches\.", "."),
    (r"\.one\.", ".branch0."),
    (r"\.(three|seven)\.", ".branch1."),
    (r"\.double3\.", ".branch2."),
    (r"\.expand\.", ".conv2d."),
    (r"\.norm\.", ".bn."),
    (r"^head\.output", "classif"),
)
