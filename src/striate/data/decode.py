"""One picture file becomes a uint8 RGB tensor, whatever is in the file."""

from pathlib import Path

import numpy as np
import torch
from PIL import Image, ImageOps
from torch import Tensor

from striate.errors import ImageError


def decode(path: str | Path) -> Tensor:
    """Read a picture as uint8 (3, H, W) RGB, turned as its EXIF orientation says.

    Raises:
        ImageError: the file is missing, empty, truncated, too large or not a picture.
    """
    try:
        with Image.open(path) as picture:
            return to_tensor(ImageOps.exif_transpose(picture).convert("RGB"))
    except (OSError, ValueError, SyntaxError, Image.DecompressionBombError) as reason:
        raise ImageError(
            f"{path} cannot be read ({reason})",
            "a complete picture file",
            "`striate check` lists all such files",
        ) from reason


def to_tensor(picture: Image.Image) -> Tensor:
    """A PIL picture of mode L or RGB as uint8 (C, H, W)."""
    array = np.asarray(picture)
    return torch.from_numpy(array.reshape(*array.shape[:2], -1).transpose(2, 0, 1).copy())
