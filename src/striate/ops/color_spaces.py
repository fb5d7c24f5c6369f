"""A picture in another color space, each channel 0..255: what differs in one space may be equal in another.

    hsv         hue, saturation, value            hue is the same in light and shade
    lab         lightness and two opponent colors distances are about those that people see
    rgi         shares of red and green, intensity
    hue, intensity    one channel of these
    rgb         the picture as it is

Uijlings et al. 2013, section 3.2, table 1. https://doi.org/10.1007/s11263-013-0620-5
"""

from typing import Literal, get_args

import numpy as np
import torch
from torch import Tensor

from striate.errors import SettingError, ShapeError

ColorSpace = Literal["rgb", "hsv", "lab", "rgi", "hue", "intensity"]


def convert_colors(image: Tensor, space: ColorSpace) -> Tensor:
    """The picture in another color space.

    Args:
        image: uint8 (3, H, W) RGB, or (1, H, W) grey.
        space: its name. Hue has 256 steps; L is times 2.55, a and b are plus 128; shares are times 255.

    Returns:
        uint8 (3, H, W), of ``hue`` and ``intensity`` (1, H, W).

    Raises:
        ShapeError: it is no picture.
        SettingError: there is no such space.

    >>> red = torch.tensor([255, 0, 0], dtype=torch.uint8).reshape(3, 1, 1)
    >>> [convert_colors(red, space).flatten().tolist() for space in ("hsv", "lab", "rgi")]
    [[0, 255, 255], [136, 208, 195], [255, 0, 85]]
    """
    from striate.ops.kernels import hsv_lab as kernels

    require_picture(image)
    if space not in get_args(ColorSpace):
        raise SettingError(f"the color space is {space!r}", ", ".join(get_args(ColorSpace)), '"lab"')
    pixels = image.detach().cpu().expand(3, -1, -1).reshape(3, -1).contiguous().numpy()
    out = np.empty_like(pixels)
    if space == "rgb":
        out = pixels.copy()
    elif space in ("hsv", "hue"):
        kernels.to_hsv(pixels, out)
    elif space == "lab":
        kernels.to_lab(pixels, kernels.LIGHT, kernels.ROOT, out)
    else:
        kernels.to_rgi(pixels, out)
    chosen = {"hue": out[:1], "intensity": out[2:]}.get(space, out)
    return torch.from_numpy(chosen.copy()).reshape(-1, *image.shape[1:])


def require_picture(image: Tensor) -> None:
    """A uint8 picture with pixels.

    Raises:
        ShapeError: it is something else.
    """
    if image.dtype != torch.uint8 or image.dim() != 3 or image.shape[0] not in (1, 3) or not image.numel():
        raise ShapeError(
            f"the image is {image.dtype} {tuple(image.shape)}",
            "uint8 (1, H, W) or (3, H, W)",
            "(255 * image).to(torch.uint8) for floats 0..1",
        )
