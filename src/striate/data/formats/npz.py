"""Arrays in one .npz file: images with labels, in one part or in several.

    images, labels                         also  x, y   data, target   (any case)
    train_images, train_labels, test_...   also  x_train, y_train, x_test, ...
    classes                                optional: K names, then labels are numbers of them

Images are (N, H, W), (N, H, W, 1 or 3) or (N, 1 or 3, H, W), or (K, n, H, W) with labels (K, n): uint8,
bool, whole numbers 0..255, or floats 0..1 or 0..255, which a note says; between 1 and 2 they could be either
and are refused. Labels are whole numbers or names, (N,) or (N, 1). Pickled objects are never loaded: they
could run code.
"""

import os
import re
import zipfile
import zlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from math import prod
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from striate.data.annotations.class_annotations import ClassAnnotations
from striate.data.formats.index import Found, sorted_classes
from striate.data.formats.split_names import SPLIT_WORDS, SPLITS, UNSAID
from striate.data.formats.unpacking import require_room
from striate.data.image_store import Array
from striate.errors import DataError
from striate.files.regular import open_regular, reason_of

IMAGES = frozenset(("images", "image", "imgs", "x", "data", "pixels"))
LABELS = frozenset(("labels", "label", "y", "target", "targets"))
NAMES = frozenset(("classes", "class_names", "names"))

ROUNDING = 1e-3
"""By how much of the range floats may leave it."""
CHUNK = 256
"""Images that are converted at once."""
HEADERS: dict[tuple[int, int], Callable[..., Any]] = {(1, 0): np.lib.format.read_array_header_1_0}
"""Readers of the header of an array; later versions are for names of fields that no image has."""

Content = Mapping[str, NDArray[Any]]


def read_npz(path: Path) -> Found:
    """Read one .npz file, or the only one in a folder.

    Raises:
        DataError: it is no .npz file, holds no images with labels, or they do not fit together.
    """
    file = npz_file(path) or path
    pairs, content = _load(file)
    note = f"read as arrays: {', '.join(pair[0] for pair in pairs.values())} of {file.name}"
    parts = {split: (content[images], content[labels]) for split, (images, labels) in pairs.items()}
    found = found_in(file, parts, content)
    return replace(found, notes=(note, *found.notes))


def found_in(file: Path, parts: Mapping[int, tuple[NDArray[Any], NDArray[Any]]], content: Content) -> Found:
    """Images with labels that are in memory.

    Args:
        file: what to call them.
        parts: the images and labels of each split, by its number, or of ``UNSAID``.
        content: arrays by name, of which one may hold the names of classes.

    Raises:
        DataError: they are no images with labels, or do not fit together.
    """
    notes = list[str]()
    images = [_images(file, pictures, notes) for pictures, _ in parts.values()]
    pairs = zip(parts.values(), images, strict=True)
    values = [_labels(file, labels, len(part)) for (_, labels), part in pairs]
    if len({part.shape[1:] for part in images}) > 1:
        raise _wrong(file, "its parts hold images of different shapes", "one (H, W, C) in all parts")
    split = np.repeat(np.array(list(parts), dtype=np.int8), [len(part) for part in images])
    labels, classes = _numbered(file, np.concatenate(values), content)
    store = Array(np.concatenate(images) if len(images) > 1 else images[0], str(file))
    return Found(store, ClassAnnotations(labels, classes), split, notes=tuple(dict.fromkeys(notes)))


def npz_file(path: Path) -> Path | None:
    """The file itself, or the only one of a folder; None if it is something else.

    Raises:
        DataError: a folder holds several.
    """
    if not path.is_dir():
        return path if path.suffix.lower() == ".npz" else None
    files = sorted(file for file in path.iterdir() if file.suffix.lower() == ".npz" and not file.is_dir())
    if len(files) > 1:
        names = ", ".join(file.name for file in files[:5]) + (", ..." if len(files) > 5 else "")
        raise DataError(
            f"{path} holds {len(files)} .npz files: {names}",
            "one .npz file",
            f"name the one that is meant, as in {files[0]}; or --format folder for folders of pictures",
        )
    return files[0] if files else None


