"""The MobileNets elsewhere.

v1 is in timm only; v2 and v3 have the names of ``striate.zoo.weights.keys.inverted`` there.

v1   ours                                timm
     stages.1.0.depthwise.conv, .norm    blocks.1.0.conv_dw, bn1
     stages.1.0.pointwise.conv, .norm    blocks.1.0.conv_pw, bn2

v2   ours                                torchvision
     stages.1.0.expand.conv, .norm       features.2.conv.0.0, .1
     stages.1.0.depthwise.conv, .norm    features.2.conv.1.0, .1
     stages.1.0.project.conv, .norm      features.2.conv.2, .3
     head.widen.conv, .norm              features.18.0, .1

v3   ours                                torchvision
     stages.1.0.expand.conv, .norm       features.2.block.0.0, .1
     stages.1.0.depthwise.conv, .norm    features.2.block.1.0, .1
     stages.1.0.squeeze.reduce, .expand  features.2.block.2.fc1, .fc2
     stages.1.0.project.conv, .norm      features.2.block.3.0, .1; .2.0, .1 in a block without squeeze
     head.widen.conv, .norm              features.16.0, .1 (large), 13.0, .1 (small)
     head.hidden, .output                classifier.0, .3

torchvision counts the blocks of all stages in one row, from 1.
"""

import re
from itertools import accumulate, pairwise

from striate.backbones import mobilenet_v2, mobilenet_v3
from striate.backbones.mobilenet_v3 import Design
from striate.zoo.weights.keys import inverted
from striate.zoo.weights.keys.twin import Rules

V2_BLOCKS = list(accumulate((row[2] for row in mobilenet_v2.STAGES), initial=1))
"""What torchvision counts before each stage, and before the head."""


def v2_block(match: re.Match[str]) -> str:
    """In torchvision blocks are counted through."""
    return f"features.{V2_BLOCKS[int(match[1])] + int(match[2])}.conv."


def torchvision_v3(design: Design) -> Rules:
    """The parts of every block, of which some lack the expansion, some the squeeze."""
    rows = [(stage, block, row) for stage, rows in enumerate(design.stages) for block, row in enumerate(rows)]
    widths = [mobilenet_v3.FIRST, *(row.channels for *_, row in rows)]
    parts: list[tuple[str, str]] = []
    for number, ((stage, block, row), (before, _)) in enumerate(zip(rows, pairwise(widths), strict=True), 1):
        there = {"expand": row.expanded != before, "depthwise": True, "squeeze": row.squeeze, "project": True}
        names = [part for part, has in there.items() if has]
        parts += [
            (rf"^stages\.{stage}\.{block}\.{part}\.", f"features.{number}.block.{position}.")
            for position, part in enumerate(names)
        ]
    return (
        *parts,
        (r"reduce", "fc1"),
        (r"expand", "fc2"),
        (r"^stem", "features.0"),
        (r"^head\.widen", f"features.{len(rows) + 1}"),
        (r"^head\.hidden", "classifier.0"),
        (r"^head\.output", "classifier.3"),
        (r"\.conv\.", ".0."),
        (r"\.norm\.", ".1."),
    )


def timm_v3(design: Design) -> Rules:
    """In timm the 1x1 convolution before the average is one stage more, the hidden layer a convolution."""
    return (
        (r"^head\.widen\.conv", f"blocks.{len(design.stages)}.0.conv"),
        (r"^head\.widen\.norm", f"blocks.{len(design.stages)}.0.bn1"),
        (r"^head\.hidden", "conv_head"),
        *inverted.TIMM,
    )


V1_TIMM: Rules = (
    (r"^stem\.conv", "conv_stem"),
    (r"^stem\.norm", "bn1"),
    (r"^stages", "blocks"),
    (r"depthwise\.conv", "conv_dw"),
    (r"depthwise\.norm", "bn1"),
    (r"pointwise\.conv", "conv_pw"),
    (r"pointwise\.norm", "bn2"),
    (r"^head\.output", "classifier"),
)
V2_TORCHVISION: Rules = (
    (r"^stages\.0\.0\.depthwise\.", "features.1.conv.0."),
    (r"^stages\.0\.0\.project\.conv", "features.1.conv.1"),
    (r"^stages\.0\.0\.project\.norm", "features.1.conv.2"),
    (r"^stages\.(\d+)\.(\d+)\.", v2_block),
    (r"conv\.expand", "conv.0"),
    (r"conv\.depthwise", "conv.1"),
    (r"conv\.project\.conv", "conv.2"),
    (r"conv\.project\.norm", "conv.3"),
    (r"^stem", "features.0"),
    (r"^head\.widen", f"features.{V2_BLOCKS[-1]}"),
    (r"^head\.output", "classifier.1"),
    (r"\.conv\.(weight|bias)", r".0.\1"),
    (r"\.norm\.", ".1."),
)
V3_TORCHVISION = {
    "mobilenet_v3_large": torchvision_v3(mobilenet_v3.LARGE),
    "mobilenet_v3_small": torchvision_v3(mobilenet_v3.SMALL),
}
V3_TIMM = {
    "mobilenet_v3_large": timm_v3(mobilenet_v3.LARGE),
    "mobilenet_v3_small": timm_v3(mobilenet_v3.SMALL),
}
V3_TIMM_EPSILON = 1e-5
"""Of the norms in timm, where ours and torchvision's have 0.001."""

V3_NAMES = {"mobilenet_v3_large": "mobilenetv3_large_100", "mobilenet_v3_small": "mobilenetv3_small_100"}
"""timm's names."""
