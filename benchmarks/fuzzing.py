"""What the fuzzers share: strange values, and a guard that sees what a program must not do.

call --guard--> an answer | an error of three lines | a violation:
    another exception, longer than the limit, a process or a connection, a file outside that is opened
"""

import argparse
import json
import os
import resource
import signal
import sys
import tempfile
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from random import Random
from traceback import format_exception
from typing import Any, NoReturn

from striate.errors import StriateError

SECONDS = 20
"""Most time for one case: even a busy machine reads a small file sooner."""

MOST_MEMORY = 10**9
"""Bytes above the start that all cases together may take."""

STRANGE: tuple[Any, ...] = (
    *(None, True, "", "x", "x" * 5000, "\0", "../../etc/passwd", "/dev/zero", "\ud800", "\x1b[2J"),
    *(-1, 0, 1, 2**31, 2**63, 2**70, 10**30, -0.5, 0.0, 1e-300, 1e308, float("nan"), float("inf")),
    *([], {}, [[]], [None], [1, 2, 3], {"a": 1}, [0] * 1000),
)

FORBIDDEN = ("subprocess.Popen", "os.fork", "os.posix_spawn", "os.exec", "os.system", "socket.connect")
"""Audit events of the interpreter: processes and connections."""


class TooLong(BaseException):
    """A case took longer than ``SECONDS``."""


@dataclass
class Report:
    """What came of all cases.

    Attributes:
        outcomes: how many ended how.
        violations: what must not happen, with the case.
        memory: bytes at the peak above those at the start.
    """

    outcomes: Counter[str] = field(default_factory=Counter)
    violations: list[str] = field(default_factory=list)
    memory: int = 0

    def __str__(self) -> str:
        counts = ", ".join(f"{count:,} {name}" for name, count in self.outcomes.most_common())
        return f"{counts}; {len(self.violations)} violations; {self.memory / 2**20:.0f} MB above the start"


class Guard:
    """Runs cases, and notes what they must not do.

    Args:
        outside: a folder that no case may open anything in.
    """

    def __init__(self, outside: Path) -> None:
        self.report, self._outside, self._seen = Report(), os.path.realpath(outside), list[str]()
        self._active, self._start = False, peak_memory()
        sys.addaudithook(self._audit)

    def run(self, name: str, case: Callable[[], object]) -> None:
        """One case; it may end well or with a ``StriateError``."""
        self._seen.clear()
        with time_limit(SECONDS):
            try:
                self._active = True
                case()
                outcome = "answered"
            except StriateError as error:
                outcome = "refused"
                if len(str(error)) > 4000 or not all((error.wrong, error.expected, error.attempt)):
                    self._seen.append(f"an error of {len(str(error))} characters")
            except TooLong:
                outcome = "too long"
                self._seen.append(f"more than {SECONDS} seconds")
            except BaseException as error:
                outcome = "broken"
                self._seen.append("".join(format_exception(error)[-6:]))
            finally:
                self._active = False
        self.report.outcomes[outcome] += 1
        self.report.violations += [f"{name}: {one}" for one in self._seen]
        self.report.memory = max(self.report.memory, peak_memory() - self._start)

    def _audit(self, event: str, arguments: tuple[Any, ...]) -> None:
        if not self._active:
            return
        if event in FORBIDDEN:
            self._seen.append(f"{event} {str(arguments)[:200]}")
        elif event == "open" and isinstance(arguments[0], str | bytes):
            path = os.path.realpath(os.fsdecode(arguments[0]))
            if path.startswith(self._outside):
                self._seen.append(f"opened {path}")


def peak_memory() -> int:
    """Bytes of the resident set at its peak."""
    most = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return most if sys.platform == "darwin" else most * 1024


@contextmanager
def time_limit(seconds: int) -> Iterator[None]:
    """Raises ``TooLong`` in the main thread when the time is over."""

    def stop(*_: object) -> None:
        raise TooLong

    before = signal.signal(signal.SIGALRM, stop)
    signal.alarm(seconds)
    try:
        yield
    finally:
        signal.alarm(0)
        signal.signal(signal.SIGALRM, before)


def edited(values: Any, random: Random) -> Any:
    """JSON values in which one leaf, at any depth, is replaced, removed or moved."""
    if isinstance(values, dict) and values and random.random() < 0.9:
        name = random.choice(list(values))
        kind = random.random()
        if kind < 0.1:
            return {key: value for key, value in values.items() if key != name}
        if kind < 0.15:
            return {**values, random.choice(["colour", "", "__class__"]): random.choice(STRANGE)}
        return {**values, name: edited(values[name], random)}
    if isinstance(values, list) and values and random.random() < 0.6:
        place = random.randrange(len(values))
        return [*values[:place], edited(values[place], random), *values[place + 1 :]]
    return random.choice(STRANGE)


def damaged(content: bytes, random: Random) -> bytes:
    """Bytes in which some are changed, left out or added."""
    kind, place = random.randrange(5), random.randrange(len(content) + 1)
    if kind == 0:
        return content[:place]
    if kind == 1:
        return content + random.randbytes(random.choice([1, 8, 1000]))
    if kind == 2:
        return content[:place] + random.randbytes(random.choice([1, 7])) + content[place:]
    changed = bytearray(content)
    for _ in range(random.choice([1, 1, 2, 10, 100])):
        early = random.random() < 0.5  # headers are where most can go wrong
        changed[random.randrange(min(len(content), 2000) if early else len(content))] = random.randrange(256)
    return bytes(changed)


def as_json(values: Any) -> str:
    """JSON with NaN, Infinity and lone surrogates, as a careless program may write it."""
    return json.dumps(values, allow_nan=True)


def program(description: str | None, fuzz: Callable[[int, int], Report], count: int) -> NoReturn:
    """Run the cases of the command line, print the report, and end with 1 if something must not happen."""
    parser = argparse.ArgumentParser(description=description, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--count", type=int, default=count)
    parser.add_argument("--seed", type=int, default=0)
    chosen = parser.parse_args()
    report = fuzz(chosen.count, chosen.seed)
    print(*report.violations[:20], report, sep="\n")
    sys.exit(bool(report.violations) or report.memory > MOST_MEMORY)


@contextmanager
def two_folders() -> Iterator[tuple[Path, Path]]:
    """A folder for the cases, and one outside of it, which they must not open."""
    with tempfile.TemporaryDirectory() as name:
        folder, outside = Path(name, "inside"), Path(name, "outside")
        folder.mkdir()
        outside.mkdir()
        yield folder, outside


def cases(count: int, seed: int) -> Iterator[tuple[int, Random]]:
    """Numbers of cases with their random numbers: those of a case depend on the seed and its number alone."""
    for number in range(count):
        yield number, Random(f"{seed} {number}")
