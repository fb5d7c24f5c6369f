"""Batches: the same for the same (seed, epoch, step), from memory, an array or worker processes."""

from itertools import chain
from pathlib import Path

import numpy as np
import pytest
import torch

from striate.data.batches.loader import Loader
from striate.data.dataset import Dataset
from striate.data.image_store import Array, Files
from striate.data.preprocess import Preprocess
from striate.errors import DataError, ImageError, SettingError

TINY = Preprocess((2, 2), channels=1, mean=(0.5,), std=(0.5,))


def numbered(count):
    """Image i is all i, its label is i % 3."""
    images = np.arange(count, dtype=np.uint8)[:, None, None].repeat(2, 1).repeat(2, 2)
    return Dataset.whole(Array(images, "numbers"), np.arange(count) % 3, ("a", "b", "c"))


def files(folder: Path):
    names = sorted(path.relative_to(folder).as_posix() for path in folder.rglob("*.jpg"))
    return Dataset.whole(Files(folder, names), [0] * len(names), ("all",))


def order(loader, epoch=0, start=0):
    return [batch.indices.tolist() for batch in loader.batches(epoch, start)]


@pytest.mark.parametrize(
    ("count", "batch", "shuffle", "steps"),
    [(10, 4, 0, 3), (10, 4, 1, 2), (8, 4, 1, 2), (3, 4, 1, 1), (3, 4, 0, 1), (0, 4, 1, 0)],
)
def test_shuffling_leaves_an_incomplete_batch_out_unless_it_is_the_only_one(count, batch, shuffle, steps):
    loader = Loader(numbered(count), TINY, batch, shuffle=bool(shuffle))
    assert len(loader) == steps == len(order(loader))


def test_without_shuffling_the_order_is_the_data_sets():
    assert order(Loader(numbered(5), TINY, 2)) == [[0, 1], [2, 3], [4]]


@pytest.mark.parametrize("cache_bytes", [0, 10_000])
def test_images_labels_and_indices_belong_together(cache_bytes):
    for batch in Loader(numbered(30), TINY, 7, shuffle=True, cache_bytes=cache_bytes).batches(epoch=3):
        assert batch.images.dtype == torch.uint8
        assert batch.images.shape == (7, 1, 2, 2)
        assert (batch.images == batch.indices.view(-1, 1, 1, 1)).all()
        assert batch.targets.labels.tolist() == [index % 3 for index in batch.indices.tolist()]
        assert (batch.targets.labels.dtype, batch.indices.dtype) == (torch.int64, torch.int64)


def test_indices_are_those_of_the_subset():
    some = numbered(10).subset([7, 3, 5])
    (batch,) = Loader(some, TINY, 3).batches()
    assert batch.indices.tolist() == [0, 1, 2]
    assert batch.images[:, 0, 0, 0].tolist() == [7, 3, 5]


@pytest.mark.parametrize("start", range(6))
def test_an_epoch_continues_anywhere(start):
    undisturbed = order(Loader(numbered(20), TINY, 4, seed=5, shuffle=True), epoch=2)
    resumed = Loader(numbered(20), TINY, 4, seed=5, shuffle=True)
    next(resumed.batches(epoch=0))  # an iteration given up leaves no trace
    assert order(resumed, epoch=2, start=start) == undisturbed[start:]


def test_epochs_and_seeds_shuffle_anew():
    loaders = [Loader(numbered(20), TINY, 4, seed=seed, shuffle=True) for seed in (0, 1)]
    orders = {str(order(loader, epoch)) for loader in loaders for epoch in (0, 1)}
    assert len(orders) == 4


@pytest.mark.parametrize("shuffle", [False, True])
@pytest.mark.parametrize("world", [2, 3])
def test_ranks_share_every_batch(world, shuffle):
    alone = Loader(numbered(20), TINY, 6, shuffle=shuffle)
    ranks = [Loader(numbered(20), TINY, 6, shuffle=shuffle, rank=rank, world=world) for rank in range(world)]
    shares = zip(*(order(rank, epoch=1) for rank in ranks), strict=True)
    assert [list(chain(*step)) for step in shares] == order(alone, epoch=1)


@pytest.mark.parametrize("workers", [0, 2])
def test_worker_processes_give_the_same_batches_as_memory(picture_folder, workers):
    dataset, small = files(picture_folder), Preprocess((16, 16))
    memory = Loader(dataset, small, 10, shuffle=True)
    processes = Loader(dataset, small, 10, shuffle=True, cache_bytes=0, workers=workers)
    assert (memory.cached, processes.cached) == (True, False)
    for one, other in zip(memory.batches(2, start=1), processes.batches(2, start=1), strict=True):
        assert torch.equal(one.images, other.images)
        assert torch.equal(one.indices, other.indices)


def test_a_rank_without_images_gets_an_empty_batch_from_files(picture_folder):
    loader = Loader(files(picture_folder), TINY, 47, rank=0, world=47, cache_bytes=0, workers=0)
    shapes = [batch.images.shape for batch in loader.batches()]  # 48 images: 47, then 1 for the last rank
    assert shapes == [(1, 1, 2, 2), (0, 1, 2, 2)]


@pytest.mark.parametrize("cache_bytes", [0, 10**6])
def test_the_global_generator_is_left_alone(picture_folder, cache_bytes):
    before = torch.get_rng_state()
    list(Loader(files(picture_folder), TINY, 10, shuffle=True, cache_bytes=cache_bytes, workers=0).batches())
    assert torch.equal(torch.get_rng_state(), before)


def test_memory_is_filled_once_and_says_how_far(picture_folder):
    loader = Loader(files(picture_folder), TINY, 10)
    assert list(loader.loading()) == [(48, 48)]
    assert list(loader.loading()) == []


def test_a_broken_file_stops_a_worker_with_its_name(picture_folder):
    (picture_folder / "sea" / "07.jpg").write_bytes(b"no picture")
    loader = Loader(files(picture_folder), TINY, 10, cache_bytes=0, workers=1)
    with pytest.raises(ImageError, match=r"sea/07\.jpg"):
        list(loader.batches())


def test_all_broken_files_are_found_at_once(picture_folder):
    for number in range(12):
        (picture_folder / "sea" / f"{number:02}.jpg").write_bytes(b"")
    with pytest.raises(DataError) as caught:
        Loader(files(picture_folder), TINY, 10).load()
    message = str(caught.value)
    assert message.startswith("files that cannot be decoded (12)")
    assert "--accept unreadable" in message
    assert "sea/09.jpg" in message
    assert "sea/10.jpg" not in message
    assert "and 2 more" in message


def test_one_broken_file_is_named(picture_folder):
    (picture_folder / "sea" / "07.jpg").write_bytes(b"")
    with pytest.raises(DataError, match=r"sea/07\.jpg.*cannot be read"):
        Loader(files(picture_folder), TINY, 10).load()


@pytest.mark.parametrize(("batch", "world"), [(0, 1), (-4, 1), (6, 4)])
def test_a_batch_must_be_shareable(batch, world):
    with pytest.raises(SettingError, match=f"batch is {batch}"):
        Loader(numbered(8), TINY, batch, world=world)
