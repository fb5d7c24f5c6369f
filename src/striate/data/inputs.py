"""What ``predict`` takes: paths, bytes, open files, PIL pictures, arrays or tensors, one or many.

given --one_or_many--> an iterable of single pictures --input_batches--> uint8 (N, C, H, W), in order
"""

import os
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import Future
from itertools import islice
from pathlib import Path
from typing import IO, Any, NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray
from PIL import Image
from torch import Tensor, nn

from striate.data.array_images import from_array, from_tensor
from striate.data.batches.padding import padded
from striate.data.decode import decode, decode_bytes, decode_picture
from striate.data.decoding.threads import decoding_threads
from striate.data.preprocess import Preprocess
from striate.errors import ImageError, SettingError
from striate.files.regular import reason_of

Input = str | Path | bytes | bytearray | memoryview | IO[bytes] | Image.Image | NDArray[Any] | Tensor

MOST_BYTES = 2**30
"""Bytes that an open file may give: a device or a stream may never end."""
KINDS = "a path, bytes, an open file, a PIL picture, a uint8 array (H, W[, 3]) or a uint8 tensor (C, H, W)"


def image_of(given: Input) -> Tensor:
    """uint8 (1 or 3, H, W) of anything that is one picture.

    Arrays are (H, W) or (H, W, C); tensors are (C, H, W). An open file is read from its beginning.

    Raises:
        ImageError: a file, bytes or a PIL picture cannot be read.
        ShapeError: an array or a tensor is no uint8 picture.
        SettingError: it is something else.
    """
    given = content_of(given)
    for kinds, read in READERS:
        if isinstance(given, kinds):
            return read(given)
    raise SettingError(f"a picture is {_described(given)}", KINDS, _advice(given))


def _from_path(path: str | Path) -> Tensor:
    """The picture in a file.

    Raises:
        ImageError: it cannot be read; where the name is no path of a file, the advice says how to write it.
    """
    try:
        return decode(path)
    except ImageError as error:
        attempt = _path_advice(str(path))
        raise error if attempt is None else ImageError(error.wrong, error.expected, attempt) from error


def _path_advice(path: str) -> str | None:
    """What to try for a name that is a folder, an address or a shortcut; None for a path."""
    if "://" in path[:12]:
        return "remove file:// from the path" if path.startswith("file://") else "download it, then its path"
    if path.startswith("~"):
        return f"os.path.expanduser({path[:100]!r})"
    if len(path) < MOST_NAME and os.path.isdir(path):
        return "the files in it: sorted(Path(folder).rglob('*.jpg'))"
    return None


TASKS = 4
"""Parts of a batch for each thread: to hand over every small picture alone costs more than to decode it."""

MOST_NAME = 4096
"""Characters of a path on Linux."""

READERS: tuple[tuple[tuple[type, ...], Callable[[Any], Tensor]], ...] = (
    ((str, os.PathLike), _from_path),
    ((bytes, bytearray, memoryview), decode_bytes),
    ((Image.Image,), decode_picture),
    ((np.ndarray,), from_array),
    ((Tensor,), from_tensor),
)


def is_open_file(given: object) -> bool:
    """Whether it can be read, as files opened with ``open(path, "rb")``, ``io.BytesIO`` and responses can."""
    try:
        return callable(getattr(given, "read", None)) and not isinstance(given, type | Image.Image)
    except Exception:  # any object may raise whatever it likes
        return False


def content_of(given: Any) -> Any:
    """The bytes of an open file, read from its beginning if it has one; anything else as it is.

    Raises:
        ImageError: it is closed, opened as text, or does not end.
    """
    if not is_open_file(given):
        return given
    name = name_of(given) or "the open file"
    try:
        if getattr(given, "seekable", lambda: False)():
            given.seek(0)
        content = given.read(MOST_BYTES + 1)
    except Exception as reason:  # any object may stand behind ``read``
        raise _not_read(name, reason_of(reason)) from reason
    if not isinstance(content, bytes | bytearray):
        raise _not_read(name, f"it gives {type(content).__name__}, not bytes")
    if len(content) > MOST_BYTES:
        raise _not_read(name, f"it has more than {MOST_BYTES:,} bytes")
    return content


def _not_read(name: str, reason: str) -> ImageError:
    return ImageError(
        f"{name} cannot be read ({reason})",
        "a file opened for reading bytes",
        'open(path, "rb"), or its path',
    )


def name_of(given: object) -> str:
    """The path of a file, also of an open one; "" for anything else."""
    if isinstance(given, str | os.PathLike):
        return str(os.fspath(given))
    name = getattr(given, "name", None) if is_open_file(given) else None
    return name if isinstance(name, str) else ""


