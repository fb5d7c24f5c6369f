"""One small data set and one short run, shared by the tests of the command line."""

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from striate.cli.main import run

FLAGS = ("--model", "lenet5", "--epochs", "5", "--batch", "4", "--optimizer", "adamw", "--accelerator", "cpu")


@pytest.fixture(scope="session")
def flags() -> tuple[str, ...]:
    """A training that takes a second."""
    return FLAGS


@pytest.fixture(scope="session")
def pictures(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two classes of 20 pictures each that even a tiny network tells apart: dark and bright noise."""
    folder = tmp_path_factory.mktemp("data") / "two shades"
    numbers = np.random.default_rng(0)
    for name, least in (("dark", 0), ("bright", 128)):
        (folder / name).mkdir(parents=True)
        for place in range(20):
            pixels = numbers.integers(least, least + 128, (24, 24, 3), dtype=np.uint8)
            Image.fromarray(pixels).save(folder / name / f"{place}.png")
    return folder


@pytest.fixture(scope="session")
def trained(pictures: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of a run on ``pictures``."""
    folder = tmp_path_factory.mktemp("runs") / "first"
    assert run(["train", str(pictures), *FLAGS, "--out", str(folder), "--quiet"]) == 0
    return folder
