"""A network without its numbers: shapes are enough to know what it costs.

"resnet50" --build on the meta device--> a network whose tensors have shapes and take no memory
"""

from collections.abc import Mapping
from typing import Any

import torch
from torch import nn

from striate.zoo.networks import MADE_NAMES, SEGMENTER_NAMES, network_named, require_arguments

FEW, LARGE, COCO, VOC = 10, 64, 80, 21
"""Classes of networks for small pictures, and pixels of their sides at most; classes of detectors, and of
segmentation networks."""


def outline(
    name: str, channels: int = 3, classes: int | None = None, arguments: Mapping[str, Any] | None = None
) -> nn.Module:
    """A network of ``striate.models()`` on the meta device.

    Args:
        name: of the network.
        channels: of its images.
        classes: K; when left out as many as its paper has: 10 for small pictures, 80 for detectors, 21 for
            segmentation networks, else 1000.
        arguments: of the network's own.

    Raises:
        SettingError: there is no network of that name, or it has no such argument or value.
    """
    own = arguments or {}
    require_arguments(name, own)
    if classes is None and name in MADE_NAMES:
        classes = VOC if name in SEGMENTER_NAMES else COCO
    with torch.device("meta"):
        network = network_named(
            name, classes=FEW if classes is None else classes, in_channels=channels, **own
        )
        large = max(network_named(name, in_channels=channels).input_size) > LARGE
        return network_named(name, in_channels=channels, **own) if large and classes is None else network
