"""The masks of the objects of one image, kept small until somebody asks for pixels.

    .mask(3)          bool (H, W), one object
    .pasted()         bool (M, H, W), all of them: M pictures of memory
    .run_lengths(3)   COCO's words for it, as many numbers as its border is long
    .polygons(3)      its rings, along the edges of pixels

A detector gives soft crops of 28 x 28 pixels with their boxes; a file gives bits in a window.
"""

from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any, Self, final

import torch
from torch import Tensor

from striate.errors import ShapeError
from striate.records.affine import moved_boxes
from striate.records.mask_crops import MaskCrops
from striate.records.rings import rings
from striate.records.run_lengths import bits_of, packed, unpacked, window_counts


class InstanceMasks(ABC):
    """The masks of M objects.

    Attributes:
        size: (H, W) of the picture, pixels.
    """

    size: tuple[int, int]

    @abstractmethod
    def __len__(self) -> int:
        """M."""

    @abstractmethod
    def window(self, number: int) -> tuple[Tensor, int, int]:
        """bool (h, w), the part of the picture that holds an object, and its first column and row."""

    @abstractmethod
    def where(self, chosen: Tensor) -> Self:
        """Some of the objects: bool (M,), or their numbers in the order wanted."""

    @abstractmethod
    def moved(self, affine: Tensor, size: tuple[int, int]) -> "InstanceMasks":
        """The masks in another picture; see ``Record.moved``."""

    def mask(self, number: int) -> Tensor:
        """bool (H, W): the pixels of one object."""
        bits, left, top = self.window(number)
        result = torch.zeros(self.size, dtype=torch.bool)
        result[top : top + bits.shape[0], left : left + bits.shape[1]] = bits
        return result

    def pasted(self) -> Tensor:
        """bool (M, H, W): the pixels of every object. It has the memory of M pictures."""
        result = torch.zeros(len(self), *self.size, dtype=torch.bool)
        for number in range(len(self)):
            bits, left, top = self.window(number)
            result[number, top : top + bits.shape[0], left : left + bits.shape[1]] = bits
        return result

    @property
    def areas(self) -> Tensor:
        """int64 (M,): pixels of each object."""
        return torch.tensor([int(self.window(one)[0].sum()) for one in range(len(self))], dtype=torch.int64)

    def run_lengths(self, number: int) -> dict[str, Any]:
        """One object in COCO's words: ``{"size": [H, W], "counts": "..."}``."""
        return {"size": list(self.size), "counts": packed(window_counts(*self.window(number), self.size))}

    def polygons(self, number: int) -> list[list[float]]:
        """The rings of one object, x, y, x, y, ... along the edges of its pixels.

        A hole is a ring too: filled by the even-odd rule, the rings are the mask.
        """
        bits, left, top = self.window(number)
        return [[value + (left, top)[axis % 2] for axis, value in enumerate(ring)] for ring in rings(bits)]


@final
@dataclass(frozen=True)
class BitMasks(InstanceMasks):
    """Masks whose pixels are known.

    Args:
        crops: of all objects.

    >>> masks = BitMasks(MaskCrops.of(torch.tensor([[[0, 0, 0], [0, 1, 1]]]) > 0))
    >>> masks.run_lengths(0), masks.polygons(0), masks.areas.tolist()
    ({'size': [2, 3], 'counts': '3110'}, [[1, 1, 3, 1, 3, 2, 1, 2]], [2])
    """

    crops: MaskCrops

    @property
    def size(self) -> tuple[int, int]:  # type: ignore[override]
        """(H, W) of the picture, pixels."""
        return self.crops.size

    @classmethod
    def from_run_lengths(cls, runs: Sequence[Any], size: tuple[int, int]) -> "BitMasks":
        """The inverse of ``run_lengths``; None in the place of a mask that nobody knows.

        Raises:
            ShapeError: the runs are of another size, or do not fill it.
        """
        return cls(MaskCrops.gathered([_crop(one, size) for one in runs], size))

    def __len__(self) -> int:
        return len(self.crops)

    def window(self, number: int) -> tuple[Tensor, int, int]:
        """The crop of an object."""
        left, top, _, _ = self.crops.windows[number].tolist()
        return self.crops.crop(number), left, top

    def where(self, chosen: Tensor) -> "BitMasks":
        """Some of the objects."""
        return BitMasks(self.crops.where(chosen))

    def moved(self, affine: Tensor, size: tuple[int, int]) -> "BitMasks":
        """The nearest pixels in another picture."""
        return BitMasks(self.crops.moved(affine.expand(len(self), 2, 3), size))


def _crop(runs: Any, size: tuple[int, int]) -> tuple[Tensor, int, int] | None:
    """The pixels of run lengths in their window."""
    if runs is None:
        return None
    counts = runs["counts"]
    numbers = unpacked(counts) if isinstance(counts, str) else list(counts)
    height, width = size
    if tuple(runs["size"]) != size or sum(numbers) != height * width or min(numbers, default=0) < 0:
        raise ShapeError(
            f"run lengths of {sum(numbers)} pixels with the size {list(runs['size'])}",
            f"{height * width} pixels, the size {[height, width]}",
            "the masks of this picture",
        )
    crops = MaskCrops.of(bits_of(numbers, size)[None])
    left, top, _, _ = crops.windows[0].tolist()
    return crops.crop(0), left, top


@final
@dataclass(frozen=True)
class InstanceJoints:
    """J named points of each of M objects.

    Args:
        points: float32 (M, J, 2), x and y, pixels.
        scores: float32 (M, J), how sure each is, 0..1.
        names: J names.
        skeleton: pairs of numbers of points that a line joins in a drawing.

    Raises:
        ShapeError: the shapes do not belong together.
    """

    points: Tensor
    scores: Tensor
    names: tuple[str, ...]
    skeleton: tuple[tuple[int, int], ...] = ()

    def __post_init__(self) -> None:
        shape = (len(self.scores), len(self.names))
        if self.points.shape != (*shape, 2) or self.scores.shape != shape:
            raise ShapeError(
                f"points are {tuple(self.points.shape)}, scores {tuple(self.scores.shape)}",
                f"(M, {len(self.names)}, 2) and (M, {len(self.names)})",
                "one row for each object, one column for each name",
            )

    def __len__(self) -> int:
        return len(self.points)

    def where(self, chosen: Tensor) -> "InstanceJoints":
        """Some of the objects: bool (M,), or their numbers in the order wanted."""
        return replace(self, points=self.points[chosen], scores=self.scores[chosen])

    def moved(self, affine: Tensor) -> "InstanceJoints":
        """The same points in another picture; they may lie outside of it."""
        affine = affine.to(self.points)
        return replace(self, points=self.points @ affine[:, :2].T + affine[:, 2])


def scaled_boxes(boxes: Tensor, affine: Tensor) -> Tensor:
    """Boxes (M, 4) in another picture, not clipped."""
    return moved_boxes(boxes, affine.to(boxes).expand(len(boxes), 2, 3))
