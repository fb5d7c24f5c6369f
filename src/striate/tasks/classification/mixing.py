"""What classification does to whole batches: pictures are mixed, labels become shares of classes.

augmented batch --> mixup | cutmix (in turns when both are on) --> label smoothing --> Batch
"""

from dataclasses import dataclass

import torch

from striate.data.augment.mixup_cutmix import cutmix, mixup, smooth_labels
from striate.records import Batch


@dataclass(frozen=True)
class Mixing:
    """How the pictures of a batch and their labels are mixed.

    Args:
        classes: K.
        mixup: alpha of mixing pairs of pictures; 0 is off.
        cutmix: alpha of pasting parts of pictures; 0 is off.
        smoothing: share of a label that is spread over all classes, 0..<1.
    """

    classes: int
    mixup: float
    cutmix: float
    smoothing: float

    def __call__(self, batch: Batch, generator: torch.Generator, step: int) -> Batch:
        """The batch of step ``step``, mixed by numbers from the generator."""
        if self.mixup and not (self.cutmix and step % 2):
            batch = mixup(batch, self.classes, self.mixup, generator)
        elif self.cutmix:
            batch = cutmix(batch, self.classes, self.cutmix, generator)
        return smooth_labels(batch, self.classes, self.smoothing) if self.smoothing else batch
