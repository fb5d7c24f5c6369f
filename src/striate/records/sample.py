"""One image and what is known about it."""

from dataclasses import dataclass

import torch
from torch import Tensor

from striate.errors import ShapeError
from striate.records.targets.targets import Targets


@dataclass(frozen=True)
class Sample:
    """One image and what is known about it.

    Args:
        image: uint8 (C, H, W), C = 1 (grey) or 3 (RGB).
        targets: of this one image, or None when nobody has said.
        source: the file (or array place) it came from; every error names it.

    Raises:
        ShapeError: the image is not a uint8 tensor (1 or 3, H, W), or the targets are of several images.
    """

    image: Tensor
    targets: Targets | None = None
    source: str = ""

    def __post_init__(self) -> None:
        shape, name = tuple(self.image.shape), self.source or "the image"
        if self.image.dtype != torch.uint8 or len(shape) != 3 or shape[0] not in (1, 3):
            raise ShapeError(
                f"{name} is {self.image.dtype} {shape}",
                "uint8 (1, H, W) or (3, H, W)",
                "decode files with striate.data.decode, or scale floats to 0..255 and call .to(torch.uint8)",
            )
        if self.targets is not None and len(self.targets) != 1:
            raise ShapeError(f"{name} has the targets of {len(self.targets)} images", "of 1", "split them")
