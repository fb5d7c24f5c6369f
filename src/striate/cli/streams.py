"""stdout and stderr as whoever called left them: closed, full, or of another encoding.

Nothing heavy is imported here: it runs before everything else.
"""

import io
import os
import sys

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing_extensions import Buffer


def open_streams() -> None:
    """Put something behind file descriptors 0, 1 and 2, and give Python a stderr of its own.

    A closed one becomes /dev/null: otherwise the next file that is opened would get its number, and whoever
    prints would write into it. With a stderr of its own ``console.hushed`` silences C libraries alone. File
    names that are no UTF-8 are written with backslashes.
    """
    while (lowest := os.open(os.devnull, os.O_RDWR)) <= 2:
        pass
    os.close(lowest)
    if sys.stdout is None:
        sys.stdout = os.fdopen(1, "w", encoding="utf-8", closefd=False)
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(errors="backslashreplace")
    raw = io.BufferedWriter(_Remarks(os.dup(2), "w"))
    sys.stderr = io.TextIOWrapper(raw, encoding="utf-8", errors="backslashreplace", line_buffering=True)


def drop_stdout() -> None:
    """Nobody reads stdout, or it is full: what Python still writes there at its end goes nowhere."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), 1)


class _Remarks(io.FileIO):
    """stderr. What does not fit on a full disk is lost: progress is no reason to end a training."""

    def write(self, data: "Buffer") -> int:
        try:
            return super().write(data) or 0
        except BrokenPipeError:
            raise
        except OSError:
            return memoryview(data).nbytes
