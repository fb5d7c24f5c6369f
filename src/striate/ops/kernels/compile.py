"""A kernel is compiled at its first call, kept in the user's cache folder, and runs without Python's lock.

Compiling takes seconds and happens once for each processor and version; it is announced through the logger
``striate.ops.kernels``. A cache that cannot be read or written only costs that time again.

Kernels do not use numba's own threads: its OpenMP layer ends a forked process, its work queue ends the
program when two threads call it. Work is cut into parts for plain threads. They stay for the next call: a
new thread often begins on the processor that its caller keeps busy. A part of the result is computed by one
thread, so that results have the same bits on any number of threads.
"""

import logging
import os
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from functools import lru_cache
from itertools import pairwise
from pathlib import Path
from queue import SimpleQueue
from typing import Any

import numba
import torch
from numba.core import event
from numpy.typing import NDArray

Array = NDArray[Any]
Kernel = Callable[..., Any]

LOG = logging.getLogger("striate.ops.kernels")
SMALL = 1 << 16
"""Numbers in a result up to which one thread is as fast as two: waking a thread takes about 50 us."""

AS_WRITTEN, ANY_ORDER = frozenset[str](), frozenset({"reassoc", "contract", "nsz"})
"""What LLVM may change: nothing; or the order of sums. NaN and infinity stay what they are."""


def part(function: Kernel, freedom: frozenset[str] = AS_WRITTEN, *, cache: bool = False) -> Kernel:
    """Compile a function that only kernels of the same file call."""
    compiled: Kernel = numba.njit(nogil=True, cache=cache, error_model="numpy", fastmath=set(freedom))(
        function
    )
    return compiled


def inner(function: Kernel) -> Kernel:
    """Like ``part``, and copied to where it is called: passing slices of arrays takes 40 ns a call."""
    compiled: Kernel = numba.njit(nogil=True, error_model="numpy", inline="always")(function)
    return compiled


def kernel(function: Kernel) -> Kernel:
    """Compile a function of arrays and numbers at its first call, and keep the code for the next program."""
    return _compiled_late(function, AS_WRITTEN)


def summing_kernel(function: Kernel) -> Kernel:
    """Like ``kernel``; sums may be added in another order, several numbers at once."""
    return _compiled_late(function, ANY_ORDER)


def _compiled_late(function: Kernel, freedom: frozenset[str]) -> Kernel:
    compiled = _cached(function, freedom)

    def call(*arguments: Any) -> Any:
        nonlocal compiled
        try:
            return compiled(*arguments)
        except Exception as error:  # a damaged or full cache raises anything; a true fault comes again below
            LOG.info("%s is compiled without a cache: %s", function.__name__, error)
            compiled = part(function, freedom)
            return compiled(*arguments)

    return call


def in_threads(function: Kernel, count: int, size: int, *arguments: Any, cuts: int = 4) -> None:
    """Call ``function(begin, end, *arguments)`` for parts of ``range(count)``, in torch's number of threads.

    Whoever is free takes the next part. Nobody waits for a thread that has not begun: on a busy machine that
    takes milliseconds, and the others finish the work meanwhile.

    Args:
        function: a kernel that writes nothing outside its part.
        count: what is divided.
        size: numbers that are computed in all; few are not worth a second thread.
        arguments: passed on.
        cuts: parts for each thread; 1 where every part looks at all of the input.
    """
    threads = min(torch.get_num_threads(), count) if size > SMALL else 1
    if threads <= 1:
        function(0, count, *arguments)
        return
    number = min(count, cuts * threads)
    edges = [count * i // number for i in range(number + 1)]
    parts, finished = iter(list(pairwise(edges))), SimpleQueue[BaseException | None]()

    def work() -> None:
        for begin, end in parts:
            try:
                finished.put(function(begin, end, *arguments))
            except BaseException as error:  # raised by the caller's thread, below
                finished.put(error)

    helpers = _helpers(threads - 1, os.getpid())
    with suppress(RuntimeError):  # no thread can be started, as in a program that ends: this one does it all
        for _ in range(threads - 1):
            helpers.submit(work)
    work()
    for error in [finished.get() for _ in range(number)]:
        if error is not None:
            raise error


@lru_cache(maxsize=1)
def _helpers(count: int, process: int) -> ThreadPoolExecutor:
    """Threads beside the caller's; a forked process has none of its parent's and makes its own."""
    return ThreadPoolExecutor(count, f"striate-kernels-{process}")


def _cached(function: Kernel, freedom: frozenset[str]) -> Kernel:
    """The function with numba's cache on: in our folder, else beside the source, else without one."""
    settings: Any = numba.config
    before, settings.CACHE_DIR = settings.CACHE_DIR, str(_folder())
    try:
        return part(function, freedom, cache=True)
    except (RuntimeError, OSError):
        return part(function, freedom)
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
