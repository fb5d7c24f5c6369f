"""Ctrl-C asks a loop to end after its step, so that what it has is kept. A second one ends it at once."""

import signal
import threading
from types import FrameType
from typing import Any


class InterruptHandler:
    """While entered, remembers SIGINT instead of dying of it; in the main thread only, others see none.

    Attributes:
        interrupted: whether it came.
    """

    def __init__(self) -> None:
        self.interrupted = False
        self._before: Any = None

    def __enter__(self) -> "InterruptHandler":
        if threading.current_thread() is threading.main_thread():
            self._before = signal.signal(signal.SIGINT, self._note)
        return self

    def __exit__(self, *_: object) -> None:
        if self._before is not None:
            signal.signal(signal.SIGINT, self._before)
            self._before = None

    def _note(self, number: int, frame: FrameType | None) -> None:
        if self.interrupted:
            raise KeyboardInterrupt
        self.interrupted = True
