"""A picture with more pixels than it had."""

from dataclasses import dataclass
from typing import Any

import torch
from PIL import Image
from torch import Tensor

from striate.arguments import checked_methods
from striate.errors import ShapeError
from striate.records.record import Record


@checked_methods
@dataclass(frozen=True)
class SuperResolution(Record):
    """A picture that a network enlarged.

    Args:
        image: uint8 (1 or 3, H, W), the enlarged picture.
        by: factor of both sides.
        source: the file of the small picture, or "".

    Raises:
        ShapeError: the image is no uint8 picture.

    >>> print(SuperResolution(torch.zeros(3, 8, 12, dtype=torch.uint8), 2, "a.png"))
    a.png: 8x12 of 4x6
    """

    image: Tensor
    by: int
    source: str = ""

    def __post_init__(self) -> None:
        if self.image.ndim != 3 or self.image.dtype != torch.uint8:
            wrong = f"the image is {self.image.dtype} {tuple(self.image.shape)}"
            raise ShapeError(wrong, "uint8 (C, H, W)", "(image * 255).round().to(torch.uint8)")

    def __str__(self) -> str:
        return f"{self.source}: {self.in_words()}" if self.source else self.in_words()

    @property
    def size(self) -> tuple[int, int]:
        """(H, W) of the enlarged picture."""
        return self.image.shape[1], self.image.shape[2]

    def to_pil(self) -> Image.Image:
        """The enlarged picture, RGB or grey."""
        pixels = self.image.permute(1, 2, 0).numpy()
        return Image.fromarray(pixels[..., 0] if pixels.shape[2] == 1 else pixels)

    def in_words(self, top: int = 3) -> str:
        """``480x640 of 240x320``: height x width, after and before."""
        height, width = self.size
        return f"{height}x{width} of {height // self.by}x{width // self.by}"

    def to_dict(self) -> dict[str, Any]:
        """Plain Python values, ready for JSON, without the pixels."""
        height, width = self.size
        return {"source": self.source, "by": self.by, "height": height, "width": width}
