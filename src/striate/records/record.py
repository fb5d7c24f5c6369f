"""What the answers to one image have in common, whatever was asked."""

import json
from abc import ABC, abstractmethod
from typing import Any, ClassVar, Self

from torch import Tensor

from striate.arguments import checked_methods


@checked_methods
class Record(ABC):
    """The answer to one image: a frozen dataclass, one for each kind of answer.

    Attributes:
        source: the file that the image came from, or "".
        spatial: whether the answer has places in the picture, which ``moved`` takes along.
    """

    source: str
    spatial: ClassVar[bool] = False

    def moved(self, affine: Tensor, size: tuple[int, int]) -> Self:
        """The same answer in another picture.

        Args:
            affine: (2, 3), from places in this picture to places in the other one, see ``records.affine``.
            size: (H, W) of the other picture, pixels.

        An answer without places is the same everywhere.
        """
        return self

    @abstractmethod
    def to_dict(self) -> dict[str, Any]:
        """Plain Python values, ready for JSON."""

    def in_words(self, top: int = 3) -> str:
        """The answer in a line, for people; of several possible answers the ``top`` best."""
        plain = {name: value for name, value in self.to_dict().items() if name != "source"}
        return "  ".join(f"{name} {value}" for name, value in plain.items())

    def to_json(self) -> str:
        """One line of JSON."""
        return json.dumps(self.to_dict(), ensure_ascii=False)
