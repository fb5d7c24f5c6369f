"""A kernel is compiled at its first call, kept in the user's cache folder, and runs without Python's lock.

Compiling takes seconds and happens once for each processor and version; it is announced through the logger
``striate.ops.kernels``. A cache that cannot be read or written only costs that time again.

Kernels do not use numba's own threads: its OpenMP layer ends a forked process, its work queue ends the
program when two threads call it. Work is cut into parts for plain threads, which live for one call. A part
of the result belongs to one thread, so that results have the same bits on any number of threads.
"""

import logging
import os
from collections.abc import Callable
from itertools import pairwise
from pathlib import Path
from threading import Thread
from typing import Any

import numba
import numpy as np
import torch
from numba.core import event
from numpy.typing import DTypeLike, NDArray

Array = NDArray[Any]
Kernel = Callable[..., Any]

LOG = logging.getLogger("striate.ops.kernels")
SMALL = 1 << 16
"""Numbers in a result up to which one thread is as fast as two: starting a thread takes about 50 us."""


def part(function: Kernel) -> Kernel:
    """Compile a function that only kernels of the same file call."""
    compiled: Kernel = numba.njit(nogil=True, error_model="numpy")(function)
    return compiled


def kernel(function: Kernel) -> Kernel:
    """Compile a function of arrays and numbers at its first call, and keep the code for the next program."""
    compiled = _cached(function)

    def call(*arguments: Any) -> Any:
        nonlocal compiled
        try:
            return compiled(*arguments)
        except Exception as error:  # a damaged or full cache raises anything; a true fault comes again below
            LOG.info("%s is compiled without a cache: %s", function.__name__, error)
            compiled = part(function)
            return compiled(*arguments)

    return call


def in_threads(function: Kernel, count: int, size: int, *arguments: Any) -> None:
    """Call ``function(begin, end, *arguments)`` for parts of ``range(count)``, in torch's number of threads.

    Args:
        function: a kernel that writes nothing outside its part.
        count: what is divided.
        size: numbers that are computed in all; few are not worth a second thread.
        arguments: passed on.
    """
    threads = max(min(torch.get_num_threads(), count), 1) if size > SMALL else 1
    cuts = [count * number // threads for number in range(threads + 1)]
    others = [Thread(target=function, args=(*cut, *arguments)) for cut in pairwise(cuts[1:])]
    for thread in others:
        thread.start()
    function(cuts[0], cuts[1], *arguments)
    for thread in others:
        thread.join()


def empty(shape: tuple[int, ...], dtype: DTypeLike) -> Array:
    """An array of any content. numpy asks for huge pages, torch does not: 50 MB take a third of the time."""
    return np.empty(shape, dtype)


def _cached(function: Kernel) -> Kernel:
    """The function with numba's cache on: in our folder, else beside the source, else without one."""
    settings: Any = numba.config
    before, settings.CACHE_DIR = settings.CACHE_DIR, str(_folder())
    try:
        compiled: Kernel = numba.njit(nogil=True, cache=True, error_model="numpy")(function)
        return compiled
    except (RuntimeError, OSError):
        return part(function)
    finally:
        settings.CACHE_DIR = before


def _folder() -> Path:
    """``kernels`` in ``$STRIATE_CACHE``, or in ``~/.cache/striate``."""
    return Path(os.environ.get("STRIATE_CACHE") or "~/.cache/striate").expanduser() / "kernels"


class _Announce(event.Listener):
    """Says once that kernels are being compiled: numba tells before it begins."""

    announced = False

    def on_start(self, happened: Any) -> None:
        if not self.announced and happened.data["dispatcher"].py_func.__module__.startswith(__package__):
            self.announced = True
            LOG.warning("compiling kernels for this processor, once: this takes some seconds")

    def on_end(self, happened: Any) -> None:
        pass


event.register("numba:compile", _Announce())  # type: ignore[no-untyped-call]
