"""A data set decoded once: every image, prepared, in one uint8 tensor.

Files --threads--> uint8 (N, C, H, W) <--in chunks-- Array
"""

from collections.abc import Generator, Iterator
from typing import NamedTuple

import torch
from torch import Tensor

from striate.data.checks.findings import Finding, refusal
from striate.data.dataset import Dataset
from striate.data.decoding.threads import decoding_threads
from striate.data.image_store import Array
from striate.data.preprocess import Preprocess
from striate.errors import ImageError


class Prepared(NamedTuple):
    """Images that are ready for the network.

    Args:
        images: (N, channels, *size), uint8 as a rule.
        affines: float32 (N, 2, 3), from places in the files to places in the images; None where nobody asks.
    """

    images: Tensor
    affines: Tensor | None = None


Making = Generator[tuple[int, int], None, Prepared]
"""Yields (images done, images in all) now and then, and returns all of them."""

CHUNK = 1024  # images of an array prepared at once: 28x28 greys stay inside a processor's cache
OFTEN = 100  # files after which somebody is told


def cache_size(dataset: Dataset, preprocess: Preprocess) -> int:
    """The bytes that ``prepared`` would take."""
    height, width = preprocess.size
    return len(dataset) * preprocess.channels * height * width


def prepared(dataset: Dataset, preprocess: Preprocess) -> Tensor:
    """uint8 (N, channels, *size): all images of a data set, ready for the network.

    Raises:
        DataError: files cannot be read; all were tried, the first ten are named.
    """
    return made(preparing(dataset, preprocess)).images


def preparing(dataset: Dataset, preprocess: Preprocess) -> Making:
    """The same with their maps, telling how far it is."""
    images = torch.empty(len(dataset), preprocess.channels, *preprocess.size, dtype=torch.uint8)
    affines = torch.empty(len(dataset), 2, 3) if dataset.annotations.spatial else None
    if isinstance(dataset.store, Array):
        _copy_all(dataset, preprocess, images)
        if affines is not None:
            affines[:] = preprocess.affine(dataset.store.size)
    else:
        yield from _decode_all(dataset, preprocess, Prepared(images, affines))
    return Prepared(images, affines)


def one_prepared(dataset: Dataset, preprocess: Preprocess, index: int) -> tuple[Tensor, Tensor | None]:
    """One image, uint8 (channels, *size), and its map (2, 3) where the annotations have places.

    Raises:
        ImageError: its file cannot be read.
    """
    image = dataset.image(index)
    affine = preprocess.affine((image.shape[1], image.shape[2])) if dataset.annotations.spatial else None
    return preprocess(image), affine


def made(making: Making) -> Prepared:
    """What comes out in the end.

    >>> def three():
    ...     yield 1, 3
    ...     return Prepared(torch.zeros(3))
    >>> made(three()).images
    tensor([0., 0., 0.])
    """
    while True:
        try:
            next(making)
        except StopIteration as end:
            return end.value  # type: ignore[no-any-return]


def from_array(dataset: Dataset, preprocess: Preprocess, indices: Tensor) -> Tensor:
    """uint8 (N, channels, *size): some images of a data set whose store is an ``Array``, prepared at once."""
    assert isinstance(dataset.store, Array)
    pixels = torch.from_numpy(dataset.store.images[dataset.places[indices.numpy()]])
    return preprocess(pixels.permute(0, 3, 1, 2).contiguous())


def _copy_all(dataset: Dataset, preprocess: Preprocess, images: Tensor) -> None:
    for start in range(0, len(dataset), CHUNK):
        chunk = torch.arange(start, min(start + CHUNK, len(dataset)))
        images[start : start + CHUNK] = from_array(dataset, preprocess, chunk)


def _decode_all(dataset: Dataset, preprocess: Preprocess, all_of_it: Prepared) -> Iterator[tuple[int, int]]:
    def fill(index: int) -> Finding | None:
        try:
            image, affine = one_prepared(dataset, preprocess, index)
            all_of_it.images[index] = image
            if affine is not None and all_of_it.affines is not None:
                all_of_it.affines[index] = affine
        except ImageError as reason:
            return Finding("unreadable", dataset.name(index), reason.wrong)
        return None

    failed = []
    with decoding_threads() as pool:
        for done, finding in enumerate(pool.map(fill, range(len(dataset))), start=1):
            failed += [finding] if finding else []
            if done % OFTEN == 0 or done == len(dataset):
                yield done, len(dataset)
    if failed:
        raise refusal(failed)