def one_or_many(given: Any) -> tuple[Iterable[Input], bool]:
    """What was given as an iterable of single pictures, and whether it was one picture alone.

    Arrays (N, H, W, C), arrays of paths and tensors (N, C, H, W) are many. An iterator is not read here.

    Raises:
        SettingError: it is neither a picture nor an iterable of pictures.
    """
    if isinstance(given, np.ndarray):
        many = given.ndim == 4 or (given.dtype.kind in "OUS" and given.ndim == 1)
        return (list(given), False) if many else ([given], True)
    if isinstance(given, Tensor):
        return (list(given), False) if given.ndim == 4 else ([given], True)
    alone = (str, os.PathLike, bytes, bytearray, memoryview, Image.Image)
    if isinstance(given, alone) or is_open_file(given):
        return [given], True
    if isinstance(given, Mapping | nn.Module | type) or not isinstance(given, Iterable):
        raise SettingError(
            f"the pictures are {_described(given)}", f"{KINDS}; or many of them", _advice(given)
        )
    try:
        iter(given)
    except Exception as reason:  # whatever an object of the caller's raises
        wrong = f"the pictures are {_described(given)} that cannot be gone through ({type(reason).__name__})"
        raise SettingError(wrong, f"{KINDS}; or many of them", _advice(given)) from reason
    return given, False


def _described(given: object) -> str:
    """What something is, for a message.

    >>> _described(None), _described(5), _described(["a"])
    ('None', 'the int 5', 'a list')
    """
    if given is None:
        return "None"
    kind = type(given).__name__
    if isinstance(given, int | float):
        return f"the {kind} {str(given)[:40]}"
    return f"a{'n' if kind[0] in 'AEIOaeio' else ''} {kind}"


def _advice(given: object) -> str:
    """What to try in place of something that is no picture."""
    if isinstance(given, nn.Module):
        return "exchange model and pictures: the model comes first"
    if isinstance(given, Mapping):
        return "its values: list(pictures.values())"
    if isinstance(given, list | tuple):
        return "one flat list of pictures; numbers as numpy.array(numbers, dtype=numpy.uint8)"
    return "the path of a picture file"


def with_names(inputs: Iterable[Input], names: list[str]) -> Iterator[Input]:
    """The same pictures; ``name_of`` each is added to ``names`` as it goes by."""
    for given in inputs:
        names.append(name_of(given))
        yield given


class InputBatch(NamedTuple):
    """Pictures that are ready for a network.

    Args:
        images: uint8 (N, C, H, W).
        sizes: int64 (N, 2), H and W of the pictures inside ``images``, see ``Batch.sizes``.
        own: (H, W) of each picture before it was prepared.
    """

    images: Tensor
    sizes: Tensor
    own: list[tuple[int, int]]


def input_batches(inputs: Iterable[Input], preprocess: Preprocess, batch: int) -> Iterator[Tensor]:
    """uint8 (N, C, H, W) batches in the order given; arguments and errors as of ``prepared_inputs``."""
    return (prepared.images for prepared in prepared_inputs(inputs, preprocess, batch))


def prepared_inputs(inputs: Iterable[Input], preprocess: Preprocess, batch: int) -> Iterator[InputBatch]:
    """Batches of pictures in the order given.

    One thread for each core decodes while the caller works on a batch, at most two batches ahead, so that a
    list or a generator of ten million files takes no more memory than a short one. Every thread writes its
    picture into its row: stacking them with torch would start a second team of threads beside these.

    Raises:
        SettingError: ``batch`` is not a whole number above 0; or something is no picture.
        ImageError, ShapeError: as ``image_of``.
    """
    if isinstance(batch, bool) or not isinstance(batch, int) or batch < 1:
        raise SettingError(f"batch is {batch!r}", "a whole number, 1 or more", "leave it out")
    return _batches(iter(inputs), preprocess, batch)


Filled = tuple[Tensor, tuple[int, int]]
"""A picture that is ready for a network, and the (H, W) of it before."""


def _filled(row: NDArray[np.uint8] | None, given: Input, preprocess: Preprocess) -> Filled:
    """A picture, ready; also written into its row of a batch."""
    image = image_of(given)
    ready = preprocess(image)
    if row is not None:
        np.copyto(row, ready.numpy(force=True))
    return ready, (image.shape[1], image.shape[2])


def _batches(inputs: Iterator[Input], preprocess: Preprocess, batch: int) -> Iterator[InputBatch]:
    def fill(rows: Sequence[NDArray[np.uint8] | None], some: list[Input]) -> list[Filled]:
        return [_filled(row, given, preprocess) for row, given in zip(rows, some, strict=True)]

    def start(chunk: list[Input]) -> tuple[NDArray[np.uint8] | None, list[Future[list[Filled]]]]:
        shape = len(chunk), preprocess.channels, *preprocess.size
        images = np.empty(shape, dtype=np.uint8) if preprocess.one_size else None
        rows = [None] * len(chunk) if images is None else list(images)
        parts = (slice(first, first + few) for first in range(0, len(chunk), few))
        return images, [pool.submit(fill, rows[part], chunk[part]) for part in parts]

    threads = os.cpu_count() or 1
    few, pool = max(1, batch // (TASKS * threads)), decoding_threads(threads)
    try:
        chunks = iter(lambda: list(map(content_of, islice(inputs, batch))), [])
        ahead = deque(map(start, islice(chunks, 2)))
        while ahead:
            images, tasks = ahead.popleft()
            ready = [filled for task in tasks for filled in task.result()]
            ahead.extend(map(start, islice(chunks, 1)))
            own = [size for _, size in ready]
            if images is None:
                pixels = [image for image, _ in ready]
                yield InputBatch(*padded(pixels, always=preprocess.always_padded), own)
            else:
                sizes = torch.tensor([preprocess.size]).expand(len(own), 2)
                yield InputBatch(torch.from_numpy(images), sizes, own)
    finally:
        pool.shutdown(cancel_futures=True)
