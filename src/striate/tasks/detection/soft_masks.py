"""Masks as a network gives them: soft crops of 28 x 28 pixels, and the boxes over which they are stretched.

A hundred of them take 0.3 megabytes whatever the size of the picture; pixels are made when somebody asks.
"""

from dataclasses import dataclass, replace
from typing import final

import torch
from torch import Tensor

from striate.errors import ShapeError
from striate.ops import paste_masks, paste_window
from striate.records import BitMasks, InstanceMasks
from striate.records.instance_masks import scaled_boxes
from striate.records.mask_crops import MaskCrops


@final
@dataclass(frozen=True)
class SoftMasks(InstanceMasks):
    """The masks of M objects.

    Args:
        crops: float32 (M, S, S), 0..1.
        boxes: float32 (M, 4), two corners, pixels; they may reach out of the picture.
        size: (H, W) of the picture, pixels.
        threshold: a pixel above it belongs to the object.

    Raises:
        ShapeError: the shapes do not belong together.

    >>> masks = SoftMasks(torch.ones(1, 4, 4), torch.tensor([[1.0, 1.0, 5.0, 3.0]]), (3, 7))
    >>> masks.mask(0).int().tolist(), masks.areas.tolist()
    ([[0, 0, 0, 0, 0, 0, 0], [0, 1, 1, 1, 1, 1, 0], [0, 1, 1, 1, 1, 1, 0]], [10])
    """

    crops: Tensor
    boxes: Tensor
    size: tuple[int, int]
    threshold: float = 0.5

    def __post_init__(self) -> None:
        shape = tuple(self.crops.shape)
        if len(shape) != 3 or shape[1] != shape[2] or self.boxes.shape != (shape[0], 4):
            raise ShapeError(
                f"crops are {shape}, boxes {tuple(self.boxes.shape)}",
                "(M, S, S) and (M, 4)",
                "a box for each",
            )

    def __len__(self) -> int:
        return len(self.crops)

    def window(self, number: int) -> tuple[Tensor, int, int]:
        """The part of the picture that the box of an object covers."""
        return paste_window(self.crops[number], self.boxes[number], self.size, self.threshold)

    def pasted(self) -> Tensor:
        """bool (M, H, W), all at once."""
        return paste_masks(self.crops, self.boxes, self.size, self.threshold)

    def where(self, chosen: Tensor) -> "SoftMasks":
        """Some of the objects."""
        return replace(self, crops=self.crops[chosen], boxes=self.boxes[chosen])

    def moved(self, affine: Tensor, size: tuple[int, int]) -> InstanceMasks:
        """Crops with other boxes; a picture that was turned gets pixels."""
        if affine[0, 1] or affine[1, 0]:
            bits = MaskCrops.gathered([self.window(number) for number in range(len(self))], self.size)
            return BitMasks(bits).moved(affine, size)
        axes = [axis for axis, scale in ((2, affine[0, 0]), (1, affine[1, 1])) if scale < 0]
        crops = torch.flip(self.crops, axes)
        return replace(self, crops=crops, boxes=scaled_boxes(self.boxes, affine), size=size)
