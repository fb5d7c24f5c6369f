"""Pictures of any kind become pixels 0..1 of the size that is painted, and back.

file, array, PIL or tensor --> uint8 (3, H, W) --shrunk to ``size``--> float (1, 3, H, W), 0..1
"""

from collections.abc import Sequence
from pathlib import Path

import torch
from torch import Tensor
from torch.nn import functional as F

from striate.data.inputs import Input, image_of, name_of
from striate.draw.heatmap import picture as drawn
from striate.errors import SettingError
from striate.files.atomic import PICTURES
from striate.files.atomic import write as write_file


def pixels_of(given: Input, size: int | None) -> Tensor:
    """Float (1, 3, H, W), 0..1; grey becomes color, transparency white.

    Args:
        given: the picture.
        size: pixels of the longer side, if it is longer; None keeps it.

    Raises:
        ImageError: it cannot be read.
        ShapeError: it is no picture.
    """
    image = image_of(given)[None]
    height, width = image.shape[-2:]
    if size and max(height, width) > size:
        image = resized(image, fitting(height, width, size))
    return image.expand(1, 3, -1, -1).float() / 255


def fitting(height: int, width: int, size: int) -> tuple[int, int]:
    """(H, W) whose longer side is ``size``, no side below one pixel.

    >>> fitting(600, 1200, 512), fitting(8000, 1, 512)
    ((256, 512), (512, 1))
    """
    scale = size / max(height, width)
    return max(1, round(height * scale)), max(1, round(width * scale))


def resized(pixels: Tensor, size: tuple[int, int]) -> Tensor:
    """(N, C, H, W) in another size, antialiased."""
    if tuple(pixels.shape[-2:]) == tuple(size):
        return pixels
    return F.interpolate(pixels, size, mode="bilinear", antialias=True, align_corners=False)


def masks_of(given: Sequence[Input], styles: int, size: tuple[int, int]) -> list[Tensor]:
    """Where each style counts, float (1, 1, H, W), 0 (black) to 1 (white), in the size of the painting.

    Args:
        given: pictures of any size, one for every style.
        styles: how many there are.
        size: (H, W).

    Raises:
        SettingError: there are more or fewer masks than styles, or one is black all over.
    """
    if len(given) != styles:
        raise SettingError(
            f"there are {len(given)} masks for {styles} styles", "a mask for every style", "leave masks out"
        )
    masks = [resized(pixels_of(mask, None).mean(1, keepdim=True), size) for mask in given]
    for mask, source in zip(masks, given, strict=True):
        if not float(mask.max()) > 0:
            raise SettingError(
                f"the mask {name_of(source) or 'of a style'} is black all over",
                "white where the style shall be, black where not",
                "leave that style out",
            )
    return masks


def to_bytes(pixels: Tensor) -> Tensor:
    """uint8 (3, H, W) of pixels (1, 3, H, W), 0..1."""
    return (pixels[0].detach().float().cpu().clamp(0, 1) * 255).round().to(torch.uint8)


def write(image: Tensor, path: str | Path) -> Path:
    """Write uint8 (3, H, W) as a picture file, beside and renamed.

    Raises:
        RunError: the path cannot be written to, or the ending names no picture format.
    """
    return write_file(path, drawn(image).save, PICTURES)
