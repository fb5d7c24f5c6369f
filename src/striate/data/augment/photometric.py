"""What pixels are worth: whole batches brighter, flatter, paler, in other light, with a square taken out.

b(rightness), c(ontrast) and s(aturation) are factors around 1, g is the grey picture and m its mean:

b x                                             brighter
c (b x) + (1 - c) b m                           with more contrast
b c (s x + (1 - s) g) + (1 - c) b m             more colorful: the three in one go

The hue turns around the grey axis, by a matrix that keeps the luma: a rotation of I and Q in the YIQ of NTSC.
"""

import math

import torch
from torch import Tensor

from striate.data.preprocess import LUMA

BLANK = 128  # the value of erased pixels: middle grey

YIQ = (LUMA, (0.5959, -0.2746, -0.3213), (0.2115, -0.5227, 0.3112))
"""Rows: luma, orange to blue, purple to green."""


def adjusted(images: Tensor, brightness: Tensor, contrast: Tensor, saturation: Tensor) -> Tensor:
    """Float (N, C, H, W) with other brightness, contrast and saturation; not yet clipped to 0..1.

    Args:
        images: float 0..1 (N, C, H, W); saturation means nothing when C = 1.
        brightness, contrast, saturation: (N,) factors, 1 changes nothing.

    >>> half = torch.full((1, 1, 1, 2), 0.5)
    >>> adjusted(half, torch.tensor([1.5]), torch.ones(1), torch.ones(1)).flatten().tolist()
    [0.75, 0.75]
    """
    b, c, s = (factor.view(-1, 1, 1, 1) for factor in (brightness, contrast, saturation))
    grey = greys(images)
    mean = grey.mean(dim=(2, 3), keepdim=True)
    if images.shape[1] == 1:
        return images * (b * c) + (1 - c) * b * mean
    return images * (b * c * s) + (grey * (b * c * (1 - s)) + (1 - c) * b * mean)


def hue_turned(images: Tensor, turn: Tensor) -> Tensor:
    """Float (N, 3, H, W) in other colors of the same luma; not yet clipped to 0..1.

    Args:
        images: float 0..1 (N, 3, H, W).
        turn: (N,), parts of the circle of colors; 1/3 makes red about green.

    >>> red = torch.tensor([1.0, 0.0, 0.0]).view(1, 3, 1, 1)
    >>> bool(hue_turned(red, torch.tensor([1 / 3])).argmax() == 1)
    True
    """
    to_yiq = torch.tensor(YIQ, device=images.device, dtype=images.dtype)
    angle = 2 * math.pi * turn.to(images)
    rotation = torch.eye(3, device=images.device, dtype=images.dtype).repeat(len(images), 1, 1)
    rotation[:, 1, 1] = rotation[:, 2, 2] = angle.cos()
    rotation[:, 1, 2], rotation[:, 2, 1] = angle.sin(), -angle.sin()
    matrices = torch.linalg.inv(to_yiq) @ rotation @ to_yiq
    turned: Tensor = (matrices @ images.flatten(2)).view(images.shape)
    return turned


def greys(images: Tensor) -> Tensor:
    """Float (N, 1, H, W), the luma of (N, 3, H, W); one channel stays as it is."""
    if images.shape[1] == 1:
        return images
    red, green, blue = images.unbind(1)
    return (red * LUMA[0] + green * LUMA[1] + blue * LUMA[2])[:, None]


def erased(images: Tensor, top: Tensor, left: Tensor, side: int) -> Tensor:
    """(N, C, H, W) with a grey square of side x side pixels whose corner is at (top, left), int64 (N,)."""
    height, width = images.shape[2:]
    rows, columns = (_within(start, side, length) for start, length in ((top, height), (left, width)))
    blank = BLANK if images.dtype == torch.uint8 else BLANK / 255
    return images.masked_fill(rows[:, None, :, None] & columns[:, None, None, :], blank)


def _within(start: Tensor, side: int, length: int) -> Tensor:
    """bool (N, length): is this row or column inside the square?"""
    steps = torch.arange(length, device=start.device)
    return (steps >= start[:, None]) & (steps < start[:, None] + side)
