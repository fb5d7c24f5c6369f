"""One number for what a picture shows, so that equal pictures are found without comparing each with each.

    array     blake2b of its pixels
    object    as a file where that is known, else blake2b of the decoded picture
    file      blake2b of its size and of up to 8 KB of its bytes: the middle and the end; of files that agree
              in these, blake2b of all bytes, and if they still differ, of their pixels
    pixels    blake2b of the decoded picture: also finds one picture that was saved in two ways

A file's number takes one short read however large the file is, unless another file seems to be the same.
"""

import os
from collections.abc import Callable, Iterable, Iterator
from hashlib import blake2b, file_digest

import numpy as np
from numpy.typing import NDArray
from torch import Tensor

from striate.data.decode import opened, pixels_of
from striate.data.decoding.threads import decoding_threads
from striate.data.image_store import Array, Files, Store
from striate.data.python_data.item_pictures import ItemPictures
from striate.errors import ImageError

STRIP = 2**20  # pixels that are read at once
WINDOW = 4096  # bytes read at the middle and at the end: one page of the file system each


def identities(store: Store, indices: NDArray[np.int64]) -> NDArray[np.uint64]:
    """uint64 (N,): equal for equal files or equal arrays."""
    if isinstance(store, Files):
        return _verified(store, indices, _numbers(store, indices, file_identity))
    if isinstance(store, Array):
        numbers: Iterable[int] = (number(store.images[index].tobytes()) for index in indices)
    elif isinstance(store, ItemPictures):
        return _of_items(store, indices)
    else:
        numbers = (pixel_identity(store, index) for index in map(int, indices))
    return np.fromiter(numbers, dtype=np.uint64, count=len(indices))


def _numbers(store: Files, indices: NDArray[np.int64], of: Callable[[str], int]) -> NDArray[np.uint64]:
    numbers = (of(store.name(int(index))) for index in indices)
    return np.fromiter(numbers, dtype=np.uint64, count=len(indices))


def _of_items(store: ItemPictures, indices: NDArray[np.int64]) -> NDArray[np.uint64]:
    """The numbers of files where these are known; else of the pixels, each picture decoded once in all."""
    if store.files is not None:
        return identities(store.files, indices)
    for index in indices[store.numbers[indices] == 0].tolist():
        store.numbers[index] = pixel_identity(store, index)
    return store.numbers[indices]


def _verified(store: Files, indices: NDArray[np.int64], partial: NDArray[np.uint64]) -> NDArray[np.uint64]:
    """The numbers of files by a part of their bytes; where several agree, by all bytes, then by the pixels.

    A caption in a header leaves a picture the same; equal windows of two scans do not make them one.
    """
    again = _repeated(partial)
    if not len(again):
        return partial
    verified = partial.copy()
    verified[again] = _numbers(store, indices[again], whole_identity)
    for group in _groups(partial, again):
        if len(set(verified[group].tolist())) > 1:
            for index in group.tolist():
                pixels = _pixel_number(store, int(indices[index]))
                verified[index] = verified[index] if pixels is None else pixels
    return verified


def _repeated(numbers: NDArray[np.uint64]) -> NDArray[np.int64]:
    """The indices of numbers that stand there twice or more; one sorted copy is all that it takes."""
    ordered = np.sort(numbers)
    twice = ordered[1:][ordered[1:] == ordered[:-1]]
    return np.flatnonzero(np.isin(numbers, twice)) if len(twice) else np.empty(0, dtype=np.int64)


def _groups(numbers: NDArray[np.uint64], chosen: NDArray[np.int64]) -> Iterator[NDArray[np.int64]]:
    """The chosen indices by equal number."""
    order = chosen[np.argsort(numbers[chosen], kind="stable")]
    if len(order):
        yield from np.split(order, np.flatnonzero(np.diff(numbers[order])) + 1)


def file_identity(path: str) -> int:
    """The number of one file; of its name if it cannot be read."""
    try:
        handle = os.open(path, os.O_RDONLY | os.O_NONBLOCK)
    except OSError:
        return number(os.fsencode(path))
    try:
        size = os.fstat(handle).st_size
        if size <= 2 * WINDOW:
            return number(os.pread(handle, 2 * WINDOW, 0))
        middle = os.pread(handle, WINDOW, (size - WINDOW) // 2)
        return number(b"%d" % size + middle + os.pread(handle, WINDOW, size - WINDOW))
    except OSError:
        return number(os.fsencode(path))
    finally:
        os.close(handle)


def whole_identity(path: str) -> int:
    """The number of all bytes of a file; of its name if it cannot be read."""
    try:
        with open(path, "rb") as stream:
            return int.from_bytes(file_digest(stream, lambda: blake2b(digest_size=8)).digest())
    except OSError:
        return number(os.fsencode(path))


def pixel_identities(store: Store, indices: NDArray[np.int64]) -> NDArray[np.uint64]:
    """uint64 (N,): equal for pictures that are equal pixel by pixel; several threads decode."""
    with decoding_threads() as pool:
        numbers = pool.map(lambda index: pixel_identity(store, index), map(int, indices))
        return np.fromiter(numbers, dtype=np.uint64, count=len(indices))


def pixel_identity(store: Store, index: int) -> int:
    """The number of one decoded picture; of its name if it cannot be read."""
    found = _pixel_number(store, index)
    return number(store.name(index).encode("utf-8", "surrogateescape")) if found is None else found


def _pixel_number(store: Store, index: int) -> int | None:
    """The number of one decoded picture; None if it cannot be read."""
    try:
        if not isinstance(store, Files):
            return picture_number(store.read(index))
        with opened(store.name(index)) as picture:  # within the budget of memory until the number is known
            return picture_number(pixels_of(picture)[0])
    except ImageError:
        return None


def picture_number(image: Tensor) -> int:
    """The number of uint8 (C, H, W): of its size and its pixels."""
    digest = blake2b(b"%d %d " % tuple(image.shape[-2:]), digest_size=8)
    for strip in strips(image):
        digest.update(strip.data)
    return int.from_bytes(digest.digest())


def strips(image: Tensor) -> Iterator[NDArray[np.uint8]]:
    """uint8 (C, H, W) from top to bottom as arrays (rows, W, C) of about a million pixels."""
    rows = max(1, STRIP // image.shape[2])
    for top in range(0, image.shape[1], rows):
        yield np.ascontiguousarray(image[:, top : top + rows].permute(1, 2, 0).numpy())


def number(content: bytes) -> int:
    """64 bits of blake2b: two of ten million pictures collide with a chance of 3 in a million."""
    return int.from_bytes(blake2b(content, digest_size=8).digest())
