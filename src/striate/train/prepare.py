"""What is done to a batch before the network sees it: move, augment, mix, smooth.

    uint8 Batch --device--> augment --> mixup | cutmix --> label smoothing --> Batch

All that is random here is a function of (seed, rank, step): a step can be repeated, anywhere.
"""

from dataclasses import replace

import torch

from striate.data.augment import Augment
from striate.data.mix import cutmix, mixup, smooth_labels
from striate.data.order import seed_from
from striate.records import Batch
from striate.train.settings import Settings


class Prepare:
    """Batches made ready for training.

    Args:
        augment: what happens to the pictures.
        settings: mixup, cutmix, label_smoothing and seed of it.
        classes: K.
        device: on which it is done.
        rank: of this process.
    """

    def __init__(
        self, augment: Augment, settings: Settings, classes: int, *, device: torch.device, rank: int
    ) -> None:
        self.augment, self.settings, self.classes = augment, settings, classes
        self.device, self.rank = device, rank
        self.generator = torch.Generator()  # of the CPU: the same numbers for every device

    def __call__(self, batch: Batch, step: int) -> Batch:
        """The batch as step ``step`` sees it. Also seeds torch, for networks with dropout."""
        seed = seed_from(self.settings.seed, self.rank, step)
        torch.default_generator.manual_seed(seed)
        if self.device.type == "cuda":
            torch.cuda.manual_seed(seed)
        self.generator.manual_seed(seed)
        batch = batch.to(self.device)
        batch = replace(batch, images=self.augment(batch.images, self.generator))
        return self._smoothed(self._mixed(batch, step))

    def _mixed(self, batch: Batch, step: int) -> Batch:
        """Mixup and cutmix take turns when both are on."""
        mixing, pasting = self.settings.mixup, self.settings.cutmix
        if mixing and not (pasting and step % 2):
            return mixup(batch, self.classes, mixing, self.generator)
        return cutmix(batch, self.classes, pasting, self.generator) if pasting else batch

    def _smoothed(self, batch: Batch) -> Batch:
        share = self.settings.label_smoothing
        return smooth_labels(batch, self.classes, share) if share else batch
