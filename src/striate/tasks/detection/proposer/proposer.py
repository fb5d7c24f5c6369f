"""What all proposers have in common: a picture goes in, boxes that may hold an object come out.

    picture --Proposer--> Proposals (P, 4), the most promising first --.best(300)--> regions

Windows, selective search, a file of boxes: a detector takes whichever it is given.
"""

from abc import ABC, abstractmethod
from collections.abc import Sequence
from typing import Any, ClassVar

from torch import Tensor

from striate.records import Proposals


class Proposer(ABC):
    """Proposes boxes of one picture. The same picture always gets the same boxes.

    Attributes:
        in_file_pixels: whether it knows boxes by the path of a picture, in the pixels of its file, and never
            looks at pixels.
    """

    in_file_pixels: ClassVar[bool] = False

    @property
    @abstractmethod
    def settings(self) -> dict[str, Any]:
        """All that the boxes depend on beside the picture, as plain values: proposals are kept under it."""

    @abstractmethod
    def propose(self, image: Tensor, source: str = "") -> Proposals:
        """Boxes of one picture; any number, also none.

        Args:
            image: uint8 (1 or 3, H, W).
            source: the path of the picture, or what it is called.

        Returns:
            boxes inside the picture, in its pixels, with ``source``.

        Raises:
            ShapeError: it is no picture.
        """

    @property
    def notes(self) -> tuple[str, ...]:
        """Sentences on what was noticed in the pictures so far."""
        return ()

    def notes_on(self, sources: Sequence[str]) -> tuple[str, ...]:
        """Sentences on what is to be known before these pictures are proposed for."""
        return ()