def _load(file: Path) -> tuple[dict[int, tuple[str, str]], Content]:
    """The names of images and labels by split, and the arrays of these names and of the classes."""
    try:
        with open_regular(file) as stream:
            archive = np.load(stream, allow_pickle=False)
            if not isinstance(archive, np.lib.npyio.NpzFile):
                raise ValueError("it holds one array, not several")
            pairs = _pairs(file, archive.files)
            needed = {name for pair in pairs.values() for name in pair}
            needed |= {name for name in archive.files if name.lower() in NAMES}
            _require_sizes(archive.zip, needed, os.fstat(stream.fileno()).st_size)
            content = {name: archive[name] for name in archive.files if name in needed}
            return pairs, {**content, **_flattened(pairs, content)}
    except (
        OSError,
        EOFError,
        ValueError,
        TypeError,
        RuntimeError,
        NotImplementedError,
        MemoryError,
        OverflowError,
        zipfile.BadZipFile,
        zlib.error,
    ) as reason:
        words = f"it cannot be read ({reason_of(reason)})"
        raise _wrong(file, words, "a complete .npz file without pickled objects") from reason


def _flattened(pairs: dict[int, tuple[str, str]], content: Content) -> Content:
    """Images (K, n, H, W) with labels (K, n) as (K * n, H, W) and (K * n,)."""
    flat = {}
    for images, labels in pairs.values():
        one, known = content[images], content[labels]
        if known.ndim == 2 and one.ndim == 4 and one.shape[:2] == known.shape:
            flat.update({images: one.reshape(-1, *one.shape[2:]), labels: known.reshape(-1)})
    return flat


def _require_sizes(archive: zipfile.ZipFile | None, names: set[str], packed: int) -> None:
    """The arrays fit into what the archive holds of them, and all of them into memory.

    Raises:
        ValueError: they do not.
    """
    assert archive is not None
    members = [one for one in archive.infolist() if one.filename.removesuffix(".npy") in names]
    require_room(packed, sum(one.file_size for one in members))
    for one in members:
        with archive.open(one) as stream:
            if one.file_size == 0 or np.lib.format.read_magic(stream) not in HEADERS:
                continue  # numpy says what is wrong with it
            shape, _, dtype = HEADERS[1, 0](stream)
            if prod(shape) * dtype.itemsize > one.file_size:
                raise ValueError(f"{one.filename} announces {shape}, more than its {one.file_size:,} bytes")


def _pairs(file: Path, content: Sequence[str]) -> dict[int, tuple[str, str]]:
    """Split -> (name of the images, name of the labels)."""
    images, labels = (
        {_split(name): name for name in content if _words(name) & role} for role in (IMAGES, LABELS)
    )
    if not images or images.keys() != labels.keys():
        raise _wrong(
            file,
            f"it holds {', '.join(content) or 'nothing'}",
            "images and labels, or train_images, train_labels, ...",
        )
    return {split: (images[split], labels[split]) for split in sorted(images)}


def _words(name: str) -> frozenset[str]:
    return frozenset(re.split(r"[^a-z0-9]+", name.lower()))


def _split(name: str) -> int:
    parts = [SPLIT_WORDS[word] for word in sorted(_words(name)) if word in SPLIT_WORDS]
    return SPLITS.index(parts[0]) if parts else UNSAID


