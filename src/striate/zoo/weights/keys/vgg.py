"""VGG in torchvision and timm, where the layers of all blocks are counted through, those without weights too.

ours                         torchvision        timm
stem.conv1_1                 features.0         features.0
stages.0.conv2_1  (VGG-16)   features.5         features.5
stages.1.conv3_2  (VGG-16)   features.12        features.12
head.fc6, fc7                classifier.0, 3    pre_logits.fc1, fc2
head.output                  classifier.6       head.fc
"""

from striate.backbones.vgg import DEPTHS
from striate.zoo.weights.keys.twin import Rules


def features(layers: int, *, batch_norm: bool) -> Rules:
    """A rule for every convolution and normalization.

    Args:
        layers: of the network, 11, 13, 16 or 19.
        batch_norm: it normalizes after every convolution.

    >>> features(11, batch_norm=False)[:3]
    (('^.*conv1_1', 'features.0'), ('^.*conv2_1', 'features.3'), ('^.*conv3_1', 'features.6'))
    """
    rules, index = [], 0
    for number, depth in enumerate(DEPTHS[layers], start=1):
        for i in range(1, depth + 1):
            rules.append((f"^.*conv{number}_{i}", f"features.{index}"))
            if batch_norm:
                rules.append((f"^.*norm{number}_{i}", f"features.{index + 1}"))
            index += 3 if batch_norm else 2  # the convolution, its norm, its ReLU
        index += 1  # the pooling
    return tuple(rules)


FEATURES: dict[str, Rules] = {
    f"vgg{layers}{suffix}": features(layers, batch_norm=bool(suffix))
    for layers in DEPTHS
    for suffix in ("", "_bn")
}
"""By the name of the network, which is the same in all three."""

TORCHVISION: dict[str, Rules] = {
    name: (
        *rules,
        (r"^head\.fc6", "classifier.0"),
        (r"^head\.fc7", "classifier.3"),
        (r"^head\.output", "classifier.6"),
    )
    for name, rules in FEATURES.items()
}
TIMM: dict[str, Rules] = {
    name: (
        *rules,
        (r"^head\.fc6", "pre_logits.fc1"),
        (r"^head\.fc7", "pre_logits.fc2"),
        (r"^head\.output", "head.fc"),
    )
    for name, rules in FEATURES.items()
}
