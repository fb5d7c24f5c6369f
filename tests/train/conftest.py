"""Processes to kill."""

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

PROGRAM = Path(__file__).with_name("program.py")


class Stable:
    """A process that has imported everything and forks a fresh one for each training."""

    def __init__(self, process: "subprocess.Popen[str]") -> None:
        self._process = process
        assert process.stdout is not None
        assert process.stdin is not None
        self._out, self._in = process.stdout, process.stdin

    def start(self, folder: Path, settings: dict[str, Any], **more: Any) -> int:
        """Begin to train on digits; the number of the process."""
        self._in.write(json.dumps({"folder": str(folder), "settings": settings, **more}) + "\n")
        self._in.flush()
        return int(self._out.readline())

    def wait(self) -> int:
        """The exit code of the process that was started last; -9 for a killed one."""
        return int(self._out.readline())

    def train(self, folder: Path, settings: dict[str, Any], **more: Any) -> int:
        """Begin and wait."""
        self.start(folder, settings, **more)
        return self.wait()


def built() -> Iterator[Stable]:
    """A stable whose process ends with the tests."""
    environment = {**os.environ, "OMP_NUM_THREADS": "1"}
    pipe = subprocess.PIPE
    with subprocess.Popen(
        [sys.executable, str(PROGRAM)], stdin=pipe, stdout=pipe, text=True, env=environment
    ) as process:
        yield Stable(process)


stable = pytest.fixture(built, scope="session")
second_stable = pytest.fixture(built, scope="session")
