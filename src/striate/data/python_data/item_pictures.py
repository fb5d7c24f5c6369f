"""The pictures of Python objects as a store: each is read when it is asked for, by one thread at a time.

Data sets of somebody's own are made for processes, and seldom for threads: a lock stands before them.
Worker processes have a lock and a copy each.
"""

from pathlib import Path
from threading import RLock
from typing import Any

import numpy as np
import torch
from PIL import Image
from torch import Tensor

from striate.data.image_store import Files
from striate.data.inputs import image_of
from striate.data.python_data.items import Items, unread
from striate.errors import DataError, ImageError, StriateError

ROUNDING = 1e-3
"""By how much floats may leave 0..1."""

UNSCALED = ("F", "I")
"""Modes of PIL whose range nobody knows: a picture alone would be stretched between its own ends."""

TRIED = 8
"""Pictures that are read twice, to see whether they are the same each time."""


class ItemPictures:
    """The pictures of items.

    Args:
        items: of all splits.
        origin: what to call them together.

    Attributes:
        files: those of all pictures, if all of them are known.
        numbers: uint64 (N,), what each picture shows; 0 where nobody has asked yet.
    """

    def __init__(self, items: Items, origin: str) -> None:
        self.items, self.origin, self.lock = items, origin, RLock()
        self.files = _files(items)
        self.numbers = np.zeros(len(items), np.uint64)

    def __len__(self) -> int:
        return len(self.items)

    def __getstate__(self) -> dict[str, Any]:
        return {name: value for name, value in vars(self).items() if name != "lock"}

    def __setstate__(self, state: dict[str, Any]) -> None:
        vars(self).update(state, lock=RLock())

    def relative(self, index: int) -> str:
        """As ``name``."""
        return self.name(index)

    def name(self, index: int) -> str:
        """The file where it is known, else the number in its data set."""
        return self.items.name(index)

    def read(self, index: int) -> Tensor:
        """uint8 (1 or 3, H, W).

        Raises:
            ImageError: the data set does not give it, or it is no picture.
        """
        return self.both(index)[0]

    def both(self, index: int) -> tuple[Tensor, Any]:
        """A picture, and its target as somebody gave it.

        Raises:
            ImageError: as ``read``.
        """
        with self.lock:
            try:
                picture, target = self.items.item(index)
            except StriateError as reason:
                raise ImageError(reason.wrong, reason.expected, reason.attempt) from reason
            except Exception as reason:  # of somebody's own sequence
                error = unread(self.name(index), reason)
                raise ImageError(error.wrong, error.expected, error.attempt) from reason
            return picture_of(picture, self.name(index)), target

    def require_steady(self) -> None:
        """The same picture comes each time it is asked for.

        Raises:
            DataError: it does not, as a random transform changes it.
            ImageError: some cannot be read.
        """
        places = np.linspace(0, len(self) - 1, min(len(self), TRIED)).round().astype(int).tolist()
        with torch.random.fork_rng(devices=[]):
            for place in places:
                if not torch.equal(self.read(place), self.read(place)):
                    raise DataError(
                        f"{self.name(place)} is another picture each time it is read",
                        "pictures that stay the same, so that they can be kept, compared and split",
                        "take random transforms out of the data set and give them as augment=",
                    )


def picture_of(given: Any, name: str) -> Tensor:
    """uint8 (1 or 3, H, W) of what stands for a picture; floats 0..1 are scaled.

    Args:
        given: a PIL picture, an array (H, W[, C]), a tensor (C, H, W) or (H, W), a path, bytes. A PIL picture
            of floats or of 32 bits that comes from no file is the array that it was made of.
        name: for messages.

    Raises:
        ImageError: it is none, or its floats are not 0..1.

    >>> picture_of(torch.full((3, 2, 2), 0.2), "one")[0].tolist()
    [[51, 51], [51, 51]]
    """
    try:
        if isinstance(given, Image.Image) and given.mode in UNSCALED and given.format is None:
            given = np.asarray(given)
        if isinstance(given, Tensor):
            given = given.as_subclass(Tensor).detach().cpu()
            given = given[None] if given.ndim == 2 else given
        if isinstance(given, Tensor) and given.is_floating_point():
            given = _scaled(given, name)
        if isinstance(given, np.ndarray) and given.dtype.kind == "f":
            given = _scaled(torch.from_numpy(np.array(given)), name).numpy()
        return image_of(given).contiguous()
    except ImageError:
        raise
    except StriateError as reason:
        raise ImageError(f"{name}: {reason.wrong}", reason.expected, reason.attempt) from reason


def _scaled(floats: Tensor, name: str) -> Tensor:
    """Floats 0..1 as 0..255.

    Raises:
        ImageError: there are others.
    """
    low, high = (float(end) for end in torch.aminmax(floats)) if floats.numel() else (0.0, 1.0)
    if not (low >= -ROUNDING and high <= 1 + ROUNDING):
        raise ImageError(
            f"{name} has floats from {low:.3g} to {high:.3g}",
            "uint8 0..255, or floats 0..1: striate normalizes with the mean and deviation of the data",
            "leave Normalize out of the transforms of the data set; preprocess= takes mean and std",
        )
    return (floats * 255).round().clamp(0, 255).to(torch.uint8)


def _files(items: Items) -> Files | None:
    """The files of all pictures; None if some are not known."""
    if not len(items) or items.path(0) is None:
        return None
    paths = map(items.path, range(len(items)))
    known = Files(Path(), (path for path in paths if path is not None))
    return known if len(known) == len(items) else None