def _images(file: Path, images: NDArray[Any], notes: list[str]) -> NDArray[np.uint8]:
    """uint8 (N, H, W, C); how other values became these is noted."""
    if images.ndim == 3:
        images = images[..., None]
    elif images.ndim == 4 and images.shape[-1] not in (1, 3) and images.shape[1] in (1, 3):
        images = np.moveaxis(images, 1, -1)
    if images.ndim != 4 or images.shape[-1] not in (1, 3) or 0 in images.shape:
        raise _wrong(
            file, f"its images have the shape {images.shape}", "(N, H, W), (N, H, W, 3) or (N, 3, H, W)"
        )
    return _bytes(file, images, notes)


def _bytes(file: Path, images: NDArray[Any], notes: list[str]) -> NDArray[np.uint8]:
    if images.dtype == np.bool_:
        return images.astype(np.uint8) * np.uint8(255)
    if images.dtype.kind not in "fiu":
        raise _wrong(file, f"its images are {images.dtype}", "uint8, bool, or 0..1 or 0..255")
    low, high = float(images.min()), float(images.max())
    if images.dtype.kind != "f" and low >= 0 and 0 < high <= 1:
        notes.append("the images hold 0 and 1 only, of 255 levels; save them as bool if 1 is white")
    if images.dtype == np.uint8:
        return images
    scale = _scale(low, high, images.dtype.kind)
    if scale is None:
        wrong = f"its images are {images.dtype} from {low:g} to {high:g}"
        raise _wrong(file, wrong, "uint8, bool, 0..1 or 0..255; undo a normalization")
    if images.dtype.kind == "f":
        notes.append(f"float images from {low:g} to {high:g} are read as 0..{'1' if scale == 255 else '255'}")
    levels = np.empty(images.shape, dtype=np.uint8)
    for start in range(0, len(images), CHUNK):  # never all of them as floats a second time
        part = images[start : start + CHUNK].astype(np.float64) * scale
        levels[start : start + CHUNK] = part.round().clip(0, 255)
    return levels


def _scale(low: float, high: float, kind: str) -> int | None:
    """What brings values to 0..255; None where that is not clear.

    Floats may leave 0..1 or 0..255 by rounding. Between 1 and 2 nobody can say which of both is meant.
    """
    if kind != "f":
        return 1 if low >= 0 and high <= 255 else None
    if low >= -ROUNDING and high <= 1 + ROUNDING:
        return 255
    return 1 if low >= -255 * ROUNDING and 2 < high <= 255 * (1 + ROUNDING) else None


def _labels(file: Path, labels: NDArray[Any], count: int) -> NDArray[Any]:
    """(N,) whole numbers or names."""
    if labels.shape not in ((count,), (count, 1)):
        raise _wrong(file, f"its labels have the shape {labels.shape} for {count} images", f"({count},)")
    flat = labels.reshape(count)
    if flat.dtype.kind == "f" and (flat == flat.round()).all():
        flat = flat.astype(np.int64)
    if flat.dtype.kind not in "iuU":
        raise _wrong(file, f"its labels are {flat.dtype}", "whole numbers or names")
    return flat


def _numbered(
    file: Path, values: NDArray[Any], content: Content
) -> tuple[NDArray[np.int64], tuple[str, ...]]:
    """Labels as 0..K-1, with the K names."""
    key = next((name for name in content if name.lower() in NAMES), None)
    if key is not None and values.dtype.kind in "iu":
        classes = tuple(map(str, content[key].reshape(-1).tolist()))
        if values.min() < 0 or values.max() >= len(classes):
            raise _wrong(
                file, f"its labels run from {values.min()} to {values.max()}", f"0..{len(classes) - 1}"
            )
        return values.astype(np.int64), classes
    distinct, inverse = np.unique(values, return_inverse=True)
    classes, order = sorted_classes({str(name): number for number, name in enumerate(distinct.tolist())})
    return order[inverse.reshape(-1)], classes


def _wrong(file: Path, wrong: str, expected: str) -> DataError:
    saved = "save with numpy.savez(file, images=..., labels=...)"
    return DataError(f"{file}: {wrong}", expected, saved if file.suffix else "(images, labels), two arrays")
