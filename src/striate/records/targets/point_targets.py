"""Where named points are on the images of a batch."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import final

import torch
from torch import Tensor

from striate.errors import ShapeError
from striate.records.affine import determinant, moved_points
from striate.records.targets.targets import Targets


@final
@dataclass(frozen=True)
class PointTargets(Targets):
    """L named points on each image.

    Args:
        points: float32 (N, L, 2), x and y, pixels; anything where a point is not visible.
        visible: bool (N, L); other points are left out of losses and metrics.
        scale: float32 (N,), the length in pixels by which errors are divided.
        pairs: numbers of points that are left and right of each other; they change places in a mirror.

    Raises:
        ShapeError: the shapes do not belong together.
    """

    points: Tensor
    visible: Tensor
    scale: Tensor
    pairs: tuple[tuple[int, int], ...] = ()

    def __post_init__(self) -> None:
        shape = tuple(self.points.shape)
        if (
            len(shape) != 3
            or shape[2] != 2
            or self.visible.shape != shape[:2]
            or self.scale.shape != shape[:1]
        ):
            raise ShapeError(
                f"points are {shape}, visible {tuple(self.visible.shape)}, scale {tuple(self.scale.shape)}",
                "(N, L, 2), (N, L) and (N,)",
                "one row for each image",
            )

    def __len__(self) -> int:
        return len(self.points)

    def tensors(self) -> tuple[Tensor, ...]:
        """Points, visible, scale."""
        return self.points, self.visible, self.scale

    def like(self, tensors: Sequence[Tensor]) -> "PointTargets":
        """Other points with the same pairs."""
        points, visible, scale = tensors
        return PointTargets(points, visible, scale, self.pairs)

    def where(self, chosen: Tensor) -> "PointTargets":
        """Some of the rows."""
        return self.like([tensor[chosen] for tensor in self.tensors()])

    def moved(self, affine: Tensor, size: tuple[int, int]) -> "PointTargets":
        """The points where they are now; outside the picture they are not visible.

        >>> points = torch.tensor([[[1.0, 2.0], [4.0, 2.0]]])
        >>> one = PointTargets(points, torch.ones(1, 2) > 0, torch.ones(1), ((0, 1),))
        >>> one.moved(torch.tensor([[[-1.0, 0.0, 10.0], [0.0, 1.0, 0.0]]]), (10, 10)).points.tolist()
        [[[6.0, 2.0], [9.0, 2.0]]]
        """
        points, visible = moved_points(self.points, affine), self.visible
        area = determinant(affine.to(points))
        if self.pairs:
            order = torch.arange(points.shape[1], device=points.device)
            left, right = torch.tensor(self.pairs, device=points.device).T
            order[left], order[right] = right, left
            mirrored = area < 0
            points = torch.where(mirrored[:, None, None], points[:, order], points)
            visible = torch.where(mirrored[:, None], visible[:, order], visible)
        height, width = size
        inside = ((points >= 0) & (points <= points.new_tensor([width, height]))).all(2)
        return replace(self, points=points, visible=visible & inside, scale=self.scale * area.abs().sqrt())
