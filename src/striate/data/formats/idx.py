"""MNIST's idx files, gz or not: one file of images beside one of labels.

    train-images-idx3-ubyte.gz   magic 00 00 08 03 | N | H | W | N*H*W bytes
    train-labels-idx1-ubyte.gz   magic 00 00 08 01 | N | N bytes

LeCun, Cortes, Burges 1998, "The MNIST database". http://yann.lecun.com/exdb/mnist

Numbers are big-endian. ``train`` and ``t10k`` (or ``test``) in the name say the split.
"""

import gzip
import os
import re
import zlib
from math import prod
from pathlib import Path
from typing import BinaryIO, cast

import numpy as np
from numpy.typing import NDArray

from striate.data.annotations.class_annotations import ClassAnnotations
from striate.data.formats.index import Found
from striate.data.formats.split_names import SPLIT_WORDS, SPLITS, UNSAID
from striate.data.formats.unpacking import require_room
from striate.data.image_store import Array
from striate.errors import DataError
from striate.files.regular import open_regular, reason_of

UNSIGNED_BYTE = 0x08  # the third byte of the magic number; the fourth is the number of axes
MOST_PACKED = 1032  # deflate packs at most 1,032 bytes into one


def read_idx(path: Path) -> Found:
    """Read the pairs of idx files in a folder, or the pair that one file belongs to.

    Raises:
        DataError: a file is missing, truncated, no idx file, or images and labels differ in number.
    """
    files = idx_files(path)
    if not files:
        raise DataError(
            f"{path} holds no idx images",
            "a file such as train-images-idx3-ubyte.gz",
            "check the folder's name",
        )
    pairs = [(_array(file, axes=3), _array(labels_of(file), axes=1)) for file in files]
    for file, (images, labels) in zip(files, pairs, strict=True):
        _refuse_mismatch(file, images, labels)
    values = np.concatenate([labels for _, labels in pairs])
    split = np.repeat(
        np.array([split_of(file) for file in files], np.int8), [len(labels) for _, labels in pairs]
    )
    classes, numbers = np.unique(values, return_inverse=True)
    store = Array(_joined([images for images, _ in pairs]), str(path))
    note = "read as idx files: " + ", ".join(file.name for file in files)
    annotations = ClassAnnotations(numbers.astype(np.int64), tuple(map(str, classes)))
    return Found(store, annotations, split, notes=(note,))


def _joined(parts: list[NDArray[np.uint8]]) -> NDArray[np.uint8]:
    """All images; one part alone is not copied."""
    return parts[0] if len(parts) == 1 else np.concatenate(parts)


def idx_files(path: Path) -> list[Path]:
    """The image files: those in a folder, or the file itself; training images first."""
    candidates = [path] if path.is_file() else sorted(path.iterdir()) if path.is_dir() else []
    named = [file for file in candidates if re.search(r"images[.-]idx3", file.name)]
    unpacked = {file.name for file in named}
    return sorted((file for file in named if file.suffix != ".gz" or file.stem not in unpacked), key=split_of)


def labels_of(images: Path) -> Path:
    """The labels beside a file of images, gz or not."""
    name = images.name.replace("images", "labels").replace("idx3", "idx1").removesuffix(".gz")
    packed = images.with_name(name + ".gz")
    return packed if packed.exists() else images.with_name(name)


def split_of(file: Path) -> int:
    """An index into ``SPLITS``, or ``UNSAID``.

    >>> split_of(Path("t10k-images-idx3-ubyte.gz"))
    2
    """
    words = [SPLIT_WORDS[word] for word in re.split(r"[^a-z0-9]+", file.name.lower()) if word in SPLIT_WORDS]
    return SPLITS.index(words[0]) if words else UNSAID


def _array(file: Path, axes: int) -> NDArray[np.uint8]:
    """The bytes of one file in their shape."""
    try:
        with open_regular(file) as packed:
            size = os.fstat(packed.fileno()).st_size
            with gzip.open(packed) if file.suffix == ".gz" else packed as stream:
                return _parse(cast(BinaryIO, stream), axes, size)
    except (OSError, EOFError, ValueError, MemoryError, zlib.error) as reason:
        words = "there is no such file" if isinstance(reason, FileNotFoundError) else reason_of(reason)
        raise DataError(
            f"{file} cannot be read ({words})",
            f"an idx file of unsigned bytes with {axes} {'axis' if axes == 1 else 'axes'}",
            "download it again" + (", or unpack it with gunzip" if file.suffix == ".gz" else ""),
        ) from reason


def _parse(stream: BinaryIO, axes: int, packed: int) -> NDArray[np.uint8]:
    header = stream.read(4 + 4 * axes)
    if header[:4] != bytes((0, 0, UNSIGNED_BYTE, axes)) or len(header) < 4 + 4 * axes:
        raise ValueError(f"it begins with {header[:4].hex(' ') or 'nothing'}, not 00 00 08 0{axes}")
    shape = tuple(np.frombuffer(header, dtype=">u4", offset=4).tolist())
    size = prod(shape)
    if size > packed * MOST_PACKED:
        raise ValueError(f"{packed} bytes cannot hold {' x '.join(map(str, shape))}")
    require_room(packed, size)
    content = stream.read(size + 1)
    if len(content) != size:
        than = "longer" if len(content) > size else "shorter"
        raise ValueError(f"it is {than} than the {' x '.join(map(str, shape))} bytes that it announces")
    return np.frombuffer(content, dtype=np.uint8).reshape(shape)


def _refuse_mismatch(file: Path, images: NDArray[np.uint8], labels: NDArray[np.uint8]) -> None:
    if len(images) != len(labels) or 0 in images.shape:
        shape = " x ".join(map(str, images.shape))
        raise DataError(
            f"{file} holds {shape} pixels, and {len(labels)} labels lie beside them",
            "as many labels as images, and at least one",
            "check that both files belong together",
        )
