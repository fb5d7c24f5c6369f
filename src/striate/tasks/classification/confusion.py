"""Which class was taken for which: the confusion matrix, with its empty cells left out.

                 predicted 0  predicted 1
    true 0     [      3            1     ]      pairs: (true 0, predicted 0, 3 images)
    true 1     [      0            2     ]             (0, 1, 1), (1, 1, 2)

N images fill at most N cells, so that 100,000 classes take no more room than their images.
"""

from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor

from striate.errors import LabelError

DENSE = 100
"""Up to so many classes JSON has the whole matrix: 10,000 numbers. With more it has the pairs."""

PRINTED = 12
"""Up to so many classes it prints as a matrix."""


@dataclass(frozen=True, eq=False)
class Confusion:
    """Counts of images by (true class, predicted class).

    Args:
        classes: K.
        pairs: int64 (P, 3), rows of (true, predicted, images) in ascending order; images > 0.
    """

    classes: int
    pairs: Tensor

    def dense(self) -> Tensor:
        """int64 (K, K), unit: images. Rows are true classes, columns are predicted ones."""
        counts = torch.zeros(self.classes, self.classes, dtype=torch.int64)
        true, predicted, images = self.pairs.unbind(1)
        counts[true, predicted] = images
        return counts

    @property
    def support(self) -> Tensor:
        """int64 (K,), images of each class."""
        return self._total(self.pairs[:, 0], self.pairs[:, 2])

    @property
    def predicted(self) -> Tensor:
        """int64 (K,), images that each class was the answer to."""
        return self._total(self.pairs[:, 1], self.pairs[:, 2])

    @property
    def right(self) -> Tensor:
        """int64 (K,), images of each class that were classified rightly: the diagonal."""
        agreed = self.pairs[self.pairs[:, 0] == self.pairs[:, 1]]
        return self._total(agreed[:, 0], agreed[:, 2])

    def mistakes(self, count: int | None = None) -> Tensor:
        """int64 (M, 3), pairs of different classes, the most frequent first; equal ones by class."""
        wrong = self.pairs[self.pairs[:, 0] != self.pairs[:, 1]]
        return wrong[wrong[:, 2].argsort(descending=True, stable=True)[:count]]

    def to_json(self) -> Any:
        """The matrix as lists; with more than 100 classes, the columns of ``pairs`` by name."""
        if self.classes <= DENSE:
            return self.dense().tolist()
        true, predicted, images = self.pairs.T.tolist()
        return {"classes": self.classes, "true": true, "predicted": predicted, "images": images}

    @classmethod
    def from_json(cls, values: Any) -> "Confusion":
        """The inverse of ``to_json``."""
        if isinstance(values, dict):
            columns = [values["true"], values["predicted"], values["images"]]
            return cls(int(values["classes"]), torch.tensor(columns, dtype=torch.int64).reshape(3, -1).T)
        counts = torch.tensor(values, dtype=torch.int64).reshape(len(values), len(values))
        cells = counts.nonzero()
        return cls(len(values), torch.cat([cells, counts[cells[:, 0], cells[:, 1], None]], dim=1))

    def __eq__(self, other: object) -> bool:
        return (
            isinstance(other, Confusion)
            and self.classes == other.classes
            and torch.equal(self.pairs, other.pairs)
        )

    def __hash__(self) -> int:
        return hash((self.classes, len(self.pairs)))

    def __repr__(self) -> str:
        return f"Confusion({self.classes} classes, {len(self.pairs)} pairs)"

    def __str__(self) -> str:
        """The matrix, a line for each true class; of many classes the size alone."""
        if self.classes > PRINTED:
            return repr(self)
        rows = self.dense().tolist()
        width = max((len(str(count)) for row in rows for count in row), default=1)
        return "\n".join(" ".join(f"{count:>{width}}" for count in row) for row in rows)

    def _total(self, classes: Tensor, images: Tensor) -> Tensor:
        """int64 (K,), exact at any size."""
        return torch.zeros(self.classes, dtype=torch.int64).index_add_(0, classes, images)


def confusion(true: Tensor, predicted: Tensor, classes: int) -> Confusion:
    """Count images by (true class, predicted class).

    Args:
        true: int64 (N,), 0..K-1.
        predicted: int64 (N,), 0..K-1.
        classes: K.

    Raises:
        LabelError: a number is no class.

    >>> print(confusion(torch.tensor([0, 0, 1]), torch.tensor([0, 1, 1]), classes=2))
    1 1
    0 1
    """
    for numbers in (true, predicted):
        if len(numbers) and not 0 <= int(numbers.min()) <= int(numbers.max()) < classes:
            raise LabelError(
                f"class numbers from {int(numbers.min())} to {int(numbers.max())}",
                f"0..{classes - 1}",
                "pass the names of all classes",
            )
    cells, images = torch.unique(true * classes + predicted, return_counts=True)
    return Confusion(classes, torch.stack([cells // classes, cells % classes, images], dim=1))
