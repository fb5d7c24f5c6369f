"""The stack on which signals are handled stays the one that it was while OpenVINO compiles.

OpenVINO's plugin for processors gives the thread that creates it a signal stack of its own (sigaltstack), and
unmaps it when the plugin goes. If two plugins go in the order in which they came, or in another thread, the
thread is left with a stack that is no longer there. The next signal, the end of a child process or Ctrl-C,
is then a segmentation fault, long after OpenVINO was last used.

    before: F   create A: A (F before it)   create B: B (A before it)   A goes: unmapped   B goes: A again!

Here the former stack is put back as soon as a plugin is there. A plugin that finds another stack in place
when it goes leaves it alone.
"""

import ctypes
import sys
from collections.abc import Iterator
from contextlib import contextmanager


class Stack(ctypes.Structure):
    """``stack_t`` of Linux."""

    _fields_ = [("address", ctypes.c_void_p), ("flags", ctypes.c_int), ("size", ctypes.c_size_t)]


@contextmanager
def signal_stack_kept() -> Iterator[None]:
    """Whatever replaces this thread's signal stack inside, afterwards it is the former one again."""
    if sys.platform != "linux":
        yield
        return
    sigaltstack = ctypes.CDLL(None).sigaltstack
    before = Stack()
    sigaltstack(None, ctypes.byref(before))
    try:
        yield
    finally:
        sigaltstack(ctypes.byref(before), None)
