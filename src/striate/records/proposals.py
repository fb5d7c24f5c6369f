"""Where in an image there may be an object, whatever it is."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, ClassVar

import torch
from torch import Tensor

from striate.arguments import checked_methods
from striate.errors import ShapeError
from striate.records.affine import clipped_boxes, moved_boxes
from striate.records.record import Record


@checked_methods
@dataclass(frozen=True)
class Proposals(Record):
    """Boxes that may hold an object, the most promising first; there may be none.

    Args:
        boxes: float32 (P, 4), x1, y1, x2, y2, pixels of the image.
        scores: float32 (P,), falling: the order. They are no probabilities.
        source: the file it came from, or "".

    Raises:
        ShapeError: the shapes do not belong together.

    >>> boxes = torch.tensor([[2.0, 3.0, 8.0, 9.0], [0.0, 0.0, 4.0, 4.0]])
    >>> found = Proposals(boxes, torch.tensor([0.9, 0.4]))
    >>> print(found, found.best(1).boxes.tolist())
    2 proposals [[2.0, 3.0, 8.0, 9.0]]
    """

    boxes: Tensor
    scores: Tensor
    source: str = ""
    spatial: ClassVar[bool] = True

    def __post_init__(self) -> None:
        boxes, scores = tuple(self.boxes.shape), tuple(self.scores.shape)
        if len(boxes) != 2 or boxes[1] != 4 or scores != boxes[:1]:
            raise ShapeError(
                f"boxes are {boxes}, scores {scores}", "(P, 4) and (P,)", "one row for each box of one image"
            )

    def __len__(self) -> int:
        return len(self.boxes)

    def __str__(self) -> str:
        return f"{self.source}: {self.in_words()}" if self.source else self.in_words()

    def best(self, count: int) -> "Proposals":
        """The first ``count`` of them, or all where there are fewer."""
        return replace(self, boxes=self.boxes[:count], scores=self.scores[:count])

    def in_words(self, top: int = 3) -> str:
        """``2 proposals``."""
        return f"{len(self):,} proposal{'' if len(self) == 1 else 's'}"

    def moved(self, affine: Tensor, size: tuple[int, int]) -> "Proposals":
        """The same boxes in another picture, clipped to it; those outside of it are left out."""
        boxes = clipped_boxes(moved_boxes(self.boxes, affine.to(self.boxes).expand(len(self), 2, 3)), size)
        inside = (boxes[:, 2:] > boxes[:, :2]).all(1)
        return replace(self, boxes=boxes[inside], scores=self.scores[inside])

    def to_dict(self) -> dict[str, Any]:
        """Plain Python values, ready for JSON."""
        return {"source": self.source, "boxes": self.boxes.tolist(), "scores": self.scores.tolist()}

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> "Proposals":
        """The inverse of ``to_dict``; without scores, the order of the boxes is kept.

        Raises:
            ShapeError: something is missing, or of another kind.

        >>> Proposals.from_dict({"source": "a.jpg", "boxes": [[0, 0, 4, 4], [1, 1, 3, 3]]}).scores.tolist()
        [1.0, 0.5]
        """
        try:
            boxes = torch.tensor(values["boxes"], dtype=torch.float32).reshape(-1, 4)
            scores = values.get("scores")
            falling = torch.arange(len(boxes), 0, -1) / max(len(boxes), 1)
            found = falling if scores is None else torch.tensor(scores, dtype=torch.float32)
            return cls(boxes, found, str(values.get("source", "")))
        except (KeyError, TypeError, ValueError, RuntimeError, AttributeError) as reason:
            raise ShapeError(
                f"these values are no proposals: {type(reason).__name__} {reason}",
                "boxes of four numbers, and a score for each or none",
                "what Proposals.to_dict gave",
            ) from reason
