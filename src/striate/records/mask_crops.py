"""Masks of objects, each cut out of its picture: what is kept of a mask is its window, not the picture.

    . . . .
    . # # .      window (1, 1, 3, 3)      pixels 1 1 0 1
    . . # .

The crops of all objects lie one after the other in one tensor, so that targets travel as a few tensors.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import final

import torch
from torch import Tensor

from striate.errors import ShapeError
from striate.records.affine import clipped_boxes, inverse, moved_boxes

CENTER = 0.5
"""The middle of the first pixel."""


@final
@dataclass(frozen=True)
class MaskCrops:
    """The masks of M objects on pictures of one size.

    Args:
        pixels: uint8 (P,), 0 or 1, the crops one after the other, row by row.
        windows: int64 (M, 4), x1, y1, x2, y2: where each crop lies, whole pixels; empty without a pixel.
        known: bool (M,), whether anybody has drawn a mask of the object.
        size: (H, W) of the pictures, pixels.

    Raises:
        ShapeError: the pixels do not fill the windows.

    >>> masks = MaskCrops.of(torch.tensor([[[0, 0, 0], [0, 1, 1]]]) > 0)
    >>> masks.windows.tolist(), masks.pixels.tolist(), masks.mask(0).int().tolist()
    ([[1, 1, 3, 2]], [1, 1], [[0, 0, 0], [0, 1, 1]])
    """

    pixels: Tensor
    windows: Tensor
    known: Tensor
    size: tuple[int, int]

    def __post_init__(self) -> None:
        count, windows = int(self.lengths.sum()) if self.windows.ndim == 2 else -1, tuple(self.windows.shape)
        if windows[1:] != (4,) or self.known.shape != windows[:1] or self.pixels.shape != (count,):
            raise ShapeError(
                f"pixels are {tuple(self.pixels.shape)}, windows {windows}, known {tuple(self.known.shape)}",
                "as many pixels as the windows have, (M, 4) and (M,)",
                "MaskCrops.of(masks)",
            )

    @classmethod
    def of(cls, masks: Tensor) -> "MaskCrops":
        """The crops of whole masks, bool (M, H, W)."""
        size = (masks.shape[1], masks.shape[2])
        return cls.gathered([_tight(one, 0, 0) for one in masks], size)

    @classmethod
    def gathered(cls, crops: Sequence[tuple[Tensor, int, int] | None], size: tuple[int, int]) -> "MaskCrops":
        """Crops of objects: bool (h, w), and the column and row where it begins; None where nobody knows."""
        pixels = [one[0].flatten().to(torch.uint8) for one in crops if one is not None]
        windows = [(0, 0, 0, 0) if one is None else _window(*one) for one in crops]
        device = pixels[0].device if pixels else torch.device("cpu")
        return cls(
            torch.cat([torch.zeros(0, dtype=torch.uint8, device=device), *pixels]),
            torch.tensor(windows, dtype=torch.int64, device=device).reshape(-1, 4),
            torch.tensor([one is not None for one in crops], dtype=torch.bool, device=device),
            size,
        )

    def __len__(self) -> int:
        return len(self.windows)

    @property
    def lengths(self) -> Tensor:
        """int64 (M,): pixels of each window."""
        return (self.windows[:, 2:] - self.windows[:, :2]).prod(1)

    @property
    def areas(self) -> Tensor:
        """int64 (M,): pixels of each mask."""
        return torch.tensor([int(self.crop(number).sum()) for number in range(len(self))], dtype=torch.int64)

    def crop(self, number: int) -> Tensor:
        """bool (h, w): one object in its window."""
        end = int(self.lengths[: number + 1].sum())
        x1, y1, x2, y2 = self.windows[number].tolist()
        return self.pixels[end - (y2 - y1) * (x2 - x1) : end].view(y2 - y1, x2 - x1) > 0

    def mask(self, number: int) -> Tensor:
        """bool (H, W): one object in its picture."""
        result = torch.zeros(self.size, dtype=torch.bool, device=self.pixels.device)
        x1, y1, x2, y2 = self.windows[number].tolist()
        result[y1:y2, x1:x2] = self.crop(number)
        return result

    def where(self, chosen: Tensor) -> "MaskCrops":
        """Some of the objects: bool (M,), or their numbers in the order wanted."""
        numbers = chosen.nonzero().squeeze(1) if chosen.dtype == torch.bool else chosen
        lengths = self.lengths
        ends = lengths.cumsum(0)
        parts = [self.pixels[ends[one] - lengths[one] : ends[one]] for one in numbers.tolist()]
        pixels = torch.cat([self.pixels[:0], *parts])
        return replace(self, pixels=pixels, windows=self.windows[numbers], known=self.known[numbers])

    def joined(self, others: Sequence["MaskCrops"]) -> "MaskCrops":
        """These, and then those of other pictures; the size is the largest."""
        every = (self, *others)
        height, width = (max(one.size[axis] for one in every) for axis in (0, 1))
        pixels, windows = torch.cat([one.pixels for one in every]), torch.cat([one.windows for one in every])
        return MaskCrops(pixels, windows, torch.cat([one.known for one in every]), (height, width))

    def tensors(self) -> tuple[Tensor, ...]:
        """Pixels, windows, known."""
        return self.pixels, self.windows, self.known

    def like(self, tensors: Sequence[Tensor]) -> "MaskCrops":
        """Other crops on pictures of the same size."""
        pixels, windows, known = tensors
        return MaskCrops(pixels, windows, known, self.size)

    def moved(self, affine: Tensor, size: tuple[int, int]) -> "MaskCrops":
        """The masks in pictures that were moved: every new pixel is the old pixel at its middle.

        Args:
            affine: (M, 2, 3), of the picture of each object.
            size: (H, W) of the new pictures, pixels.

        >>> mirror = torch.tensor([[[-1.0, 0.0, 3.0], [0.0, 1.0, 0.0]]])
        >>> MaskCrops.of(torch.tensor([[[1, 1, 0]]]) > 0).moved(mirror, (1, 3)).mask(0).int().tolist()
        [[0, 1, 1]]
        """
        affine = affine.to(self.windows.device, torch.float32)
        outer = clipped_boxes(moved_boxes(self.windows.float(), affine), size)
        corners = torch.cat([outer[:, :2].floor(), outer[:, 2:].ceil()], dim=1).long()
        back, rows = inverse(affine), list[tuple[Tensor, int, int] | None]()
        for number, (x1, y1, x2, y2) in enumerate(corners.tolist()):
            if not self.known[number]:
                rows.append(None)
            elif x2 <= x1 or y2 <= y1:
                rows.append((self.pixels.new_zeros(0, 0, dtype=torch.bool), 0, 0))
            else:
                rows.append((self._sampled(number, back[number], (x1, y1, x2, y2)), x1, y1))
        return self.gathered(rows, size)

    def _sampled(self, number: int, back: Tensor, window: tuple[int, int, int, int]) -> Tensor:
        """bool (h, w): the old pixels at the middles of those of a new window."""
        x1, y1, x2, y2 = window
        x = torch.arange(x1, x2, device=back.device) + CENTER
        y = torch.arange(y1, y2, device=back.device)[:, None] + CENTER
        left, top, right, bottom = self.windows[number].tolist()
        column = (back[0, 0] * x + back[0, 1] * y + back[0, 2]).floor().long() - left
        row = (back[1, 0] * x + back[1, 1] * y + back[1, 2]).floor().long() - top
        inside: Tensor = (column >= 0) & (column < right - left) & (row >= 0) & (row < bottom - top)
        crop = self.crop(number)
        if not crop.numel():
            return inside
        found: Tensor = crop[row.clamp(0, bottom - top - 1), column.clamp(0, right - left - 1)]
        return found & inside


def _tight(mask: Tensor, left: int, top: int) -> tuple[Tensor, int, int]:
    """The smallest window that holds all pixels of a mask."""
    rows, columns = (mask.any(axis).nonzero().squeeze(1) for axis in (1, 0))
    if not len(rows):
        return mask[:0, :0], left, top
    y, x = int(rows[0]), int(columns[0])
    return mask[y : int(rows[-1]) + 1, x : int(columns[-1]) + 1], left + x, top + y


def _window(bits: Tensor, left: int, top: int) -> tuple[int, int, int, int]:
    height, width = bits.shape
    return (left, top, left + width, top + height)
