"""Ctrl-C and SIGTERM: the first lets the loop finish its step and save, the second ends the process at once.

signal --> asked --> step ends --> checkpoint --> Interrupted
             `-- 1.5 s without that --> Interrupted where it is; the last checkpoint stands
"""

import os
import signal
import threading
from types import FrameType
from typing import Any

from striate.errors import Interrupted

PATIENCE = 1.5
"""Seconds that a step and its checkpoint may take after a signal, so that all is over within 2."""


def caught() -> tuple[signal.Signals, ...]:
    """The signals that wait for the end of a step.

    torchrun sends SIGTERM to those whose partner died. They may be waiting for it inside a collective, where
    no handler of Python can run: there it must end them at once, and the last checkpoint stands.
    """
    if "TORCHELASTIC_RESTART_COUNT" in os.environ:
        return (signal.SIGINT,)
    return (signal.SIGINT, signal.SIGTERM)


class Impatience(BaseException):
    """Ends a step that takes too long. Not an ``Exception``: nobody on the way may take it for a failure.

    Args:
        interrupted: the error that it stands for.
    """

    def __init__(self, interrupted: Interrupted) -> None:
        super().__init__(interrupted)
        self.interrupted = interrupted


class StopRequest:
    """While entered, remembers a signal instead of dying of it; in the main thread only, others see none.

    Attributes:
        signal: number of the signal that came, 0 for none.
    """

    def __init__(self, folder: str) -> None:
        self.signal, self._folder, self._process = 0, folder, os.getpid()
        self._before: dict[int, Any] = {}
        self._timer = (0.0, 0.0)

    def __enter__(self) -> "StopRequest":
        if threading.current_thread() is threading.main_thread():
            self._before = {number: signal.signal(number, self._ask) for number in caught()}
        return self

    def __exit__(self, kind: object, error: BaseException | None, traceback: object) -> None:
        if self.signal and signal.SIGALRM in self._before:
            signal.setitimer(signal.ITIMER_REAL, *self._timer)
        for number, handler in self._before.items():
            signal.signal(number, handler)
        self._before = {}
        if isinstance(error, Impatience):
            raise error.interrupted from None

    def interrupted(self, when: str) -> Interrupted:
        """The error that ends the run, and says how to go on."""
        error = Interrupted(
            f"the training was interrupted by {signal.Signals(self.signal).name} {when}",
            "that it runs to its end",
            f"striate train --resume --out {self._folder} goes on from there (in Python: resume=True)",
        )
        error.signal = self.signal
        return error

    def _ask(self, number: int, frame: FrameType | None) -> None:
        if os.getpid() != self._process:  # a worker process that was forked with this handler
            if number == signal.SIGTERM:
                os._exit(128 + number)
            return
        if self.signal:
            signal.signal(number, signal.SIG_DFL)
            os.kill(self._process, number)
        self.signal = number
        self._before[signal.SIGALRM] = signal.signal(signal.SIGALRM, self._lose_patience)
        self._timer = signal.setitimer(signal.ITIMER_REAL, PATIENCE)

    def _lose_patience(self, number: int, frame: FrameType | None) -> None:
        raise Impatience(self.interrupted("before a step could be finished"))
