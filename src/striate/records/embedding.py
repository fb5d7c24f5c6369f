"""A vector for an image."""

from dataclasses import dataclass
from typing import Any

from torch import Tensor

from striate.arguments import checked_methods
from striate.errors import ShapeError
from striate.records.record import Record


@checked_methods
@dataclass(frozen=True)
class Embedding(Record):
    """What a layer says of one image: a vector, near that of images that are alike to the network.

    Args:
        vector: float (D,).
        source: the file it came from, or "".
        name: of its class, or None when nobody has said.

    Raises:
        ShapeError: it is no vector.

    >>> import torch
    >>> Embedding(torch.tensor([0.0, 0.0])).distance(Embedding(torch.tensor([3.0, 4.0])))
    5.0
    """

    vector: Tensor
    source: str = ""
    name: str | None = None

    def __post_init__(self) -> None:
        if self.vector.ndim != 1 or not len(self.vector) or not self.vector.is_floating_point():
            raise ShapeError(
                f"the vector is {self.vector.dtype} {tuple(self.vector.shape)}",
                "floats (D,), D of 1 or more",
                "pass one row of what striate.embed returned",
            )

    def distance(self, other: "Embedding") -> float:
        """Euclidean distance to another vector of the same length.

        Raises:
            ShapeError: the lengths differ.
        """
        if other.vector.shape != self.vector.shape:
            raise ShapeError(
                f"one vector has {len(self.vector)} numbers, the other {len(other.vector)}",
                "vectors of one length",
                "embed both images with the same model and layer",
            )
        return float((self.vector - other.vector).norm())

    def in_words(self, top: int = 3) -> str:
        """How long the vector is, and its first numbers."""
        first = ", ".join(f"{value:.3f}" for value in self.vector[:top].tolist())
        more = ", ..." if len(self.vector) > top else ""
        return f"vector of {len(self.vector)} numbers: {first}{more}"

    def to_dict(self) -> dict[str, Any]:
        """Plain Python values, ready for JSON."""
        return {"source": self.source, "class": self.name, "vector": self.vector.tolist()}
