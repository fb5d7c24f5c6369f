"""Samples in a batch, for a loop of one's own: what ``torch.utils.data.DataLoader`` asks of ``collate_fn``.

    [Sample, Sample, ...] --Collate(model.preprocess)--> Batch

The numbers of a batch are those of the samples in it; the order of an epoch belongs to the loop.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import torch

from striate.data.batches.padding import padded
from striate.data.preprocess import Preprocess
from striate.errors import DataError
from striate.records import Batch, Sample, Targets


@dataclass(frozen=True)
class Collate:
    """Pictures of any size and their targets -> a ``Batch`` that a task model learns from.

    Args:
        preprocess: of the model.
    """

    preprocess: Preprocess

    def __call__(self, samples: Sequence[Sample]) -> Batch:
        """Pictures as the model takes them, and targets in their pixels.

        Raises:
            DataError: of a sample nothing is known.
        """
        images, sizes = padded(
            [self.preprocess(one.image) for one in samples], always=self.preprocess.always_padded
        )
        return Batch(images, sizes, torch.arange(len(samples)), self._targets(samples, images.shape[2:]))

    def _targets(self, samples: Sequence[Sample], size: Sequence[int]) -> Targets:
        height, width = size
        every = []
        for one in samples:
            if one.targets is None:
                wrong = f"nothing is known of {one.source or 'a sample'}"
                raise DataError(wrong, "targets of every sample", "Sample(image, targets)")
            affine = self.preprocess.affine((one.image.shape[1], one.image.shape[2]))
            every.append(one.targets.moved(affine[None], (height, width)))
        first, *others = every
        return first.joined(others)
