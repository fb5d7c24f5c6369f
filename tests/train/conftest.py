"""A problem that a network learns in a second, dark pictures against striped ones; and processes to kill."""

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from striate.data.dataset import Dataset, Splits
from striate.data.image_store import Array

PROGRAM = Path(__file__).with_name("program.py")


def stripes(count: int, seed: int) -> Dataset:
    """Grey pictures of 32x32: "dark" is noise below 60, "striped" has every other column bright."""
    random = np.random.default_rng(seed)
    images = random.integers(0, 60, (count, 32, 32), dtype=np.uint8)
    labels = np.arange(count) % 2
    images[labels == 1, :, ::2] += 150
    return Dataset.whole(Array(images, "stripes"), labels, ("dark", "striped"))


@pytest.fixture(scope="session")
def tiny() -> Splits:
    """64 pictures to learn from, 20 to choose by."""
    return Splits({"train": stripes(64, seed=0), "val": stripes(20, seed=1)}, "npz", Path("stripes"))


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
