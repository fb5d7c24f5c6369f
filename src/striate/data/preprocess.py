"""How a picture of any size becomes what one network was trained on. Travels with the model.

uint8 (C, H, W), any size --fit--> uint8 (channels, *size) --on the device--> (pixels / 255 - mean) / std
"""

from collections.abc import Sequence
from dataclasses import dataclass
from math import ceil
from typing import Literal, get_args

import torch
from torch import Tensor
from torch.nn import functional as F

from striate.errors import SettingError

Fit = Literal["crop", "stretch", "pad"]
Views = Literal["plain", "mirrored"]
Interpolation = Literal["bilinear", "bicubic"]

# Rec. 601 luma, as Pillow converts RGB to grey: L = (299 R + 587 G + 114 B) / 1000
LUMA = (0.299, 0.587, 0.114)

LARGEST = 32_768
"""Pixels of a side that a network can see; more is a slip, or a file that was changed."""

MOST_MEAN, LEAST_STD = 1e6, 1e-6
"""Beyond these a float32 picture becomes infinite or NaN when it is normalized."""

LONGEST = 8
"""Times what is kept; a side that is longer is a thread, which must not grow a page when it is scaled."""


@dataclass(frozen=True)
class Preprocess:
    """Size, channels and normalization that belong to the weights.

    Args:
        size: (H, W) that the network sees, pixels.
        channels: 1 (grey) or 3 (RGB).
        mean: per channel, of pixels in 0..1.
        std: per channel, of pixels in 0..1.
        fit: ``crop`` cuts the largest middle part of the right shape and scales it; ``stretch`` scales both
            sides; ``pad`` centers the picture on black without scaling (scaled down first if it is too
            large).

        views: ``mirrored`` answers with the mean of the scores of a picture and of its mirror image, at twice
            the cost.
        share: what ``crop`` keeps of the sides of that middle part, above 0 and at most 1, and scales before
            it cuts; published weights expect 224 of 256 pixels. None keeps all, and cuts before it scales.
        interpolation: with which pictures are scaled, antialiased in either case.

    Raises:
        SettingError: no such fit, views or interpolation, no such share, a size that no picture has, or a
            mean or std with which every answer would be NaN.
    """

    size: tuple[int, int]
    channels: int = 3
    mean: tuple[float, ...] = (0.5, 0.5, 0.5)
    std: tuple[float, ...] = (0.5, 0.5, 0.5)
    fit: Fit = "crop"
    views: Views = "plain"
    share: float | None = None
    interpolation: Interpolation = "bilinear"

    def __post_init__(self) -> None:
        for name, kind in (("fit", Fit), ("views", Views), ("interpolation", Interpolation)):
            value, choices = getattr(self, name), get_args(kind)
            if value not in choices:
                expected = "one of: " + ", ".join(choices)
                raise SettingError(f"{name} is {value!r}", expected, f"leave it out for {choices[0]}")
        if self.share is not None and not 0 < self.share <= 1:
            raise SettingError(f"share is {self.share!r}", "above 0, at most 1", "leave it out for all")
        if len(self.size) != 2 or not all(1 <= side <= LARGEST for side in self.size):
            expected = f"(H, W), each 1 to {LARGEST:,} pixels"
            raise SettingError(f"size is {self.size!r}", expected, "size=(224, 224)")
        require_normalization(self.mean, self.std)

    @property
    def at_least(self) -> tuple[int, int]:
        """(H, W) below which no picture may be decoded: pass it to ``decode`` and ``Dataset.image``."""
        tall, wide = self.size
        return round(tall / (self.share or 1)), round(wide / (self.share or 1))

    def __call__(self, image: Tensor) -> Tensor:
        """uint8 (1 or 3, H, W) -> uint8 (channels, *size); many of one size, (N, ...), are done at once."""
        return match_channels(self._fit(image), self.channels)

    def _fit(self, image: Tensor) -> Tensor:
        height, width = image.shape[-2:]
        tall, wide = self.size
        if (height, width) == (tall, wide):
            return image
        if self.fit == "stretch":
            return resize(image, (tall, wide), self.interpolation)
        if self.fit == "pad":
            shrink = min(1.0, tall / height, wide / width)
            return pad_to(resize(image, scaled(height, width, shrink), self.interpolation), self.size)
        if self.share is not None:
            return self._middle(image)
        factor = max(
            tall / height, wide / width
        )  # cut first: a thread of 1 x 10,000 pixels must not grow a page
        cut = min(height, max(1, round(tall / factor))), min(width, max(1, round(wide / factor)))
        return resize(crop_to(image, cut), self.size, self.interpolation)

    def _middle(self, image: Tensor) -> Tensor:
        """Scale so that the share fills the size, and cut the middle; of a thread the ends are cut first."""
        tall, wide = self.at_least
        factor = max(tall / image.shape[-2], wide / image.shape[-1])
        most = (ceil(LONGEST * tall / factor), ceil(LONGEST * wide / factor))
        height, width = min(image.shape[-2], most[0]), min(image.shape[-1], most[1])
        if tall * width >= wide * height:
            sides = tall, max(wide, width * tall // height)
        else:
            sides = max(tall, height * wide // width), wide
        image = resize(crop_to(image, (height, width)), sides, self.interpolation)
        top, left = (round((have - want) / 2) for have, want in zip(sides, self.size, strict=True))
        return image[..., top : top + self.size[0], left : left + self.size[1]]


def require_normalization(mean: Sequence[float], std: Sequence[float]) -> None:
    """Pixels stay numbers when the mean is subtracted and they are divided by std.

    Raises:
        SettingError: one of them is NaN, infinite or much too large, or a std is 0 or below.
    """
    for name, values, least in (("mean", mean, -MOST_MEAN), ("std", std, LEAST_STD)):
        if not all(least <= value <= MOST_MEAN for value in values):  # NaN lies nowhere
            raise SettingError(
                f"{name} is {tuple(values)}",
                f"numbers between {least:g} and {MOST_MEAN:g}, of pixels in 0..1",
                f"leave {name} out for 0.5",
            )


def scaled(height: int, width: int, factor: float) -> tuple[int, int]:
    """Both sides times a factor, rounded, at least one pixel.

    >>> scaled(480, 640, 0.5)
    (240, 320)
    """
    return max(1, round(height * factor)), max(1, round(width * factor))


def resize(image: Tensor, size: tuple[int, int], interpolation: Interpolation = "bilinear") -> Tensor:
    """Antialiased resize of uint8 (..., C, H, W) to (..., C, *size)."""
    if tuple(image.shape[-2:]) == size:
        return image
    images = image if image.ndim == 4 else image[None]
    # torch's kernel works on channels last; from the other layout it also stumbles over a result of 1 x 1
    images = images.contiguous(memory_format=torch.channels_last)
    resized = F.interpolate(images, size=size, mode=interpolation, antialias=True)
    return resized.view(*image.shape[:-2], *size)


def crop_to(image: Tensor, size: tuple[int, int]) -> Tensor:
    """The middle (..., C, *size) of an image at least as large."""
    top, left = ((have - want) // 2 for have, want in zip(image.shape[-2:], size, strict=True))
    return image[..., top : top + size[0], left : left + size[1]]


def pad_to(image: Tensor, size: tuple[int, int]) -> Tensor:
    """The image in the middle of black (..., C, *size)."""
    down, right = (want - have for have, want in zip(image.shape[-2:], size, strict=True))
    return F.pad(image, (right // 2, right - right // 2, down // 2, down - down // 2))


def match_channels(image: Tensor, channels: int) -> Tensor:
    """uint8 (..., 1 or 3, H, W) as grey or RGB."""
    if image.shape[-3] == channels:
        return image
    if channels == 3:
        return image.expand(*image.shape[:-3], 3, -1, -1)
    weights = torch.tensor(LUMA, device=image.device).view(3, 1, 1)
    return (image.float() * weights).sum(-3, keepdim=True).round().to(torch.uint8)
