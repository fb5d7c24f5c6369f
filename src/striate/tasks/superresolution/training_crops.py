"""Crops of photographs at full resolution, as many as an epoch has: what enlarging is learned from.

photograph 1  +--------------+      crop 0: photograph 1, at its own random position
              |  +--+  +--+  |      crop 1: photograph 1, at another one
              |  +--+  +--+  |      ...
              +--------------+
"""

import numpy as np
import torch
from torch import Tensor

from striate.data.annotations.picture_annotations import PictureAnnotations
from striate.data.batches.shuffle import seed_from
from striate.data.dataset import Dataset
from striate.data.image_store import Store
from striate.ops.mirrored import reflected

AN_EPOCH = 8_000
"""Crops of an epoch; more photographs than that give one each."""


def cropped(data: Dataset, size: tuple[int, int], seed: int) -> Dataset:
    """The data set of the crops of some photographs.

    Args:
        data: the photographs.
        size: (H, W) of the crops, pixels.
        seed: of their positions.
    """
    store = Crops(data, size, crops_each(len(data)), seed)
    return Dataset(store, PictureAnnotations(len(store)), np.arange(len(store)))


def crops_each(count: int) -> int:
    """Crops of each of so many photographs.

    >>> crops_each(10), crops_each(1_000_000)
    (800, 1)
    """
    return max(1, round(AN_EPOCH / max(count, 1)))


class Crops(Store):
    """Parts of photographs by number, those of one photograph side by side.

    Args:
        data: the photographs.
        size: (H, W); a photograph that is smaller is continued by its mirror image.
        each: crops of a photograph.
        seed: of their positions.
    """

    def __init__(self, data: Dataset, size: tuple[int, int], each: int, seed: int) -> None:
        self.data, self.size, self.each, self.seed = data, size, each, seed
        self._last: tuple[int, Tensor] | None = None  # a photograph is decoded once for all of its crops

    def __len__(self) -> int:
        return len(self.data) * self.each

    def relative(self, index: int) -> str:
        """The photograph and the number of the crop."""
        place = int(self.data.places[index // self.each])
        return f"{self.data.store.relative(place)}[{index % self.each}]"

    def name(self, index: int) -> str:
        """The file of the photograph."""
        return self.data.name(index // self.each)

    def read(self, index: int) -> Tensor:
        """uint8 (1 or 3, *size)."""
        image = self._photograph(index // self.each)
        generator = torch.Generator().manual_seed(seed_from(self.seed, 0, index))
        shares = torch.rand(2, generator=generator).tolist()
        rows, columns = (
            _positions(have, want, share)
            for have, want, share in zip(image.shape[1:], self.size, shares, strict=True)
        )
        return image[:, rows][:, :, columns]

    def _photograph(self, number: int) -> Tensor:
        last = self._last
        if last is None or last[0] != number:
            last = self._last = (number, self.data.image(number))
        return last[1]

    def __getstate__(self) -> dict[str, object]:
        return {**self.__dict__, "_last": None}


def _positions(have: int, want: int, share: float) -> Tensor | slice:
    """Where a crop lies along a side of the photograph."""
    if want <= have:
        start = int(share * (have - want + 1))
        return slice(start, start + want)
    return reflected(have, 0, want - have)
