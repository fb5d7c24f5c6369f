"""Where words go: results to stdout, everything else to stderr. All that the terminal shows passes here."""

import io
import json
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from rich.console import Console
from rich.table import Table

from striate.formatting import UNKNOWN

MACHINE_WIDTH = 120
"""Columns where nobody looks: a pipe or a file."""


def out() -> Console:
    """The console of results."""
    return _console(stderr=False)


def err() -> Console:
    """The console of progress and remarks."""
    return _console(stderr=True)


class _Console(Console):
    def on_broken_pipe(self) -> None:
        """Leave it to ``main``; rich would end the program with exit code 1."""
        raise BrokenPipeError


def _console(*, stderr: bool) -> Console:
    plain: dict[str, Any] = {"highlight": False, "markup": False, "emoji": False, "soft_wrap": True}
    console = _Console(stderr=stderr, **plain)
    return console if console.is_terminal else _Console(stderr=stderr, width=MACHINE_WIDTH, **plain)


def own_stderr() -> None:
    """Give Python a stderr of its own, so that ``hushed`` silences C libraries and nobody else.

    File names that are no UTF-8 are written with backslashes, there and on stdout.
    """
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(errors="backslashreplace")
    sys.stderr = os.fdopen(os.dup(2), "w", buffering=1, encoding="utf-8", errors="backslashreplace")


@contextmanager
def hushed() -> Iterator[None]:
    """Drop what C libraries write to file descriptor 2: libtiff complains there about every broken file."""
    before, nowhere = os.dup(2), os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, 2)
    try:
        yield
    finally:
        os.dup2(before, 2)
        os.close(before)
        os.close(nowhere)


def print_json(values: Any, *, lines: bool = False) -> None:
    """Print plain values as JSON, on one line or indented."""
    print(json.dumps(values, ensure_ascii=False, allow_nan=False, indent=None if lines else 2), flush=lines)


def table(*columns: str) -> Table:
    """A table without frames: the first column is words, the others are numbers."""
    made = Table(box=None, pad_edge=False, header_style="bold")
    for place, column in enumerate(columns):
        made.add_column(column, justify="right" if place else "left", overflow="fold")
    return made


def percent(share: float | None) -> str:
    """A share 0..1 for people, in columns that line up; a dash for what is not known.

    >>> percent(0.98765), percent(None)
    ('98.77 %', '–')
    """
    return UNKNOWN if share is None else f"{100 * share:.2f} %"
