"""What is known of the images of a batch: what all kinds of it can do."""

from abc import ABC, abstractmethod
from collections.abc import Sequence
from typing import Any, ClassVar, Self

import torch
from torch import Tensor


class Targets(ABC):
    """What is known of N images.

    Attributes:
        spatial: whether there are places in the picture; ``moved`` gives back the same targets if not.
    """

    spatial: ClassVar[bool] = True

    @abstractmethod
    def __len__(self) -> int:
        """N."""

    @abstractmethod
    def tensors(self) -> tuple[Tensor, ...]:
        """All tensors, always as many: what is passed to other devices and through wrapped modules."""

    @abstractmethod
    def like(self, tensors: Sequence[Tensor]) -> Self:
        """The same kind of targets with other tensors, in the order of ``tensors``."""

    @abstractmethod
    def moved(self, affine: Tensor, size: tuple[int, int]) -> Self:
        """Where the targets are in pictures that were moved.

        Args:
            affine: (N, 2, 3), from places in the old pictures to places in the new ones.
            size: (H, W) of the new pictures, pixels.
        """

    def joined(self, others: Sequence[Self]) -> Self:
        """These images, and then those of other targets of the same kind."""
        every = [one.tensors() for one in (self, *others)]
        return self.like([torch.cat(column) for column in zip(*every, strict=True)])

    @property
    def plain(self) -> Any:
        """What a function of somebody's own is given: one tensor where that says all, else the targets."""
        return self

    def row(self, number: int) -> Self:
        """The targets of one image; of a kind whose tensors do not all have N rows, its own way."""
        return self.like([tensor[number : number + 1] for tensor in self.tensors()])

    @property
    def given(self) -> tuple[Sequence[Tensor], ...]:
        """What goes into a network beside the images, a tensor for each of them; nothing as a rule."""
        return ()

    def to(self, device: torch.device) -> Self:
        """The same targets on another device."""
        return self.like([tensor.to(device, non_blocking=True) for tensor in self.tensors()])
