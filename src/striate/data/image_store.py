"""Where the pixels of a data set lie: in files that are named compactly, or in one array.

A path costs its own bytes and an offset of 4 bytes, so that ten million files fit into memory.
"""

import os
from array import array
from collections.abc import Iterable
from pathlib import Path
from typing import Protocol

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from striate.data.decode import decode

MOST_UINT32 = 2**32 - 1
"""Bytes of names up to which 4 bytes hold an offset; with more it takes 8."""


class Store(Protocol):
    """Images by number."""

    def __len__(self) -> int: ...

    def read(self, index: int) -> Tensor:
        """uint8 (1 or 3, H, W), at full size."""

    def name(self, index: int) -> str:
        """What to call the image in messages: the path of its file, or its index in an array."""

    def relative(self, index: int) -> str:
        """What the image is called inside the data set, wherever that lies."""


class Files:
    """Picture files below one folder.

    Args:
        root: the folder.
        names: paths relative to it, with ``/``; read once, never held as a list.
    """

    def __init__(self, root: Path, names: Iterable[str]) -> None:
        self.root = root
        self._base = "" if root == Path() else str(root)
        text, ends = bytearray(), array("q")
        for name in names:
            text += name.encode("utf-8", "surrogateescape")
            ends.append(len(text))
        self._text = bytes(text)
        self._ends = np.array(ends, dtype=np.uint32 if len(text) <= MOST_UINT32 else np.int64)

    def __len__(self) -> int:
        return len(self._ends)

    def relative(self, index: int) -> str:
        """The path below the root."""
        start = int(self._ends[index - 1]) if index else 0
        return self._text[start : int(self._ends[index])].decode("utf-8", "surrogateescape")

    def name(self, index: int) -> str:
        """The whole path."""
        return os.path.join(self._base, self.relative(index))

    def size(self, index: int) -> int:
        """Bytes of one file, 0 if it does not exist."""
        try:
            return os.stat(self.name(index)).st_size
        except OSError:
            return 0

    def read(self, index: int) -> Tensor:
        """Decode one file: uint8 (3, H, W)."""
        return decode(self.name(index))


class Array:
    """Images of one size in memory.

    Args:
        images: uint8 (N, H, W) or (N, H, W, C) with C = 1 or 3.
        origin: the file that they came from, for messages.
    """

    def __init__(self, images: NDArray[np.uint8], origin: str) -> None:
        self.images = images if images.ndim == 4 else images[..., None]
        self.origin = origin

    def __len__(self) -> int:
        return len(self.images)

    @property
    def size(self) -> tuple[int, int]:
        """(H, W) of every image."""
        return self.images.shape[1], self.images.shape[2]

    def relative(self, index: int) -> str:
        """``[index]``."""
        return f"[{index}]"

    def name(self, index: int) -> str:
        """``origin[index]``."""
        return f"{self.origin}[{index}]"

    def read(self, index: int) -> Tensor:
        """uint8 (C, H, W)."""
        return torch.from_numpy(self.images[index].transpose(2, 0, 1).copy())
