"""Where words go: results to stdout, everything else to stderr. All that the terminal shows passes here."""

import json
import os
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import Any

from rich.console import Console
from rich.segment import Segment
from rich.table import Table

from striate.errors import ESCAPES
from striate.formatting import UNKNOWN

MACHINE_WIDTH = 120
"""Columns where nobody looks: a pipe or a file."""

SHOWN = {code: text for code, text in ESCAPES.items() if chr(code) not in "\n\t\r"}
"""Control characters of names, and what a terminal gets instead; lines and columns are ours."""

IN_JSON = {code: f"\\u{code:04x}" for code in SHOWN if code >= 0x7F}
"""Those that JSON does not escape itself."""


def out() -> Console:
    """The console of results."""
    return _console(stderr=False)


def err() -> Console:
    """The console of progress and remarks."""
    return _console(stderr=True)


class _Console(Console):
    def _render_buffer(self, buffer: Iterable[Segment]) -> str:
        """Names may hold what colors a terminal or sets its title; styles and cursor come from rich alone."""
        return super()._render_buffer(
            part if part.control else Segment(part.text.translate(SHOWN), part.style) for part in buffer
        )

    def on_broken_pipe(self) -> None:
        """Leave it to ``main``; rich would end the program with exit code 1."""
        raise BrokenPipeError


def _console(*, stderr: bool) -> Console:
    plain: dict[str, Any] = {"highlight": False, "markup": False, "emoji": False, "soft_wrap": True}
    console = _Console(stderr=stderr, **plain)
    return console if console.is_terminal else _Console(stderr=stderr, width=MACHINE_WIDTH, **plain)


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
    text = json.dumps(values, ensure_ascii=False, allow_nan=False, indent=None if lines else 2)
    print(text.translate(IN_JSON), flush=lines)


def print_text(text: object, end: str = "\n") -> None:
    """Print lines as they are, at any width."""
    print(str(text).translate(SHOWN), end=end)


def table(*columns: str) -> Table:
    """A table without frames: the first column is words, the others are numbers."""
    made = Table(box=None, pad_edge=False, header_style="bold")
    for index, column in enumerate(columns):
        made.add_column(column, justify="right" if index else "left", overflow="fold")
    return made


def percent(share: float | None) -> str:
    """A share 0..1 for people, in columns that line up; a dash for what is not known.

    >>> percent(0.98765), percent(None)
    ('98.77 %', '–')
    """
    return UNKNOWN if share is None else f"{100 * share:.2f} %"
