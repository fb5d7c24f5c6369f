"""How many bytes a picture takes while it is decoded, and one budget for all threads together.

    bytes = pixels x (what Pillow keeps + what comes out + what the codec keeps beside)

A thread waits until its picture fits beside those of the others; a picture that is larger than the whole
budget is decoded alone.
"""

import os
import threading
from collections.abc import Iterator
from contextlib import contextmanager

from PIL import Image

STORED = {"1": 1, "L": 1, "P": 1, "I;16": 2, "I;16B": 2, "I;16L": 2, "I;16N": 2}
"""Bytes of a pixel in Pillow's memory; every other mode takes 4."""

BESIDE = {"JPEG2000": 12, "WEBP": 8, "AVIF": 8, "GIF": 5}
"""Bytes of a pixel that a codec keeps beside: whole numbers, a canvas, the frame before."""

SMALL = 4 * 1024**2
"""Bytes that are not counted: a machine has room for one such picture in every thread."""

BUDGET = 480 * 1024**2
"""Bytes that all threads of a process decode into at once."""

MOST = 1024**3
"""Bytes that one picture may take."""


def bytes_to_decode(picture: Image.Image) -> int:
    """The bytes that decoding takes at most, its result included.

    >>> bytes_to_decode(Image.new("RGB", (10, 10)))
    700
    """
    grey = picture.mode in ("1", "L") or picture.mode.startswith(("I", "F"))
    each = STORED.get(picture.mode, 4) + (1 if grey else 3) + BESIDE.get(picture.format or "", 0)
    if picture.format in ("JPEG", "MPO") and picture.mode in ("L", "RGB"):
        each = 1 if grey else 3  # ``jpeg`` decodes into the result
        if picture.info.get("progressive"):
            each *= 3  # libjpeg keeps the coefficients of all scans, 16 bits each
    return picture.width * picture.height * each


def refuse_too_large(picture: Image.Image) -> None:
    """Refuse more pixels than Pillow's limit, at which Pillow itself would only warn, or too many bytes.

    Raises:
        ValueError: the picture is too large.
    """
    limit = Image.MAX_IMAGE_PIXELS
    size = f"{picture.width} x {picture.height} pixels"
    if limit is not None and picture.width * picture.height > limit:
        raise ValueError(f"{size}, more than the {limit} that are safe to unpack")
    needed = bytes_to_decode(picture)
    if needed > MOST:
        raise ValueError(f"{size} take {needed >> 20:,} MiB to decode, more than {MOST >> 20:,}")


class MemoryBudget:
    """Bytes that threads share.

    Args:
        total: bytes in all.
    """

    def __init__(self, total: int) -> None:
        self.total = total
        self._used = 0
        self._changed = threading.Condition()

    @contextmanager
    def room_for(self, count: int) -> Iterator[None]:
        """Wait until ``count`` bytes fit beside those that are in use, or nothing is in use.

        One thread must not ask again while it holds some: it might wait for itself.
        """
        if count <= SMALL:
            yield
            return
        with self._changed:
            self._changed.wait_for(lambda: not self._used or self._used + count <= self.total)
            self._used += count
        try:
            yield
        finally:
            with self._changed:
                self._used -= count
                self._changed.notify_all()

    def forget(self) -> None:
        """Nothing is in use: the threads that used it stayed behind in the process that was forked."""
        self.__init__(self.total)  # type: ignore[misc]


DECODING = MemoryBudget(BUDGET)
"""What all threads of this process decode into."""

if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=DECODING.forget)
