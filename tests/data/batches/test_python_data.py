"""Batches of data sets of somebody's own: decoded once, in this process, and in others."""

from typing import Any

import pytest
import torch

from striate.data.batches.loader import Loader
from striate.data.dataset import Dataset
from striate.data.preprocess import Preprocess
from striate.data.read_dataset import read
from striate.errors import DataError


class Levels(torch.utils.data.Dataset[Any]):
    """Picture i has the grey level i; its mask is its class."""

    def __init__(self, *, masks: bool = False, broken: int = -1) -> None:
        self.masks, self.broken = masks, broken

    def __len__(self) -> int:
        return 12

    def __getitem__(self, index: int) -> Any:
        if index == self.broken:
            raise OSError("the disk is gone")
        mask = torch.full((6, 6), index % 2, dtype=torch.uint8)
        return torch.full((1, 6, 6), index, dtype=torch.uint8), mask if self.masks else index % 2


def whole(data: Any) -> Dataset:
    return read(data, validation=0)["train"]


@pytest.mark.parametrize("masks", [False, True])
@pytest.mark.parametrize(("workers", "cache"), [(0, 2**20), (0, 0), (2, 0)])
def test_processes_memory_and_this_process_give_the_same_batches(
    masks: bool, workers: int, cache: int
) -> None:
    data = whole(Levels(masks=masks))
    loader = Loader(data, Preprocess((6, 6), 1, (0.5,), (0.5,)), 5, workers=workers, cache_bytes=cache)
    batches = list(loader.batches())
    levels = torch.cat([batch.images[:, 0, 0, 0] for batch in batches])
    assert levels.tolist() == list(range(12))
    known = torch.cat([batch.targets.tensors()[0].reshape(len(batch), -1)[:, 0] for batch in batches])
    assert known.tolist() == [index % 2 for index in range(12)]


def test_an_error_in_a_worker_names_the_picture() -> None:
    data = whole(Levels())
    data.store.items.parts[0].dataset.broken = 7  # type: ignore[attr-defined]
    loader = Loader(data, Preprocess((6, 6), 1, (0.5,), (0.5,)), 4, workers=2, cache_bytes=0)
    with pytest.raises(DataError, match=r"Levels\[7\] cannot be read \(OSError: the disk is gone\)"):
        list(loader.batches())
