"""The pictures that the images of a batch shall become."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar, final

import torch
from torch import Tensor

from striate.errors import ShapeError
from striate.records.targets.targets import Targets


@final
@dataclass(frozen=True)
class PictureTargets(Targets):
    """A picture for each image, as large as the answer.

    Args:
        pictures: uint8 or float 0..1 (N, C, H, W); (N, 0, 0, 0) as long as the images are the pictures.

    Raises:
        ShapeError: the pictures are not (N, C, H, W).
    """

    pictures: Tensor
    spatial: ClassVar[bool] = False

    def __post_init__(self) -> None:
        if self.pictures.ndim != 4:
            wrong = f"pictures are {tuple(self.pictures.shape)}"
            raise ShapeError(wrong, "(N, C, H, W)", "one picture for each image")

    @classmethod
    def of_images(cls, count: int) -> "PictureTargets":
        """Those of so many images that are the pictures themselves."""
        return cls(torch.empty(count, 0, 0, 0, dtype=torch.uint8))

    def __len__(self) -> int:
        return len(self.pictures)

    def tensors(self) -> tuple[Tensor, ...]:
        """The pictures."""
        return (self.pictures,)

    def like(self, tensors: Sequence[Tensor]) -> "PictureTargets":
        """Other pictures."""
        (pictures,) = tensors
        return PictureTargets(pictures)

    def moved(self, affine: Tensor, size: tuple[int, int]) -> "PictureTargets":
        """The same: they are made of the images after these were moved."""
        return self
