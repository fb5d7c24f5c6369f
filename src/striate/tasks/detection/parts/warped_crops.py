"""Each region cut out of the image, with some surroundings, warped to a square and seen by a whole network.

Girshick, Donahue, Darrell, Malik 2014, section 2 and appendix A. https://arxiv.org/abs/1311.2524

What lies outside of the image is zero, which is the mean pixel of a normalized image.
"""

from collections.abc import Sequence
from typing import ClassVar, final

import torch
from torch import Tensor, nn

from striate.errors import SettingError
from striate.layers.backbone import Backbone
from striate.layers.image_network import BACKBONE
from striate.ops import context_windows, roi_align
from striate.tasks.detection.parts.region_pool import RegionPool, numbered, without_numbers

AT_ONCE = 256
"""Crops that go through the network together: they bound its memory, however many regions there are."""

PADDING = 16 / 227
"""Surroundings on each side, as a share of the crop."""

SAMPLES = 2
"""Bilinear samples along a side of a pixel, so that large regions are not read here and there."""


@final
class CropEmbedding(RegionPool):
    """Images and regions -> (R, D, 1, 1), what the last layer of the network would see.

    Args:
        backbone: its last layer is taken away.
        crop: side of the crops, pixels.
    """

    part: ClassVar[str] = BACKBONE

    def __init__(self, backbone: Backbone, crop: int) -> None:
        super().__init__()
        self.width = last_width(backbone, crop)
        backbone.head[-1] = nn.Identity()
        self.backbone, self.crop = backbone, crop

    def crops(self, images: Tensor, regions: Sequence[Tensor]) -> Tensor:
        """(R, C, crop, crop)."""
        table = numbered(regions)
        if without_numbers(table):
            return images.new_empty(len(table), images.shape[1], self.crop, self.crop)
        windows = context_windows(table[:, 1:], self.crop, round(self.crop * PADDING))
        return roi_align(images, torch.cat([table[:, :1], windows], 1), self.crop, 1.0, SAMPLES, aligned=True)

    def forward(self, maps: Sequence[Tensor], regions: Sequence[Tensor]) -> Tensor:
        """Crop the images, which are the only map, and embed the crops."""
        if not any(map(len, regions)):
            return maps[0].new_zeros(0, self.width, 1, 1)
        crops = self.crops(maps[0], regions)
        seen = [self.backbone.embed(part).flatten(1) for part in torch.split(crops, AT_ONCE)]
        return torch.cat(seen)[:, :, None, None]


def last_width(backbone: Backbone, crop: int) -> int:
    """D, the numbers that the last layer of a network sees.

    Raises:
        SettingError: it does not end in a linear layer, or cannot see such small crops.
    """
    last = backbone.head[-1]
    if not isinstance(last, nn.Linear):
        raise SettingError(
            f"{type(backbone).__name__} ends in a {type(last).__name__}",
            "a network whose last layer is linear",
            "backbone=resnet18",
        )
    least = max(backbone.least_side, *backbone.strides)  # the deepest map has a pixel
    if crop < least:
        raise SettingError(
            f"crop is {crop}",
            f"{least} or more for {type(backbone).__name__}",
            "leave crop out",
        )
    return last.in_features
