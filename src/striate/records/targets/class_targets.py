"""Which class each image of a batch shows."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar, final

from torch import Tensor

from striate.errors import ShapeError
from striate.records.targets.targets import Targets


@final
@dataclass(frozen=True)
class ClassTargets(Targets):
    """One class for each image.

    Args:
        labels: int64 (N,) class numbers, or float (N, K) shares of every class (mixup, cutmix).
    """

    labels: Tensor
    spatial: ClassVar[bool] = False

    def __len__(self) -> int:
        return len(self.labels)

    def tensors(self) -> tuple[Tensor, ...]:
        """The labels."""
        return (self.labels,)

    def like(self, tensors: Sequence[Tensor]) -> "ClassTargets":
        """Other labels."""
        (labels,) = tensors
        return ClassTargets(labels)

    @property
    def plain(self) -> Tensor:
        """The labels."""
        return self.labels

    def moved(self, affine: Tensor, size: tuple[int, int]) -> "ClassTargets":
        """The same: a class is nowhere."""
        return self


def class_labels(targets: Targets) -> Tensor:
    """The labels of classified pictures, (N,) or (N, K).

    Raises:
        ShapeError: the targets are of another kind.
    """
    if isinstance(targets, ClassTargets):
        return targets.labels
    wrong = f"the batch has {type(targets).__name__}"
    raise ShapeError(wrong, "ClassTargets, a class for each picture", "data for classification")
