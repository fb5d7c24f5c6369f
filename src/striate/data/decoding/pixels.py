"""A Pillow picture of any mode becomes uint8 RGB, strip by strip: a large one is never copied whole.

Transparency lies over white, as on a page. Profiles (ICC) are not applied.
"""

import numpy as np
import torch
from numpy.typing import NDArray
from PIL import Image, ImageCms
from torch import Tensor

from striate.data.decoding.deep_pixels import Scale, is_deep, to_bytes

STRIP = 2**20
"""Pixels that are converted at once."""
LARGE = 2**24
"""Pixels from which on grey stays one channel in memory that is seen three times."""


def to_rgb(picture: Image.Image) -> tuple[Tensor, Scale | None]:
    """uint8 (3, H, W), not turned, C innermost in memory; and the scale of a deep picture, else None."""
    if is_deep(picture):
        levels, scale = to_bytes(picture)
        return in_three(torch.from_numpy(levels)[None]), scale
    if picture.mode in ("1", "L") and not picture.has_transparency_data:
        grey = _filled(picture, 1)
        return in_three(torch.from_numpy(grey).permute(2, 0, 1)), None
    return torch.from_numpy(_filled(picture, 3)).permute(2, 0, 1), None


def in_three(image: Tensor) -> Tensor:
    """uint8 (1 or 3, H, W) as (3, H, W)."""
    if len(image) == 3:
        return image
    rgb = image.expand(3, -1, -1)
    return rgb if image.numel() > LARGE else packed(rgb)


def packed(image: Tensor) -> Tensor:
    """The same (C, H, W) with C as the innermost axis in memory."""
    return image.permute(1, 2, 0).contiguous().permute(2, 0, 1)


def upright(image: Tensor, orientation: int) -> Tensor:
    """(C, H, W) as its EXIF orientation says it is to be seen. EXIF 2.3, tag 0x0112.

    >>> upright(torch.tensor([[[1, 2]]]), 6).tolist()
    [[[1], [2]]]
    """
    if orientation >= 5:  # rows and columns are exchanged
        image = image.transpose(1, 2)
    flips = {2: (2,), 3: (1, 2), 4: (1,), 6: (2,), 7: (1, 2), 8: (1,)}.get(orientation, ())
    return packed(image.flip(flips)) if orientation > 1 else image


def _filled(picture: Image.Image, channels: int) -> NDArray[np.uint8]:
    """uint8 (H, W, channels)."""
    picture.load()
    pixels = np.empty((picture.height, picture.width, channels), dtype=np.uint8)
    rows = max(1, STRIP // picture.width)
    for top in range(0, picture.height, rows):
        bottom = min(top + rows, picture.height)
        whole = rows >= picture.height
        strip = picture if whole else picture.crop((0, top, picture.width, bottom))
        converted = strip.convert("L") if channels == 1 else _strip_to_rgb(strip)
        pixels[top:bottom] = np.asarray(converted).reshape(bottom - top, picture.width, channels)
    return pixels


def _strip_to_rgb(picture: Image.Image) -> Image.Image:
    """Any mode of 8 bits as RGB."""
    if picture.mode == "RGB" and "transparency" not in picture.info:
        return picture
    if picture.mode == "LAB":
        return _lab_to_rgb(picture)
    if picture.has_transparency_data:
        return _over_white(picture)
    return picture.convert("RGB")


def _lab_to_rgb(picture: Image.Image) -> Image.Image:
    """CIE L*a*b* (D50) as sRGB."""
    profiles = ImageCms.createProfile("LAB"), ImageCms.createProfile("sRGB")
    shown = ImageCms.profileToProfile(picture, *profiles, outputMode="RGB")
    if shown is None:
        raise ValueError("its L*a*b* colors cannot be converted")
    return shown


def _over_white(picture: Image.Image) -> Image.Image:
    layer = picture.convert("RGBA")
    page = Image.new("RGBA", layer.size, "white")
    page.alpha_composite(layer)
    return page.convert("RGB")
