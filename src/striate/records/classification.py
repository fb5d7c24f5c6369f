"""Which of K classes an image shows."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from torch import Tensor

from striate.arguments import checked_methods
from striate.errors import LabelError, SettingError, ShapeError
from striate.formatting import percent
from striate.records.record import Record


@checked_methods
@dataclass(frozen=True)
class Classification(Record):
    """The answer of a classifier for one image.

    Args:
        scores: float32 (K,), probabilities that sum to 1.
        classes: K names.
        source: the file it came from, or "".

    Raises:
        ShapeError: scores and classes differ in number.

    >>> import torch
    >>> answer = Classification(torch.tensor([0.25, 0.75]), ("cat", "dog"))
    >>> answer.class_name, answer.class_index, answer.score
    ('dog', 1, 0.75)
    """

    scores: Tensor
    classes: tuple[str, ...]
    source: str = ""

    def __post_init__(self) -> None:
        if self.scores.shape != (len(self.classes),):
            raise ShapeError(
                f"scores have the shape {tuple(self.scores.shape)}",
                f"({len(self.classes)},), one for each class",
                "pass the softmax of one image",
            )

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

    def __str__(self) -> str:
        best = ", ".join(f"{name} {percent(score)}" for name, score in self.top(3))
        return f"{self.source}: {best}" if self.source else best

    def top(self, k: int = 5) -> list[tuple[str, float]]:
        """The k best (name, score) pairs, best first; all of them if there are fewer than k classes.

        Raises:
            SettingError: k is negative.
        """
        if k < 0:
            raise SettingError(f"k is {k}", "0 or more", "leave k out for 5")
        scores, places = self.scores.topk(min(k, len(self.classes)))
        names = [self.classes[place] for place in places.tolist()]
        return list(zip(names, scores.tolist(), strict=True))

    def in_words(self, top: int = 3) -> str:
        """``cat 97.1 %  dog 2.2 %``."""
        return "  ".join(f"{name} {100 * score:.1f} %" for name, score in self.top(top))

    def to_dict(self) -> dict[str, Any]:
        """Plain Python values, ready for JSON."""
        scores = dict(zip(self.classes, self.scores.tolist(), strict=True))
        return {
            "source": self.source,
            "class_name": self.class_name,
            "class_index": self.class_index,
            "score": self.score,
            "scores": scores,
        }


def class_number(classes: Sequence[str], name: str | int) -> int:
    """The number of a class given by its name or its number.

    Raises:
        LabelError: there is no such class.

    >>> class_number(("cat", "dog"), "dog"), class_number(("cat", "dog"), "0")
    (1, 0)
    """
    if isinstance(name, str) and name in classes:
        return classes.index(name)
    if str(name).isdecimal() and int(name) < len(classes):
        return int(name)
    shown = ", ".join(classes[:10]) + (", ..." if len(classes) > 10 else "")
    raise LabelError(
        f"there is no class {name!r}", f"0..{len(classes) - 1} or one of: {shown}", "check the spelling"
    )
