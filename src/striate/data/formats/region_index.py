"""Visual Genome's region descriptions, of any size of file, in bounded memory: columns in files beside it.

    region_descriptions.json           [{"id": 1, "regions": [{"x": 9, ..., "phrase": "a clock"}, ...]}]
    region_descriptions.json.index/    images ends boxes ids lengths texts, mapped into memory; about.json

The file is read once, one picture after the other; the index serves as long as the file has its size and
time. Where nothing can be written beside it, the index is a temporary folder. Krishna et al. 2017,
https://arxiv.org/abs/1602.07332.
"""

import json
import math
import os
from array import array
from contextlib import ExitStack, suppress
from dataclasses import dataclass
from pathlib import Path
from secrets import token_hex
from shutil import rmtree
from tempfile import TemporaryDirectory
from typing import Any, BinaryIO

import numpy as np
from numpy.typing import NDArray

from striate.data.captions.tokenizer import cleaned
from striate.data.formats.json_stream import JsonStream, Progress
from striate.errors import DataError
from striate.files.regular import reason_of

VERSION = 1
ENDING = ".index"
COLUMNS: dict[str, tuple[str, tuple[int, ...]]] = {
    "images": ("<i8", ()),
    "ends": ("<i8", ()),
    "boxes": ("<f4", (4,)),
    "ids": ("<i8", ()),
    "lengths": ("<i4", ()),
    "texts": ("|u1", ()),
}
"""Type and shape of a row of each."""

HELD = 1 << 20
"""Bytes of a column that wait to be written."""


@dataclass(frozen=True)
class RegionIndex:
    """The regions of N pictures.

    Args:
        images: int64 (N,), ids of the pictures.
        ends: int64 (N,), regions of the first i + 1 pictures.
        boxes: float32 (M, 4), x1, y1, x2, y2, pixels.
        ids: int64 (M,), of the regions.
        lengths: int32 (M,), bytes of each phrase.
        texts: uint8 (T,), UTF-8 of all phrases, one after the other.
        wrong: regions that have no four numbers and a phrase, which were left out.
    """

    images: NDArray[np.int64]
    ends: NDArray[np.int64]
    boxes: NDArray[np.float32]
    ids: NDArray[np.int64]
    lengths: NDArray[np.int32]
    texts: NDArray[np.uint8]
    wrong: int = 0


def region_index(path: Path, progress: Progress | None = None) -> RegionIndex:
    """The regions of a file; from the index beside it if that is of this file.

    Args:
        path: of region_descriptions.json.
        progress: called now and then with (bytes read, bytes in all); never where there is an index.

    Raises:
        DataError: it cannot be read, or is no list of pictures with regions.
    """
    folder = path.with_name(path.name + ENDING)
    if (known := _opened(folder, path)) is not None:
        return known
    fresh = path.with_name(f".{path.name}.{token_hex(4)}")
    try:
        fresh.mkdir()
    except OSError:
        with TemporaryDirectory() as temporary:
            _build(path, Path(temporary), progress)
            return _mapped(Path(temporary))  # a file that is mapped stays until nobody looks at it
    try:
        _build(path, fresh, progress)
        rmtree(folder, ignore_errors=True)
        with suppress(OSError):  # another process was faster: its index is as good
            os.replace(fresh, folder)
        return _mapped(folder)
    finally:
        rmtree(fresh, ignore_errors=True)


def _about(path: Path) -> dict[str, int]:
    """What tells whether an index is of a file."""
    found = path.stat()
    return {"version": VERSION, "bytes": found.st_size, "time": found.st_mtime_ns}


def _opened(folder: Path, path: Path) -> RegionIndex | None:
    """The index in a folder; None if there is none, or it is of another file or damaged."""
    try:
        about = json.loads((folder / "about.json").read_text())
        if {name: about.get(name) for name in _about(path)} != _about(path):
            return None
        return _mapped(folder)
    except (OSError, ValueError, AttributeError, KeyError, TypeError):
        return None


