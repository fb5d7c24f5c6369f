"""Nothing but the pictures: what a task learns from that needs no labels."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar, Self, final

import numpy as np
from numpy.typing import NDArray
from torch import Tensor

from striate.data.annotations.annotations import Annotations
from striate.records import PictureTargets

CLASSES = ("picture",)


@final
@dataclass(frozen=True)
class PictureAnnotations(Annotations):
    """So many pictures, of which nothing else is known.

    Args:
        count: N.
    """

    count: int
    classes: tuple[str, ...] = CLASSES
    task: ClassVar[str] = "superresolution"
    shown: ClassVar[str] = "pictures"
    spatial: ClassVar[bool] = False

    def __len__(self) -> int:
        return self.count

    def subset(self, indices: NDArray[np.int64]) -> Self:
        """As many as there are indices."""
        return type(self)(len(indices))

    def joined(self, others: Sequence[Self]) -> Self:
        """All of them."""
        return type(self)(self.count + sum(map(len, others)))

    def collate(self, indices: Tensor) -> PictureTargets:
        """The images are the targets themselves."""
        return PictureTargets.of_images(len(indices))

    def words(self, index: int) -> str:
        """Nothing is known."""
        return ""
