"""Where the one object of an image is, and what it is."""

from dataclasses import dataclass, replace
from typing import Any, ClassVar

from torch import Tensor

from striate.arguments import checked_methods
from striate.errors import ShapeError
from striate.records.affine import clipped_boxes, moved_boxes
from striate.records.record import Record


@checked_methods
@dataclass(frozen=True)
class Localization(Record):
    """The answer of a network that looks for one object, or none.

    Args:
        box: float32 (4,), x1, y1, x2, y2, pixels; it means nothing where no object is ``present``.
        presence: probability that there is an object, 0..1.
        scores: float32 (K,), probabilities of its classes that sum to 1.
        classes: K names.
        source: the file it came from, or "".
        threshold: the presence from which on an object is said to be there.

    Raises:
        ShapeError: the shapes do not belong together.

    >>> import torch
    >>> box, scores = torch.tensor([2.0, 3.0, 8.0, 9.0]), torch.tensor([0.25, 0.75])
    >>> answer = Localization(box, 0.9, scores, ("cat", "dog"))
    >>> answer.present, answer.class_name, answer.score
    (True, 'dog', 0.75)
    """

    box: Tensor
    presence: float
    scores: Tensor
    classes: tuple[str, ...]
    source: str = ""
    threshold: float = 0.5
    spatial: ClassVar[bool] = True

    def __post_init__(self) -> None:
        if self.box.shape != (4,) or self.scores.shape != (len(self.classes),):
            raise ShapeError(
                f"the box is {tuple(self.box.shape)}, scores are {tuple(self.scores.shape)}",
                f"(4,) and ({len(self.classes)},), one for each class",
                "pass the answer to one image",
            )

    @property
    def present(self) -> bool:
        """Whether there is an object."""
        return self.presence >= self.threshold

    @property
    def class_index(self) -> int:
        """The class number with the highest score."""
        return int(self.scores.argmax())

    @property
    def class_name(self) -> str:
        """The class name with the highest score."""
        return self.classes[self.class_index]

    @property
    def score(self) -> float:
        """The highest score, 0..1."""
        return float(self.scores.max())

    def in_words(self, top: int = 3) -> str:
        """``cat 97.1 % at 12, 30, 88, 91``, or that there is nothing."""
        if not self.present:
            return f"nothing there ({100 * (1 - self.presence):.1f} %)"
        place = ", ".join(f"{side:.0f}" for side in self.box.tolist())
        return f"{self.class_name} {100 * self.score:.1f} % at {place}"

    def moved(self, affine: Tensor, size: tuple[int, int]) -> "Localization":
        """The same answer in another picture; the box is clipped to it."""
        box = clipped_boxes(moved_boxes(self.box[None], affine.to(self.box)[None]), size)[0]
        return replace(self, box=box)

    def to_dict(self) -> dict[str, Any]:
        """Plain Python values, ready for JSON; without an object no box and no class."""
        found = self.present
        return {
            "source": self.source,
            "present": found,
            "presence": self.presence,
            "class_name": self.class_name if found else None,
            "class_index": self.class_index if found else None,
            "score": self.score if found else None,
            "box": self.box.tolist() if found else None,
        }
