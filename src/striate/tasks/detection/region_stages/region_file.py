"""Features of all regions of a data set, in files: a row costs two bytes for each of its numbers.

    features.f16    (P, D)     of a region
    overlaps.f16    (P, K)     its largest IoU with an object of each class; 2 for the object itself
    offsets.f32     (P, 4)     dx, dy, dw, dh to the object that it overlaps most
    written.json               pictures and rows so far: a run that was killed goes on there

Whether they fit on the disk is known before the first row. Rows are appended, so that a disk that is full
nevertheless is an error and no more.
"""

import json
import os
import shutil
from contextlib import ExitStack
from pathlib import Path
from types import TracebackType
from typing import Any, BinaryIO, final

import numpy as np
from numpy.typing import NDArray

from striate.errors import RunError
from striate.files.atomic import beside
from striate.formatting import brief

ITSELF = 2.0
"""The overlap of a region that is an object."""

RESERVE = 64 * 2**20
"""Bytes that stay free: the model and the log are written too."""


@final
class RegionFile:
    """The table of regions in a folder; while entered, rows are appended.

    Args:
        folder: where the files are, or shall be.
        rows: P.
        width: D.
        classes: K.

    Attributes:
        pictures, written: how far it is.
    """

    def __init__(self, folder: Path, rows: int, width: int, classes: int) -> None:
        self.folder, self.rows = folder, rows
        self.columns: dict[str, tuple[type[np.generic], int]] = {
            "features.f16": (np.float16, width),
            "overlaps.f16": (np.float16, classes),
            "offsets.f32": (np.float32, 4),
        }
        self.pictures, self.written = self._so_far()
        self._open, self._files = ExitStack(), list[BinaryIO]()

    def __enter__(self) -> "RegionFile":
        """Open for further rows.

        Raises:
            RunError: there is no room for them.
        """
        left = self.rows - self.written
        require_room(self.folder, left * sum(self._row_bytes(name) for name in self.columns))
        for name in self.columns:
            file = self._open.enter_context(open(self.folder / name, "r+b" if self.written else "w+b"))
            file.truncate(
                self.written * self._row_bytes(name)
            )  # what a killed run wrote after its last flush
            file.seek(0, os.SEEK_END)
            self._files.append(file)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, where: TracebackType | None
    ) -> None:
        self._files = []
        self._open.close()

    def append(self, *columns: NDArray[Any]) -> None:
        """The regions of the next picture: features, overlaps and offsets, a row for each."""
        for file, (dtype, _), values in zip(self._files, self.columns.values(), columns, strict=True):
            file.write(np.ascontiguousarray(values, dtype).tobytes())
        self.pictures, self.written = self.pictures + 1, self.written + len(columns[0])

    def flush(self) -> None:
        """All that was appended is on the disk, and a run that goes on knows it."""
        for file in self._files:
            file.flush()
            os.fsync(file.fileno())
        state = {"pictures": self.pictures, "rows": self.written, "shape": self._shape}
        with beside(self._state) as temporary:
            temporary.write_text(json.dumps(state))

    def tables(self) -> list[NDArray[Any]]:
        """The three tables, read only, without reading them."""
        return [
            np.memmap(self.folder / name, dtype, "r", shape=(self.written, width))
            if self.written and width
            else np.zeros((self.written, width), dtype)
            for name, (dtype, width) in self.columns.items()
        ]

    @property
    def _state(self) -> Path:
        return self.folder / "written.json"

    @property
    def _shape(self) -> list[int]:
        return [self.rows, *(width for _, width in self.columns.values())]

    def _row_bytes(self, name: str) -> int:
        dtype, width = self.columns[name]
        return np.dtype(dtype).itemsize * width

    def _so_far(self) -> tuple[int, int]:
        """Pictures and rows that the files of an interrupted run hold."""
        try:
            state = json.loads(self._state.read_text())
            pictures, rows, shape = int(state["pictures"]), int(state["rows"]), state["shape"]
            long_enough = all(
                (self.folder / name).stat().st_size >= rows * self._row_bytes(name) for name in self.columns
            )
        except (OSError, ValueError, KeyError, TypeError):
            return 0, 0
        return (pictures, rows) if shape == self._shape and long_enough else (0, 0)


def require_room(folder: Path, size: int) -> None:
    """So many bytes fit on the disk.

    Raises:
        RunError: they do not.
    """
    free = shutil.disk_usage(folder).free
    if size and size + RESERVE > free:
        raise RunError(
            f"the features of all regions take {brief(size)}B, and {brief(free)}B are free at {folder}",
            f"{brief(size + RESERVE)}B",
            "make room and resume the run, use another disk (--out), or fewer proposals",
        )
