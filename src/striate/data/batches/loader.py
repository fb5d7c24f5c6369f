"""Batches of a data set, the same for the same (seed, epoch, step), wherever and whenever one starts.

    small files  --decoded once--> uint8 (N, C, H, W) --index_select--> Batch
    an array     --prepared by the batch------------------------------> Batch
    many files   --worker processes, some batches ahead---------------> Batch

Images stay uint8: turning them to floats belongs to the device.
"""

import os
from collections.abc import Callable, Iterator
from copy import copy

import torch
from torch import Tensor
from torch.utils.data import DataLoader
from torch.utils.data import Dataset as Fetcher

from striate.data.batches.cache import Making, Prepared, cache_size, from_array, one_prepared, preparing
from striate.data.batches.class_balance import balanced
from striate.data.batches.identity_batches import identity_order
from striate.data.batches.padding import padded
from striate.data.batches.shuffle import permutation, share_of
from striate.data.dataset import Dataset
from striate.data.image_store import Array
from striate.data.preprocess import Preprocess
from striate.errors import SettingError, StriateError
from striate.records import Batch

Make = Callable[[Dataset, Preprocess], Making]
"""Makes of a data set what is kept in memory of it: (N, ...), a row for each image."""

MOST_WORKERS = 8  # by default; more rarely helps one process


class Loader:
    """Batches that depend on (seed, epoch, step) and on nothing that happened before.

    Args:
        dataset: the images.
        preprocess: makes them one size.
        batch: images in a step, over all ranks together.
        seed: of the order.
        shuffle: a new order at each epoch, and no incomplete batch unless it is the only one.
        balance: when shuffling, show every class equally often.
        per_identity: when shuffling pictures by identity, so many of each in a batch; 0 where nobody asks.
        run: identities beside each other in the order of their names that a batch holds together.
        rank: which part of every batch this process gets, 0..world-1.
        world: how many processes share a batch.
        workers: processes that decode what does not fit into memory; None takes one for each core, up to 8.
        cache_bytes: prepared data sets up to this size are decoded once and kept in memory.

    Raises:
        SettingError: ``batch`` is not a positive multiple of ``world``.
    """

    def __init__(
        self,
        dataset: Dataset,
        preprocess: Preprocess,
        batch: int,
        *,
        seed: int = 0,
        shuffle: bool = False,
        balance: bool = False,
        per_identity: int = 0,
        run: int = 1,
        rank: int = 0,
        world: int = 1,
        workers: int | None = None,
        cache_bytes: int = 2 * 1024**3,
    ) -> None:
        if batch < 1 or batch % world:
            expected = f"a positive multiple of the {world} processes" if world > 1 else "1 or more"
            raise SettingError(f"batch is {batch}", expected, f"set batch to {64 * world}")
        self.dataset, self.preprocess, self.batch = dataset, preprocess, batch
        self.seed, self.shuffle, self.rank, self.world = seed, shuffle, rank, world
        self.balance = balance
        self.workers = cores() if workers is None else workers
        self.cached = preprocess.one_size and cache_size(dataset, preprocess) <= cache_bytes
        self.per_identity, self.run = per_identity, run
        whom = dataset.annotations.identities() if per_identity and shuffle else None
        self._identities = None if whom is None else torch.from_numpy(whom)
        self._strata = torch.from_numpy(dataset.annotations.strata()) if balance else None
        self._sizes = torch.tensor([preprocess.size])
        self.replaced = False  # whether something else than images is shown
        self._make: Make = preparing
        self._kept: Prepared | None = None

    def __len__(self) -> int:
        """Steps in an epoch."""
        whole, rest = divmod(len(self.dataset), self.batch)
        return whole if self.shuffle and whole else whole + bool(rest)

    def load(self) -> None:
        """Decode the data set now instead of at the first batch, if it fits into memory.

        Raises:
            DataError: files cannot be read; all were tried, the first ten are named.
        """
        for _ in self.loading():
            pass

    def loading(self) -> Iterator[tuple[int, int]]:
        """The same, telling now and then how many images are done, of how many."""
        if self.cached and self._kept is None:
            self._kept = yield from self._make(self.dataset, self.preprocess)

    def showing(self, make: Make) -> "Loader":
        """The same steps with something else in the place of the images, made once and kept in memory."""
        other = copy(self)
        other.cached, other.replaced, other._make, other._kept = True, True, make, None
        return other

    def batches(self, epoch: int = 0, start: int = 0) -> Iterator[Batch]:
        """The steps of an epoch from ``start`` on: uint8 images, targets, int64 indices, all on the CPU.

        Raises:
            DataError: files cannot be read (all of them, when the data set is decoded at once).
        """
        self.load()
        steps = self._steps(epoch, start)
        if self._kept is not None:
            return self._from_memory(self._kept, steps)
        if isinstance(self.dataset.store, Array) and self.preprocess.one_size:
            return self._from_array(self.dataset.store, steps)
        return self._from_files(list(steps))

    def _steps(self, epoch: int, start: int) -> Iterator[Tensor]:
        """The indices of this rank, step by step."""
        count = len(self.dataset)
        if self._identities is not None:
            known, each = self._identities, self.per_identity
            order = identity_order(known, self.batch, each, self.seed, epoch, run=self.run)
        elif self.shuffle and self._strata is not None:
            order = balanced(self._strata, self.seed, epoch)
        else:
            order = permutation(count, self.seed, epoch) if self.shuffle else torch.arange(count)
        for step in range(start, len(self)):
            yield share_of(order[step * self.batch : (step + 1) * self.batch], self.rank, self.world)

    def _batch(self, images: Tensor, indices: Tensor, affines: Tensor | None) -> Batch:
        known = self.dataset.annotations
        targets = (
            known.collate(indices)
            if affines is None
            else known.placed(indices, affines, self.preprocess.size)
        )
        return Batch(images, self._sizes.expand(len(indices), 2), indices, targets)

    def _from_memory(self, kept: Prepared, steps: Iterator[Tensor]) -> Iterator[Batch]:
        pixels = kept.images.numpy()  # numpy just copies; torch wakes a team of threads for a few kilobytes
        for indices in steps:
            affines = None if kept.affines is None else kept.affines[indices]
            yield self._batch(torch.from_numpy(pixels[indices.numpy()]), indices, affines)

    def _from_array(self, store: Array, steps: Iterator[Tensor]) -> Iterator[Batch]:
        affine = self.preprocess.affine(store.size) if self.dataset.annotations.spatial else None
        for indices in steps:
            affines = None if affine is None else affine.expand(len(indices), 2, 3)
            yield self._batch(from_array(self.dataset, self.preprocess, indices), indices, affines)

    def _from_files(self, steps: list[Tensor]) -> Iterator[Batch]:
        loader = DataLoader(
            Decoder(self.dataset, self.preprocess, steps),
            batch_size=None,
            num_workers=self.workers,
            prefetch_factor=2 if self.workers else None,
            generator=torch.Generator(),  # else torch would draw from the global one
        )
        for batch in loader:
            if isinstance(batch, StriateError):
                raise batch
            yield batch


