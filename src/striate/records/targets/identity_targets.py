"""Whom or what each image of a batch shows."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar, final

from torch import Tensor

from striate.records.targets.targets import Targets


@final
@dataclass(frozen=True)
class IdentityTargets(Targets):
    """Whom or what each image shows.

    Args:
        labels: int64 (N,), equal numbers for images of one identity.
    """

    labels: Tensor
    spatial: ClassVar[bool] = False

    def __len__(self) -> int:
        return len(self.labels)

    def tensors(self) -> tuple[Tensor, ...]:
        """The numbers."""
        return (self.labels,)

    def like(self, tensors: Sequence[Tensor]) -> "IdentityTargets":
        """Other numbers."""
        (labels,) = tensors
        return IdentityTargets(labels)

    @property
    def plain(self) -> Tensor:
        """The numbers."""
        return self.labels

    def moved(self, affine: Tensor, size: tuple[int, int]) -> "IdentityTargets":
        """The same: an identity is nowhere."""
        return self
