"""Images of one size with their targets."""

from dataclasses import dataclass, replace

import torch
from torch import Tensor

from striate.records.targets.targets import Targets


@dataclass(frozen=True)
class Batch:
    """Images of one size with their targets.

    Args:
        images: uint8 (N, C, H, W), or float 0..1 once they were augmented on the device.
        sizes: int64 (N, 2), H and W of the pictures inside ``images``, pixels. They begin at the top left;
            what lies beyond is padding.
        indices: int64 (N,), the number of every image in its data set, so that an error can name the file.
        targets: of these images.
    """

    images: Tensor
    sizes: Tensor
    indices: Tensor
    targets: Targets

    @classmethod
    def full(cls, images: Tensor, indices: Tensor, targets: Targets) -> "Batch":
        """Images that fill their size, without padding."""
        sizes = torch.tensor([images.shape[2:]]).expand(len(images), 2)
        return cls(images, sizes, indices, targets)

    def __len__(self) -> int:
        return len(self.images)

    def to(self, device: torch.device) -> "Batch":
        """The same batch with images and targets on another device."""
        images = self.images.to(device, non_blocking=True)
        return replace(self, images=images, targets=self.targets.to(device))
