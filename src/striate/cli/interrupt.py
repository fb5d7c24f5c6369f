"""Ctrl-C and SIGTERM end the program at once, whatever it is doing.

A training run has its own handlers while it trains: they save first. Everything else (imports, reading,
decoding, drawing) has nothing to save and is ended here, without an exception: in the middle of an import
that would pass through code of torch, which aborts on it.
"""

import os
import signal
from types import FrameType

SHOW_CURSOR = b"\x1b[?25h"
"""A live line hides it."""


def stop_soon() -> None:
    """From now on SIGINT and SIGTERM say so on stderr and end the process with 130 or 143."""
    signal.signal(signal.SIGINT, _stop)
    signal.signal(signal.SIGTERM, _stop)


def _stop(number: int, frame: FrameType | None) -> None:
    os.write(2, (SHOW_CURSOR if os.isatty(2) else b"") + b"interrupted\n")
    os._exit(128 + number)
