"""The class of every pixel of the images of a batch."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import final

import torch
from torch import Tensor
from torch.nn import functional as F

from striate.errors import ShapeError
from striate.records.affine import inverse, moved_points
from striate.records.targets.targets import Targets

IGNORED = 255
"""The value of a mask's pixels that nobody has named."""


@final
@dataclass(frozen=True)
class MaskTargets(Targets):
    """The class of every pixel.

    Args:
        masks: uint8 (N, H, W), class numbers, or ``IGNORED``; int16 for more classes than uint8 has numbers,
            where -1 is ignored.

    Raises:
        ShapeError: the masks are not (N, H, W).
    """

    masks: Tensor

    def __post_init__(self) -> None:
        if self.masks.ndim != 3 or self.masks.is_floating_point():
            wrong = f"masks are {self.masks.dtype} {tuple(self.masks.shape)}"
            raise ShapeError(wrong, "whole numbers (N, H, W)", "one number for each pixel")

    def __len__(self) -> int:
        return len(self.masks)

    @property
    def ignored(self) -> int:
        """The value of pixels that nobody has named."""
        return ignored_in(self.masks.dtype)

    def tensors(self) -> tuple[Tensor, ...]:
        """The masks."""
        return (self.masks,)

    def like(self, tensors: Sequence[Tensor]) -> "MaskTargets":
        """Other masks."""
        (masks,) = tensors
        return MaskTargets(masks)

    @property
    def plain(self) -> Tensor:
        """int64 (N, H, W); ``ignored`` where nobody has named a pixel."""
        return self.masks.long()

    def moved(self, affine: Tensor, size: tuple[int, int]) -> "MaskTargets":
        """Every new pixel has the class of the old pixel at its middle; what comes from outside is ignored.

        >>> mirror = torch.tensor([[[-1.0, 0.0, 2.0], [0.0, 1.0, 0.0]]])
        >>> MaskTargets(torch.tensor([[[1, 2]]])).moved(mirror, (1, 2)).masks.tolist()
        [[[2, 1]]]
        """
        back = inverse(affine.to(self.masks.device, torch.float32))
        if not back[:, 0, 1].any() and not back[:, 1, 0].any():  # scaled, shifted or mirrored, never turned
            return MaskTargets(self._picked(back, size))
        y, x = (torch.arange(side, device=back.device) + 0.5 for side in size)
        middles = torch.stack([x.repeat(size[0]), y.repeat_interleave(size[1])], dim=1)
        old = moved_points(middles.expand(len(back), -1, -1), back)
        height, width = self.masks.shape[1:]
        return self.sampled((old / old.new_tensor([width, height]) * 2 - 1).view(-1, *size, 2))

    def _picked(self, back: Tensor, size: tuple[int, int]) -> Tensor:
        """(N, *size): rows and columns of the masks, for maps under which they stay rows and columns."""
        chosen, outside = [], []
        for axis, side in ((1, size[0]), (0, size[1])):
            middles = torch.arange(side, device=back.device) + 0.5
            old = (middles * back[:, axis, axis, None] + back[:, axis, 2, None]).floor().long()
            most = self.masks.shape[1 if axis else 2] - 1
            chosen.append(old.clamp(0, most))
            outside.append((old < 0) | (old > most))
        images = torch.arange(len(self), device=back.device)[:, None, None]
        result = self.masks[images, chosen[0][:, :, None], chosen[1][:, None]]
        return result.masked_fill_(outside[0][:, :, None] | outside[1][:, None], self.ignored)

    def sampled(self, grid: Tensor, *, align_corners: bool = False) -> "MaskTargets":
        """The class of the nearest pixel at each position; positions outside are ignored.

        Args:
            grid: (N, H, W, 2), x and y in -1..1, as of ``torch.nn.functional.grid_sample``.
            align_corners: whether -1 and 1 are the middles of the outermost pixels, not their edges.
        """
        known = self.masks.float()[:, None]
        if self.ignored == IGNORED:
            known = torch.where(known == IGNORED, -1.0, known)
        found = F.grid_sample(known + 1, grid, mode="nearest", align_corners=align_corners)[:, 0].round()
        return MaskTargets(torch.where(found > 0, found - 1, self.ignored).to(self.masks.dtype))


def ignored_in(dtype: torch.dtype) -> int:
    """The value of the pixels that nobody has named, in masks of a type.

    >>> ignored_in(torch.uint8), ignored_in(torch.int16)
    (255, -1)
    """
    return -1 if dtype == torch.int16 else IGNORED