class Decoder(Fetcher[Batch | StriateError]):
    """Whole batches by step number, decoded in a worker process.

    The error of a bad file is returned, not raised: torch would raise it again as an error of another kind.
    """

    def __init__(self, dataset: Dataset, preprocess: Preprocess, steps: list[Tensor]) -> None:
        self.dataset, self.preprocess, self.steps = dataset, preprocess, steps

    def __len__(self) -> int:
        return len(self.steps)

    def __getitem__(self, step: int) -> Batch | StriateError:
        try:
            return self._batch(self.steps[step])
        except StriateError as reason:
            return reason

    def _batch(self, indices: Tensor) -> Batch:
        pairs = [one_prepared(self.dataset, self.preprocess, index) for index in indices.tolist()]
        if pairs:
            always = self.preprocess.always_padded
            images, sizes = padded([image for image, _ in pairs], always=always)
        else:  # a rank that is left without images
            shape = (0, self.preprocess.channels, *self.preprocess.size)
            images, sizes = torch.empty(shape, dtype=torch.uint8), torch.empty(0, 2, dtype=torch.int64)
        known, affines = self.dataset.annotations, [affine for _, affine in pairs if affine is not None]
        size = (images.shape[2], images.shape[3])
        targets = known.placed(indices, torch.stack(affines), size) if affines else known.collate(indices)
        return Batch(images, sizes, indices, targets)


def cores() -> int:
    """The processor cores that this process may use, up to ``MOST_WORKERS``."""
    return min(len(os.sched_getaffinity(0)), MOST_WORKERS) if hasattr(os, "sched_getaffinity") else 1
