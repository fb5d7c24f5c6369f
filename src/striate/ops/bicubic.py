"""Bicubic interpolation by whole factors: how small pictures are made, and what networks must beat.

    reduced   every pixel is a weighted mean of 4 by x 4 by pixels: antialiased
    enlarged  every pixel is a weighted mean of 4 x 4 pixels

The kernel is that of Keys 1981, equation 4 (a = -1/2), https://doi.org/10.1109/TASSP.1981.1163711, as in
MATLAB's ``imresize``, with which the small pictures of published results are made.
"""

from torch import Tensor
from torch.nn import functional as F

from striate.errors import ShapeError
from striate.ops.geometry import per_axis

LEVELS = 255


def reduced(images: Tensor, by: int) -> Tensor:
    """(N, C, H, W) -> (N, C, H // by, W // by), with the levels that a file of 8 bits has.

    Args:
        images: uint8, or floats 0..1. Rows and columns beyond the last whole multiple of ``by`` are left out.
        by: 1 or more.

    Returns:
        uint8, or floats 0..1 in steps of 1/255.

    Raises:
        ShapeError: the images have not four axes, or a side is shorter than ``by``.
        SettingError: ``by`` is smaller than 1.

    >>> import torch
    >>> reduced(torch.full((1, 1, 4, 5), 7, dtype=torch.uint8), 2).tolist()
    [[[[7, 7], [7, 7]]]]
    """
    per_axis("by", by, 1)
    whole = multiples(images, by)
    size = [side // by for side in whole.shape[2:]]
    return _resized(whole, size)


def enlarged(images: Tensor, by: int) -> Tensor:
    """(N, C, H, W) -> (N, C, by H, by W), with the levels of a file of 8 bits; arguments as ``reduced``.

    >>> import torch
    >>> enlarged(torch.tensor([[[[0, 100]]]], dtype=torch.uint8), 2)[0, 0, 0].tolist()
    [0, 21, 79, 109]
    """
    per_axis("by", by, 1)
    _require(images, 1)
    return _resized(images, [side * by for side in images.shape[2:]])


def multiples(images: Tensor, by: int) -> Tensor:
    """The upper left part (N, C, h, w), whose sides are the largest multiples of ``by``.

    Raises:
        ShapeError: the images have not four axes, or a side is shorter than ``by``.
    """
    _require(images, by)
    height, width = (side // by * by for side in images.shape[2:])
    return images[:, :, :height, :width]


def _resized(images: Tensor, size: list[int]) -> Tensor:
    """By antialiased bicubic interpolation, which is plain where it enlarges."""
    whole = not images.is_floating_point()
    pixels = images.float() if whole else images.float() * LEVELS
    found = F.interpolate(pixels, size, mode="bicubic", antialias=True).round_().clamp_(0, LEVELS)
    return found.to(images.dtype) if whole else found / LEVELS


def _require(images: Tensor, by: int) -> None:
    if images.dim() != 4 or min(images.shape[2:]) < by:
        raise ShapeError(
            f"the pictures are {tuple(images.shape)}",
            f"(N, C, H, W), sides of {by} or more",
            "larger pictures, or image[None] for one",
        )
