"""Where named points of an image are: the joints of a body, the landmarks of a face."""

from dataclasses import dataclass, replace
from typing import Any, ClassVar

from torch import Tensor

from striate.arguments import checked_methods
from striate.errors import ShapeError
from striate.records.affine import moved_points
from striate.records.record import Record


@checked_methods
@dataclass(frozen=True)
class Pose(Record):
    """L named points of one image.

    Args:
        points: float32 (L, 2), x and y, pixels.
        scores: float32 (L,), how sure each of them is, 0..1; ones where the network does not say.
        names: L names.
        skeleton: pairs of numbers of points that a line joins in a drawing.
        source: the file it came from, or "".

    Raises:
        ShapeError: the shapes do not belong together.

    >>> import torch
    >>> Pose(torch.tensor([[1.0, 2.0]]), torch.ones(1), ("nose",)).named()
    {'nose': (1.0, 2.0)}
    """

    points: Tensor
    scores: Tensor
    names: tuple[str, ...]
    skeleton: tuple[tuple[int, int], ...] = ()
    source: str = ""
    spatial: ClassVar[bool] = True

    def __post_init__(self) -> None:
        count = len(self.names)
        if self.points.shape != (count, 2) or self.scores.shape != (count,):
            raise ShapeError(
                f"points are {tuple(self.points.shape)}, scores {tuple(self.scores.shape)}",
                f"({count}, 2) and ({count},), one row for each name",
                "pass the answer to one image",
            )

    def named(self) -> dict[str, tuple[float, float]]:
        """{name: (x, y)}."""
        pairs = zip(self.names, self.points.tolist(), strict=True)
        return {name: (x, y) for name, (x, y) in pairs}

    def in_words(self, top: int = 3) -> str:
        """``nose 12, 30  tail 88, 91``: all points."""
        return "  ".join(f"{name} {x:.0f}, {y:.0f}" for name, (x, y) in self.named().items())

    def moved(self, affine: Tensor, size: tuple[int, int]) -> "Pose":
        """The same points in another picture; they may lie outside of it."""
        return replace(self, points=moved_points(self.points[None], affine[None])[0])

    def to_dict(self) -> dict[str, Any]:
        """Plain Python values, ready for JSON."""
        scores = self.scores.tolist()
        points = [
            {"name": name, "x": x, "y": y, "score": score}
            for (name, (x, y)), score in zip(self.named().items(), scores, strict=True)
        ]
        return {"source": self.source, "points": points, "skeleton": [list(pair) for pair in self.skeleton]}
