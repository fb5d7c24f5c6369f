"""Memory of large results, used again once a result was dropped.

The system clears fresh memory before it hands it out, and where memory is fragmented it first moves other
pages: 50 MB, the result of 1,000 regions, then take 3 to 50 ms, more than their computation. So the memory of
dropped results is kept, up to 128 MB in all.
"""

import math
from collections import deque
from contextlib import suppress

import numpy as np
from numpy.typing import DTypeLike

from striate.ops.kernels.compile import Array

SMALLEST, LARGEST = 1 << 20, 128 << 20
"""Bytes of a result whose memory is kept, and of all that is kept."""
KEPT: deque[Array] = deque()


class _Lent:
    """Owns the memory of one result: gives it back when the last array or tensor on it is dropped."""

    def __init__(self, memory: Array) -> None:
        self.memory = memory
        self.__array_interface__ = memory.__array_interface__

    def __del__(self) -> None:
        KEPT.append(self.memory)
        with suppress(IndexError):  # another thread took the last
            while sum(map(len, tuple(KEPT))) > LARGEST:
                KEPT.popleft()


def empty(shape: tuple[int, ...], dtype: DTypeLike) -> Array:
    """An array of any content. numpy asks for huge pages: fresh memory of torch takes 20 ms for 50 MB."""
    kind = np.dtype(dtype)
    size = math.prod(shape) * kind.itemsize
    if not SMALLEST <= size <= LARGEST:
        return np.empty(shape, kind)
    return np.asarray(_Lent(_memory(size)))[:size].view(kind).reshape(shape)


def _memory(size: int) -> Array:
    """``size`` bytes or at most twice as many: those of a dropped result, or fresh ones."""
    for _ in range(len(KEPT)):
        try:
            memory = KEPT.popleft()
        except IndexError:  # another thread took it
            break
        if size <= len(memory) <= 2 * size:
            return memory
        KEPT.append(memory)
    return np.empty(size, np.uint8)
