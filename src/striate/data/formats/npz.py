"""Arrays in one .npz file: images with labels, in one part or in several.

    images, labels                         also  x, y   data, target   (any case)
    train_images, train_labels, test_...   also  x_train, y_train, x_test, ...
    classes                                optional: K names, then labels are numbers of them

Images are (N, H, W), (N, H, W, 1 or 3) or (N, 1 or 3, H, W): uint8, bool, or float (0..1, or 0..255 when any
is above 1). Labels are whole numbers or names, (N,) or (N, 1). Pickled objects are never loaded: they could
run code.
"""

import re
import zipfile
import zlib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from striate.data.annotations.class_annotations import ClassAnnotations
from striate.data.formats.index import Found, sorted_classes
from striate.data.formats.split_names import SPLIT_WORDS, SPLITS, UNSAID
from striate.data.image_store import Array
from striate.errors import DataError

IMAGES = frozenset(("images", "image", "imgs", "x", "data", "pixels"))
LABELS = frozenset(("labels", "label", "y", "target", "targets"))
NAMES = frozenset(("classes", "class_names", "names"))

Content = Mapping[str, NDArray[Any]]


def read_npz(path: Path) -> Found:
    """Read one .npz file, or the only one in a folder.

    Raises:
        DataError: it is no .npz file, holds no images with labels, or they do not fit together.
    """
    file = next(iter(sorted(path.glob("*.npz"))), path) if path.is_dir() else path
    content = _load(file)
    pairs = _pairs(file, content)
    images = [_images(file, content[pair[0]]) for pair in pairs.values()]
    values = [
        _labels(file, content[pair[1]], len(part)) for pair, part in zip(pairs.values(), images, strict=True)
    ]
    if len({part.shape[1:] for part in images}) > 1:
        raise _wrong(file, "its parts hold images of different shapes", "one (H, W, C) in all parts")
    split = np.repeat(np.array(list(pairs), dtype=np.int8), [len(part) for part in images])
    labels, classes = _numbered(file, np.concatenate(values), content)
    said = f"read as arrays: {', '.join(pair[0] for pair in pairs.values())} of {file.name}"
    store = Array(np.concatenate(images), str(file))
    return Found(store, ClassAnnotations(labels, classes), split, said=(said,))


def _load(file: Path) -> Content:
    try:
        with file.open("rb") as stream:
            archive = np.load(stream, allow_pickle=False)
            if not isinstance(archive, np.lib.npyio.NpzFile):
                raise ValueError("it holds one array, not several")
            return {name: archive[name] for name in archive.files}
    except (
        OSError,
        EOFError,
        ValueError,
        TypeError,
        RuntimeError,
        MemoryError,
        zipfile.BadZipFile,
        zlib.error,
    ) as reason:
        raise _wrong(
            file, f"it cannot be read ({reason})", "a complete .npz file without pickled objects"
        ) from reason


def _pairs(file: Path, content: Content) -> dict[int, tuple[str, str]]:
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


def _images(file: Path, images: NDArray[Any]) -> NDArray[np.uint8]:
    """uint8 (N, H, W, C)."""
    if images.ndim == 3:
        images = images[..., None]
    elif images.ndim == 4 and images.shape[-1] not in (1, 3) and images.shape[1] in (1, 3):
        images = np.moveaxis(images, 1, -1)
    if images.ndim != 4 or images.shape[-1] not in (1, 3) or 0 in images.shape:
        raise _wrong(
            file, f"its images have the shape {images.shape}", "(N, H, W), (N, H, W, 3) or (N, 3, H, W)"
        )
    return _bytes(file, images)


def _bytes(file: Path, images: NDArray[Any]) -> NDArray[np.uint8]:
    if images.dtype == np.uint8:
        return images
    if images.dtype == np.bool_:
        return images.astype(np.uint8) * 255
    low, high = images.min(), images.max()
    if images.dtype.kind not in "fiu" or not (low >= 0 and high <= 255):
        raise _wrong(
            file, f"its images are {images.dtype} from {low} to {high}", "uint8, bool, or 0..1 or 0..255"
        )
    scale = 255 if images.dtype.kind == "f" and high <= 1 else 1
    return np.asarray((images * scale).round(), dtype=np.uint8)


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
    classes, places = sorted_classes({str(name): number for number, name in enumerate(distinct.tolist())})
    return places[inverse.reshape(-1)], classes


def _wrong(file: Path, wrong: str, expected: str) -> DataError:
    return DataError(f"{file}: {wrong}", expected, "save with numpy.savez(file, images=..., labels=...)")
