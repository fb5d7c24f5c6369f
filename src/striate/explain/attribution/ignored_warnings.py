"""One warning of torch is ignored while a gradient is computed, in any number of threads.

thread 1   enter ------------- leave        the filters of ``warnings`` belong to the whole process:
thread 2          enter ------------- leave      the first thread sets them, the last one puts them back
"""

import warnings
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from threading import Lock

NO_KERNEL = ".*autograd kernel was not registered"
"""Torch's warning about an operation without a gradient; an error that says what to do follows it."""

_LOCK = Lock()
_FILTERS = ExitStack()
_threads = 0


@contextmanager
def ignoring_missing_kernels() -> Iterator[None]:
    """Inside, torch does not warn of operations that have no gradient."""
    global _threads
    with _LOCK:
        if not _threads:
            _FILTERS.enter_context(warnings.catch_warnings())
            warnings.filterwarnings("ignore", message=NO_KERNEL)
        _threads += 1
    try:
        yield
    finally:
        with _LOCK:
            _threads -= 1
            if not _threads:
                _FILTERS.close()
