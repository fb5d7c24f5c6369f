"""Inverted bottlenecks in timm, where MobileNet v2 and v3 and EfficientNet have the same names.

ours                              timm, first stage         timm, other stages
stem.conv, .norm                  conv_stem, bn1
stages.1.0.expand.conv, .norm                               blocks.1.0.conv_pw, bn1
stages.1.0.depthwise.conv, .norm  blocks.0.0.conv_dw, bn1   blocks.1.0.conv_dw, bn2
stages.1.0.squeeze.reduce         blocks.0.0.se.conv_reduce blocks.1.0.se.conv_reduce
stages.1.0.project.conv, .norm    blocks.0.0.conv_pw, bn2   blocks.1.0.conv_pwl, bn3
head.widen.conv, .norm            conv_head, bn2
head.output                       classifier
"""

from striate.zoo.weights.keys.twin import Rules

TIMM: Rules = (
    (r"^stem\.conv", "conv_stem"),
    (r"^stem\.norm", "bn1"),
    (r"^head\.widen\.conv", "conv_head"),
    (r"^head\.widen\.norm", "bn2"),
    (r"^head\.output", "classifier"),
    (r"^stages", "blocks"),
    (r"squeeze\.(reduce|expand)", r"se.conv_\1"),
    (r"^(blocks\.0\.\d+)\.depthwise\.norm", r"\1.bn1"),
    (r"^(blocks\.0\.\d+)\.project\.conv", r"\1.conv_pw"),
    (r"^(blocks\.0\.\d+)\.project\.norm", r"\1.bn2"),
    (r"expand\.conv", "conv_pw"),
    (r"expand\.norm", "bn1"),
    (r"depthwise\.conv", "conv_dw"),
    (r"depthwise\.norm", "bn2"),
    (r"project\.conv", "conv_pwl"),
    (r"project\.norm", "bn3"),
)
"""The first stage does not widen."""
