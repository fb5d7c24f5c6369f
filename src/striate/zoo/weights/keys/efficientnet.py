"""EfficientNet elsewhere; its names in timm are those of ``striate.zoo.weights.keys.inverted``.

ours                                torchvision, first stage   torchvision, other stages
stem.conv, .norm                    features.0.0, .1
stages.1.0.expand.conv, .norm                                  features.2.0.block.0.0, .1
stages.1.0.depthwise.conv, .norm    features.1.0.block.0.0, .1 features.2.0.block.1.0, .1
stages.1.0.squeeze.reduce, .expand  features.1.0.block.1.fc1   features.2.0.block.2.fc1, .fc2
stages.1.0.project.conv, .norm      features.1.0.block.2.0, .1 features.2.0.block.3.0, .1
head.widen.conv, .norm              features.8.0, .1
head.output                         classifier.1
"""

import re

from striate.zoo.weights.keys.twin import Rules

EPSILONS = {f"efficientnet_b{number}": None if number < 5 else 1e-5 for number in range(8)}
"""Of the norms in timm, where ours and torchvision's have 0.001."""

PARTS = ("expand", "depthwise", "squeeze", "project")


def torchvision_part(match: re.Match[str]) -> str:
    """In torchvision the stem is stage 0, and the first stage, which does not widen, lacks a part."""
    stage, block, part = int(match[1]), match[2], PARTS.index(match[3])
    return f"features.{stage + 1}.{block}.block.{part - (stage == 0)}"


TORCHVISION: Rules = (
    (r"^stages\.(\d+)\.(\d+)\.(expand|depthwise|squeeze|project)", torchvision_part),
    (r"reduce", "fc1"),
    (r"expand", "fc2"),
    (r"^stem", "features.0"),
    (r"^head\.widen", "features.8"),
    (r"^head\.output", "classifier.1"),
    (r"\.conv\.", ".0."),
    (r"\.norm\.", ".1."),
)
