"""JPEG by torchvision's decoder: pixel by pixel what Pillow gives, in half the time.

Both are libjpeg-turbo with the same transform (islow) and the same interpolation of colors. What torchvision
refuses (four colors, a truncated file) and what it cannot do is left to Pillow, whose word counts.
"""

import logging
from collections.abc import Callable
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import torch
from PIL import Image
from torch import Tensor

LIBRARIES = ("image_stable", "image")
"""Names of torchvision's library of codecs, the newest first."""

UNCHANGED = 0
"""The mode of ``torch.ops.image.decode_jpeg`` that keeps grey grey."""


def decoded(picture: Image.Image, content: bytes | memoryview) -> Tensor | None:
    """uint8 (1 or 3, H, W), not turned; None where Pillow has to decode.

    Args:
        picture: opened by Pillow, pixels not read.
        content: of the file.
    """
    decode = _decoder()
    if decode is None or picture.format not in ("JPEG", "MPO") or picture.mode not in ("L", "RGB"):
        return None
    try:
        image = decode(torch.frombuffer(bytearray(content), dtype=torch.uint8), UNCHANGED, False)
    except RuntimeError:
        return None
    same = tuple(image.shape) == (len(picture.getbands()), picture.height, picture.width)
    return image if same else None


@cache
def _decoder() -> Callable[..., Tensor] | None:
    """torchvision's operator without the rest of torchvision, whose import takes seconds; None without it."""
    package = find_spec("torchvision")
    folders = [Path(folder) for folder in (package.submodule_search_locations or ())] if package else []
    for name in LIBRARIES:
        for file in (file for folder in folders for file in sorted(folder.glob(f"{name}.*"))):
            try:
                torch.ops.load_library(file)  # type: ignore[no-untyped-call]
                operator: Any = torch.ops.image.decode_jpeg.default
                return operator  # type: ignore[no-any-return]
            except (OSError, AttributeError) as reason:
                logging.getLogger(__name__).debug("%s cannot be used: %s", file, reason)
    return None
