"""A network without its numbers: shapes are enough to know what it costs.

"resnet50" --build on the meta device--> a network whose tensors have shapes and take no memory
"""

import torch
from torch import nn

from striate.zoo.table import create

FEW, LARGE = 10, 64
"""Classes of networks for small pictures, and pixels of their sides at most."""


def outline(name: str, channels: int = 3, classes: int | None = None) -> nn.Module:
    """A network of ``striate.models()`` on the meta device.

    Args:
        name: of the network.
        channels: of its images.
        classes: K; when left out as many as its paper has: 10 for small pictures, else 1000.

    Raises:
        SettingError: there is no network of that name.
    """
    with torch.device("meta"):
        network = create(name, classes=classes or FEW, in_channels=channels)
        large = max(network.input_size) > LARGE
        return create(name, in_channels=channels) if large and classes is None else network
