"""The backbone that a detector or a segmentation network stands on, by its name.

"resnet34" --backbone_of--> ResNet-34        "resnet18" --backbone_of--> ResNet-18 of half the width
"""

from typing import Any

from striate.layers.backbone import Backbone
from striate.zoo.networks import create

DEFAULT, THIN = "resnet18", 0.5
"""The default backbone and its width: for a processor without a GPU."""


def backbone_of(name: str, in_channels: int, width: float | None) -> Backbone:
    """A backbone by its name; the default one at half its width, unless another width is asked for."""
    if width is None and name == DEFAULT:
        width = THIN
    own: dict[str, Any] = {} if width is None else {"width": width}
    return create(name, in_channels=in_channels, **own)
