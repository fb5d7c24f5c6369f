"""How a picture of any size becomes what one network was trained on. Travels with the model.

uint8 (C, H, W), any size --cut, scale, place--> uint8 (channels, *size) --device--> (x / 255 - mean) / std
"""

from collections.abc import Sequence
from dataclasses import dataclass
from math import ceil, floor
from typing import Literal, NamedTuple, get_args

import torch
from torch import Tensor
from torch.nn import functional as F

from striate.errors import SettingError
from striate.records.affine import scaling

ResizeMode = Literal["crop", "stretch", "pad", "letterbox", "keep", "shortest", "whole"]
Tta = Literal["none", "mirror"]
Interpolation = Literal["bilinear", "bicubic"]

# Rec. 601 luma, as Pillow converts RGB to grey: L = (299 R + 587 G + 114 B) / 1000
LUMA = (0.299, 0.587, 0.114)

LARGEST = 32_768
"""Pixels of a side that a network can see; more is a slip, or a file that was changed."""

MOST_MEAN, LEAST_STD = 1e6, 1e-6
"""Beyond these a float32 picture becomes infinite or NaN when it is normalized."""

DECODING_RULE = (
    "first frame at full size, upright by its EXIF orientation, 8-bit RGB over white, profiles not applied;"
    " scaled from all pixels, antialiased"
)
"""How a picture file becomes the pixels that ``Preprocess`` takes; saved with every model."""

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
        resize_mode: ``crop`` cuts the largest middle part of the right shape and scales it; ``stretch``
            scales both sides; ``pad`` centers the picture on black without scaling (scaled down first if it
            is too large); ``letterbox`` scales the whole picture until it fits, and centers it on black;
            ``keep`` leaves pictures as they are (scaled down if they are too large), so that they differ in
            size and are padded to the largest one of a batch; ``shortest`` scales the shorter side to the
            shorter one of ``size``, and less if the longer side would exceed the longer one of ``size``,
            whichever way the picture lies: (800, 1333) are the sizes of torchvision's detectors with two
            stages. Batches are padded to multiples of 32. ``whole`` leaves pictures as they are, however
            large; ``size`` is then that of the parts that were learned from.
        tta: test-time augmentation; ``mirror`` answers with the mean of the scores of a picture and of its
            mirror image, at twice the cost.
        crop_ratio: what ``crop`` keeps of the sides of that middle part, above 0 and at most 1, and scales
            before it cuts; published weights expect 224 of 256 pixels. None keeps all, and cuts before it
            scales.
        interpolation: with which pictures are scaled, antialiased in either case.

    Raises:
        SettingError: no such resize_mode, tta or interpolation, no such crop_ratio, a size that no picture
            has, or a mean or std with which every answer would be NaN.
    """

    size: tuple[int, int]
    channels: int = 3
    mean: tuple[float, ...] = (0.5, 0.5, 0.5)
    std: tuple[float, ...] = (0.5, 0.5, 0.5)
    resize_mode: ResizeMode = "crop"
    tta: Tta = "none"
    crop_ratio: float | None = None
    interpolation: Interpolation = "bilinear"

    def __post_init__(self) -> None:
        for name, kind in (("resize_mode", ResizeMode), ("tta", Tta), ("interpolation", Interpolation)):
            value, choices = getattr(self, name), get_args(kind)
            if value not in choices:
                expected = "one of: " + ", ".join(choices)
                raise SettingError(f"{name} is {value!r}", expected, f"leave it out for {choices[0]}")
        if self.crop_ratio is not None and not 0 < self.crop_ratio <= 1:
            raise SettingError(
                f"crop_ratio is {self.crop_ratio!r}", "above 0, at most 1", "leave it out for all"
            )
        if len(self.size) != 2 or not all(1 <= side <= LARGEST for side in self.size):
            expected = f"(H, W), each 1 to {LARGEST:,} pixels"
            raise SettingError(f"size is {self.size!r}", expected, "size=(224, 224)")
        require_normalization(self.mean, self.std)

    @property
    def at_least(self) -> tuple[int, int]:
        """(H, W) of the middle part that ``crop`` scales a picture to, before it cuts ``size`` from it."""
        tall, wide = self.size
        return round(tall / (self.crop_ratio or 1)), round(wide / (self.crop_ratio or 1))

    @property
    def one_size(self) -> bool:
        """Whether every picture becomes one of ``size``."""
        return self.resize_mode not in ("keep", "shortest", "whole")

    @property
    def always_padded(self) -> bool:
        """Whether a batch is padded to whole multiples even if its pictures are of one size."""
        return self.resize_mode == "shortest"

    def __call__(self, image: Tensor) -> Tensor:
        """uint8 (1 or 3, H, W) -> uint8 (channels, *size); many of one size, (N, ...), are done at once."""
        plan = self._plan(*image.shape[-2:])
        resized = resize(crop_to(image, plan.cut), plan.resized, self.interpolation)
        return match_channels(placed(resized, plan.size, plan.offset), self.channels)

    def affine(self, size: tuple[int, int]) -> Tensor:
        """float32 (2, 3): from places in a picture of (H, W) pixels to places in what it becomes."""
        plan = self._plan(*size)
        (y, x) = (after / before for after, before in zip(plan.resized, plan.cut, strict=True))
        top, left = ((have - want) // 2 for have, want in zip(size, plan.cut, strict=True))
        return scaling(x, y, plan.offset[1] - left * x, plan.offset[0] - top * y)

    def _plan(self, height: int, width: int) -> "Plan":
        """What is done to a picture of that size."""
        own, (tall, wide) = (height, width), self.size
        if own == self.size or self.resize_mode == "whole":
            return Plan(own, own, own)
        if self.resize_mode == "stretch":
            return Plan(own, self.size, self.size)
        if self.resize_mode == "crop":
            return self._cropping(height, width)
        if self.resize_mode == "shortest":
            resized = shortest_scaled(height, width, min(self.size), max(self.size))
            return Plan(own, resized, resized)
        factor = min(tall / height, wide / width)
        resized = scaled(height, width, factor if self.resize_mode == "letterbox" else min(1.0, factor))
        if self.resize_mode == "keep":
            return Plan(own, resized, resized)
        down, right = (want - have for have, want in zip(resized, self.size, strict=True))
        return Plan(own, resized, self.size, (down // 2, right // 2))

    def _cropping(self, height: int, width: int) -> "Plan":
        """Cut the middle and scale it; with a share scale first, of a thread the ends are cut before."""
        tall, wide = self.at_least
        factor = max(tall / height, wide / width)
        if self.crop_ratio is None:  # cut first: a thread of 1 x 10,000 pixels must not grow a page
            return Plan(
                (min(height, max(1, round(tall / factor))), min(width, max(1, round(wide / factor)))),
                self.size,
                self.size,
            )
        most = (ceil(LONGEST * tall / factor), ceil(LONGEST * wide / factor))
        height, width = min(height, most[0]), min(width, most[1])
        if tall * width >= wide * height:
            sides = tall, max(wide, width * tall // height)
        else:
            sides = max(tall, height * wide // width), wide
        top, left = (round((have - want) / 2) for have, want in zip(sides, self.size, strict=True))
        return Plan((height, width), sides, self.size, (-top, -left))


class Plan(NamedTuple):
    """What is done to a picture: the middle is cut, resized, and placed in the result.

    Args:
        cut: (H, W) of the middle part that is taken.
        resized: (H, W) that it is scaled to.
        size: (H, W) of the result.
        offset: (y, x) of the scaled part in the result; below 0 where it is cut again.
    """

    cut: tuple[int, int]
    resized: tuple[int, int]
    size: tuple[int, int]
    offset: tuple[int, int] = (0, 0)


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


def shortest_scaled(height: int, width: int, shortest: int, longest: int) -> tuple[int, int]:
    """(H, W) of a picture whose shorter side becomes ``shortest``, unless the other would exceed ``longest``.

    Rounded down, as torchvision's detectors do: 480x640 becomes 800x1066 of 1066.67. At least one pixel.

    >>> shortest_scaled(480, 640, 800, 1333), shortest_scaled(100, 2000, 800, 1333)
    ((800, 1066), (66, 1333))
    """
    factor = min(shortest / min(height, width), longest / max(height, width))
    return max(1, floor(height * factor)), max(1, floor(width * factor))


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
    if tuple(image.shape[-2:]) == size:
        return image
    top, left = ((have - want) // 2 for have, want in zip(image.shape[-2:], size, strict=True))
    return image[..., top : top + size[0], left : left + size[1]]


def placed(image: Tensor, size: tuple[int, int], offset: tuple[int, int]) -> Tensor:
    """(..., C, *size): the image with its corner at ``offset`` (y, x), on black; what lies outside is cut."""
    (top, left), (height, width) = offset, image.shape[-2:]
    if size == (height, width):
        return image
    if height >= size[0] and width >= size[1]:
        return image[..., -top : size[0] - top, -left : size[1] - left]
    return F.pad(image, (left, size[1] - left - width, top, size[0] - top - height))


def match_channels(image: Tensor, channels: int) -> Tensor:
    """uint8 (..., 1 or 3, H, W) as grey or RGB."""
    if image.shape[-3] == channels:
        return image
    if channels == 3:
        return image.expand(*image.shape[:-3], 3, -1, -1)
    weights = torch.tensor(LUMA, device=image.device).view(3, 1, 1)
    return (image.float() * weights).sum(-3, keepdim=True).round().to(torch.uint8)
