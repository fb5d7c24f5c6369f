"""Work in a thread beside the caller that never outlives the process, nor keeps it from ending.

    start --> running --> done: a result          exit while it runs: it is interrupted between two steps of
                     `--> failed: a reason        Python, and waited for only while native code finishes

Python may not be taken down below a thread that is inside native code, so the end of the process waits for
that: OpenVINO compiles for a second or two. A fork has no such thread: there the work counts as failed.
"""

import atexit
import ctypes
from collections.abc import Callable
from threading import Thread
from typing import Any, Generic, TypeVar
from weakref import WeakSet

Result = TypeVar("Result")

PATIENCE = 10.0
"""Seconds that the end of the process waits for native code at most."""


class Interrupt(BaseException):
    """Raised inside the work at the end of the process."""


class BackgroundWork(Generic[Result]):
    """One piece of work in a thread of its own.

    Args:
        work: what is done; it may raise.

    Attributes:
        result: what the work returned; None before, and when it failed.
        failure: what it raised; None before, and when it succeeded.
    """

    def __init__(self, work: Callable[[], Result]) -> None:
        self.result: Result | None = None
        self.failure: BaseException | None = None
        self._work: Callable[[], Result] | None = work
        self._thread = Thread(target=self._run, name="striate engine", daemon=True)
        _running.add(self)
        self._thread.start()

    @property
    def running(self) -> bool:
        """Whether it has neither ended nor failed."""
        return self._thread.is_alive()

    def wait(self, seconds: float | None = None) -> bool:
        """Wait for the end at most so long; returns whether it has come."""
        self._thread.join(seconds)
        return not self.running

    def interrupt(self) -> None:
        """End it as soon as it is in Python, and wait for that."""
        if self.running and self._thread.ident is not None:
            thread = ctypes.c_ulong(self._thread.ident)
            ctypes.pythonapi.PyThreadState_SetAsyncExc(thread, ctypes.py_object(Interrupt))
            self.wait(PATIENCE)

    def _run(self) -> None:
        assert self._work is not None
        try:
            self.result = self._work()
        except BaseException as reason:
            self.failure = reason
        finally:
            self._work = None  # with all that it holds


_running: "WeakSet[BackgroundWork[Any]]" = WeakSet()


@atexit.register
def _interrupt_all() -> None:
    for work in list(_running):
        work.interrupt()
