"""Ctrl-C and SIGTERM end the program within two seconds, whatever it is doing.

A training run has its own handlers while it trains: they save first. Everything else (imports, reading,
decoding by threads, drawing) is ended here: by an exception, and if nobody lets it through in time, by force.
"""

import os
import signal
import threading
from types import FrameType

PATIENCE = 1.5
"""Seconds that the exception gets; an import of torch or a pool of threads may hold it up for longer."""


class Stopped(BaseException):
    """A signal asks to end now. Not an ``Exception``, so that nobody takes it for a failure and goes on."""

    def __init__(self, number: int) -> None:
        super().__init__(number)
        self.signal = number


def stop_soon() -> None:
    """From now on SIGINT and SIGTERM raise ``Stopped``, and end the process soon after if that did not."""
    signal.signal(signal.SIGINT, _stop)
    signal.signal(signal.SIGTERM, _stop)


def _stop(number: int, frame: FrameType | None) -> None:
    timer = threading.Timer(PATIENCE, _end, [number])
    timer.daemon = True
    timer.start()
    raise Stopped(number)


def _end(number: int) -> None:
    os._exit(128 + number)
