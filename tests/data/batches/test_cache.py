"""A data set in one tensor: what is prepared together equals what is prepared alone."""

import numpy as np
import pytest
import torch

from striate.data.batches.cache import CHUNK, cache_size, prepared
from striate.data.dataset import Dataset
from striate.data.image_store import Array
from striate.data.preprocess import Preprocess


@pytest.mark.parametrize("fit", ["crop", "stretch", "pad"])
@pytest.mark.parametrize("size", [(12, 12), (5, 9), (10, 14)])
@pytest.mark.parametrize(("given", "wanted"), [(1, 1), (1, 3), (3, 1), (3, 3)])
def test_many_pictures_at_once_are_prepared_as_one_by_one(fit, size, given, wanted):
    pixels = np.random.default_rng(0).integers(0, 256, (4, 10, 14, given), dtype=np.uint8)
    dataset = Dataset.whole(Array(pixels, "random"), [0] * 4, ("all",))
    preprocess = Preprocess(size, wanted, resize_mode=fit)
    alone = torch.stack([preprocess(sample.image) for sample in dataset])
    assert torch.equal(prepared(dataset, preprocess), alone)


def test_an_array_longer_than_a_chunk_keeps_its_order():
    count = CHUNK + 3
    pixels = np.arange(count, dtype=np.uint8)[:, None, None]
    dataset = Dataset.whole(Array(pixels, "numbers"), [0] * count, ("all",)).subset(range(count - 1, -1, -1))
    images = prepared(dataset, Preprocess((1, 1), 1))
    assert images.flatten().tolist() == [number % 256 for number in range(count - 1, -1, -1)]


def test_the_size_is_one_byte_a_value():  # 2 images x 3 channels x 4 x 5
    dataset = Dataset.whole(Array(np.zeros((2, 9, 9), np.uint8), "zeros"), [0, 0], ("all",))
    assert cache_size(dataset, Preprocess((4, 5))) == 120
    assert prepared(dataset, Preprocess((4, 5))).numel() == 120


def test_torch_gets_its_threads_back():
    dataset = Dataset.whole(Array(np.zeros((2, 9, 9), np.uint8), "zeros"), [0, 0], ("all",))
    before = torch.get_num_threads()
    torch.set_num_threads(3)
    try:
        prepared(dataset, Preprocess((4, 5)))
        assert torch.get_num_threads() == 3
    finally:
        torch.set_num_threads(before)
