"""What is done to a batch before the network sees it: move, augment, shrink, and what the task asks for.

    uint8 Batch --device--> augment --> shrink (early steps) --> the task's own (mixup, mosaic, ...) --> Batch

All that is random here is a function of (seed, rank, step): a step can be repeated, anywhere.
"""

from collections.abc import Callable
from dataclasses import replace

import torch
from torch.nn import functional as F

from striate.data.augment.augment import Augment
from striate.data.augment.user_augment import UserAugment
from striate.data.batches.shuffle import seed_from
from striate.records import Batch
from striate.records.affine import scaling
from striate.tasks.model import BatchTransform
from striate.train.run.settings import Settings

EARLY, MIDDLE = 0.4, 0.6
"""Shares of the steps at which pictures that grow reach half of the missing size, and all of it."""


class BatchTransforms:
    """Batches made ready for training.

    Args:
        augment: what happens to the pictures.
        settings: seed and progressive_resizing of it.
        of_task: what the task does to whole batches; None for nothing.
        device: on which it is done.
        rank: of this process.
        steps: in the whole training.

    Attributes:
        position: where the schedule stands at a step, 0..steps; another function in a training with a budget.
    """

    def __init__(
        self,
        augment: Augment | UserAugment,
        settings: Settings,
        of_task: BatchTransform | None,
        *,
        device: torch.device,
        rank: int,
        steps: int,
    ) -> None:
        self.augment, self.settings, self.of_task = augment, settings, of_task
        self.device, self.rank, self.steps = device, rank, steps
        self.position: Callable[[int], float] = float
        self.generator = torch.Generator()  # of the CPU: the same numbers for every device

    def __call__(self, batch: Batch, step: int) -> Batch:
        """The batch as step ``step`` sees it. Also seeds torch, for networks with dropout."""
        seed = seed_from(self.settings.seed, self.rank, step)
        torch.default_generator.manual_seed(seed)
        if self.device.type == "cuda":
            torch.cuda.manual_seed(seed)
        self.generator.manual_seed(seed)
        batch = self._shrunk(self.augment.on(batch.to(self.device), self.generator), step)
        return self.of_task(batch, self.generator, step) if self.of_task else batch

    def _shrunk(self, batch: Batch, step: int) -> Batch:
        share = grown(self.settings.progressive_resizing, self.position(step) / self.steps)
        if share == 1:
            return batch
        tall, wide = batch.images.shape[2:]
        height, width = (max(1, round(side * share)) for side in (tall, wide))
        images = F.interpolate(batch.images, [height, width], mode="bilinear", antialias=True)
        targets, factors = batch.targets, (height / tall, width / wide)
        if targets.spatial:
            affine = scaling(factors[1], factors[0]).expand(len(batch), 2, 3)
            targets = targets.moved(affine.to(self.device), (height, width))
        sizes = (batch.sizes * torch.tensor(factors)).round().long()
        return replace(batch, images=images, sizes=sizes, targets=targets)


def grown(share: float, done: float) -> float:
    """The share of the size at a moment 0..1 of the training: small pictures teach the most in a given time.

    >>> grown(0.5, 0.0), grown(0.5, 0.4), grown(0.5, 0.6)
    (0.5, 0.75, 1.0)
    """
    return share if done < EARLY else (1 + share) / 2 if done < MIDDLE else 1.0