def _mapped(folder: Path) -> RegionIndex:
    """The columns in a folder.

    Raises:
        OSError, ValueError, KeyError: it is none, or the columns do not go together.
    """
    about, columns = json.loads((folder / "about.json").read_text()), {}
    for name, (kind, shape) in COLUMNS.items():
        rows, dtype = int(about["rows"][name]), np.dtype(kind)
        size = rows * dtype.itemsize * math.prod(shape)
        if (folder / name).stat().st_size != size:
            raise ValueError(name)
        columns[name] = (
            np.memmap(folder / name, dtype, "r", shape=(rows, *shape))
            if rows
            else np.zeros((0, *shape), dtype)
        )
    return RegionIndex(**columns, wrong=int(about["wrong"]))


class _Columns:
    """Writes columns into a folder, a piece at a time."""

    def __init__(self, folder: Path, stack: ExitStack) -> None:
        self._files: dict[str, BinaryIO] = {
            name: stack.enter_context((folder / name).open("wb")) for name in COLUMNS
        }
        self._held: dict[str, array[Any]] = {
            name: array({"<i8": "q", "<f4": "f", "<i4": "i", "|u1": "B"}[kind])
            for name, (kind, _) in COLUMNS.items()
        }
        self.rows = dict.fromkeys(COLUMNS, 0)

    def add(self, name: str, *values: float) -> None:
        """One row."""
        self._held[name].extend(values)
        self.rows[name] += 1

    def text(self, text: bytes) -> None:
        """The phrase of a region."""
        self._held["texts"].frombytes(text)
        self.rows["texts"] += len(text)
        self.add("lengths", len(text))

    def write(self, *, least: int = HELD) -> None:
        """Bring to the files what waits, of columns where so many bytes do."""
        for name, held in self._held.items():
            if len(held) * held.itemsize >= least:
                self._files[name].write(held.tobytes())
                del held[:]


def _build(path: Path, folder: Path, progress: Progress | None) -> None:
    """Read a file and write its index.

    Raises:
        DataError: it cannot be read, or is no list of pictures with regions.
    """
    about, wrong = _about(path), 0
    with ExitStack() as stack:
        columns = _Columns(folder, stack)
        try:
            for picture in JsonStream(path, progress).elements():
                regions = picture["regions"]
                number = picture.get("id", picture.get("image_id"))
                number = regions[0]["image_id"] if number is None and regions else number
                wrong += _add(columns, regions)
                if number is not None:
                    columns.add("images", int(number))
                    columns.add("ends", columns.rows["boxes"])
                columns.write()
        except OSError as reason:
            raise _unreadable(path, reason_of(reason)) from reason
        except (ValueError, KeyError, TypeError, AttributeError, RecursionError, OverflowError) as reason:
            raise _unreadable(path, f"{type(reason).__name__}: {str(reason)[:100]}") from reason
        columns.write(least=0)
    if not columns.rows["images"]:
        raise _unreadable(path, "it is empty")
    text = json.dumps({**about, "rows": columns.rows, "wrong": wrong})
    (folder / "about.json").write_text(text)


def _add(columns: _Columns, regions: list[dict[str, Any]]) -> int:
    """The regions of a picture; how many cannot be used."""
    wrong = 0
    for region in regions:
        try:
            x, y, width, height = (float(region[name]) for name in ("x", "y", "width", "height"))
            phrase, number = str(region["phrase"]), int(region.get("region_id", columns.rows["ids"]))
        except (KeyError, TypeError, ValueError, OverflowError):
            wrong += 1
            continue
        columns.add("boxes", x, y, x + width, y + height)
        columns.add("ids", number)
        columns.text(cleaned(phrase).encode(errors="replace"))
    return wrong


def _unreadable(path: Path, reason: str) -> DataError:
    """The error of a file that is no region descriptions."""
    return DataError(
        f"{path} cannot be read as Visual Genome's region descriptions ({reason})",
        '[{"id": ..., "regions": [{"x", "y", "width", "height", "phrase"}, ...]}, ...]',
        "the file region_descriptions.json as it is published, or another --format",
    )
