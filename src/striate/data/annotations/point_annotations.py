"""The same named points on every picture: landmarks of a face, joints of a body."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any, ClassVar, final

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from striate.data.annotations.annotations import Annotations
from striate.data.checks.findings import Finding
from striate.data.joints import Joints
from striate.errors import LabelError, ShapeError
from striate.records import PointTargets


@final
@dataclass(frozen=True)
class PointAnnotations(Annotations):
    """L named points on each picture.

    Args:
        points: float32 (N, L, 2), x and y, pixels of the file.
        visible: bool (N, L), the points whose position is known.
        scale: float32 (N,), the length in pixels by which errors are divided.
        joints: their names, mirror pairs and skeleton.

    Raises:
        ShapeError: the columns do not belong together.
    """

    points: NDArray[np.float32]
    visible: NDArray[np.bool_]
    scale: NDArray[np.float32]
    joints: Joints
    task: ClassVar[str] = "landmarks"
    shown: ClassVar[str] = "points"
    noun: ClassVar[str] = "point"

    def __post_init__(self) -> None:
        shape = (len(self.scale), len(self.joints.names))
        if self.points.shape != (*shape, 2) or self.visible.shape != shape:
            raise ShapeError(
                f"points are {self.points.shape}, visible {self.visible.shape}",
                f"({shape[0]}, {shape[1]}, 2) and ({shape[0]}, {shape[1]})",
                "one row for each picture, one column for each name",
            )

    @property
    def classes(self) -> tuple[str, ...]:  # type: ignore[override]
        """The names of the points."""
        return self.joints.names

    @property
    def numbered(self) -> bool:
        """Whether the points have numbers for names."""
        return all(name.isdecimal() for name in self.joints.names)

    def __len__(self) -> int:
        return len(self.points)

    def subset(self, indices: NDArray[np.int64]) -> "PointAnnotations":
        """The points of some pictures."""
        return replace(
            self, points=self.points[indices], visible=self.visible[indices], scale=self.scale[indices]
        )

    def joined(self, others: Sequence["PointAnnotations"]) -> "PointAnnotations":
        """All points."""
        parts = (self, *others)
        return replace(
            self,
            points=np.concatenate([one.points for one in parts]),
            visible=np.concatenate([one.visible for one in parts]),
            scale=np.concatenate([one.scale for one in parts]),
        )

    def remap(self, classes: tuple[str, ...]) -> "PointAnnotations":
        """The points in the order of a model, by name; those that the data lack are not visible.

        Raises:
            LabelError: the model does not know a point.
        """
        if classes == self.joints.names:
            return self
        if self.numbered and len(classes) == len(self.joints.names):  # numbers stand for any names
            return replace(self, joints=Joints(classes, self.joints.pairs, self.joints.skeleton))
        unknown = [name for name in self.joints.names if name not in classes]
        if unknown:
            raise LabelError(
                f"the model does not know the points {', '.join(unknown[:5])}",
                f"points among: {', '.join(classes[:10])}",
                "rename them, or train on these data",
            )
        order = [classes.index(name) for name in self.joints.names]
        points = np.zeros((len(self), len(classes), 2), np.float32)
        visible = np.zeros((len(self), len(classes)), np.bool_)
        points[:, order], visible[:, order] = self.points, self.visible
        return replace(self, points=points, visible=visible, joints=self.joints.renamed(classes))

    def collate(self, indices: Tensor) -> PointTargets:
        """The points of some pictures."""
        chosen = indices.numpy()
        columns = (self.points[chosen], self.visible[chosen], self.scale[chosen])
        points, visible, scale = map(torch.from_numpy, columns)
        return PointTargets(points, visible, scale, self.joints.pairs)

    def counts(self) -> NDArray[np.int64]:
        """int64 (L,): pictures on which each point is visible."""
        return np.asarray(self.visible.sum(0), np.int64)

    def strata(self) -> NDArray[np.int64]:
        """One group: no point is rarer than its picture."""
        return np.zeros(len(self), dtype=np.int64)

    def words(self, index: int) -> str:
        """Every visible point with its place."""
        named = zip(self.joints.names, self.points[index], self.visible[index], strict=True)
        return "; ".join(f"{name} at {x:g}, {y:g}" for name, (x, y), seen in named if seen) or "no point"

    def fingerprint(self) -> Any:
        """All numbers."""
        return [self.points.tolist(), self.visible.tolist(), self.scale.tolist(), list(self.joints.names)]

    def findings(self, split: NDArray[np.int8]) -> list[Finding]:
        """Points that are never visible, and two that lie on one pixel on every picture."""
        findings = [
            Finding("unseen", name, "visible on no picture")
            for name, count in zip(self.joints.names, self.counts(), strict=True)
            if not count and len(self)
        ]
        pixels = np.rint(self.points)
        for first in range(len(self.joints.names)):
            both = self.visible[:, first, None] & self.visible[:, first + 1 :]
            apart = (pixels[:, first, None] != pixels[:, first + 1 :]).any(2)
            for second in np.flatnonzero(both.any(0) & ~(both & apart).any(0)) + first + 1:
                pair = f"{self.joints.names[first]} and {self.joints.names[second]}"
                findings.append(Finding("same-point", pair, "on one pixel in every picture"))
        return findings


def extent(points: NDArray[np.float32], visible: NDArray[np.bool_]) -> NDArray[np.float32]:
    """float32 (N,): the longer side of the box around the visible points, at least one pixel."""
    low = np.where(visible[..., None], points, np.inf).min(1)
    high = np.where(visible[..., None], points, -np.inf).max(1)
    sides: Any = np.maximum(high - low, 0)
    longer = np.where(np.isfinite(sides), sides, 0).max(1)
    return np.asarray(np.maximum(longer, 1), np.float32)
