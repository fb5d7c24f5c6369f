"""A run that is killed and resumed ends with the weights of one that was left alone, bit for bit."""

import contextlib
import csv
import os
import random
import signal
import time
from pathlib import Path
from typing import Any

import pytest
import torch
from torch import Tensor

from striate.train.session.checkpoint import load_checkpoint

SETTINGS: dict[str, Any] = {
    "model": "lenet5",
    "epochs": 4,
    "augment": "digits",
    "mixup": 0.2,
    "cutmix": 1.0,
    "label_smoothing": 0.1,
    "ema": 0.9,
    "clip": 1.0,
    "checkpoint_every": 0.05,
}


def tensors(folder: Path) -> dict[str, Tensor]:
    state = load_checkpoint(folder / "checkpoints" / "last.pt")
    momentum = {
        f"momentum {n}": values["momentum_buffer"] for n, values in state["optimizer"]["state"].items()
    }
    average = {f"average {name}": tensor for name, tensor in state["average"].items()}
    return {**state["model"], **momentum, **average}


def rows(folder: Path) -> list[dict[str, str]]:
    """metrics.csv without what the clock decides."""
    with open(folder / "metrics.csv", newline="") as file:
        found = list(csv.DictReader(file))
    return [{name: row[name] for name in row if name not in ("seconds", "rate", "waiting")} for row in found]


def assert_same_run(folder: Path, other: Path) -> None:
    ours, theirs = tensors(folder), tensors(other)
    assert ours.keys() == theirs.keys()
    assert all(torch.equal(ours[name], theirs[name]) for name in ours)
    assert rows(folder) == rows(other)
    assert [row["epoch"] for row in rows(folder)] == [str(n) for n in range(1, len(rows(folder)) + 1)]
    weights = [(place / "model.safetensors").read_bytes()[-100_000:] for place in (folder, other)]
    assert weights[0] == weights[1]


@pytest.fixture(scope="session")
def undisturbed(stable: Any, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, float]:
    """A run that was left alone, and its seconds."""
    folder = tmp_path_factory.mktemp("undisturbed") / "run"
    stable.start(folder, SETTINGS)
    begin = time.perf_counter()
    assert stable.wait() == 0
    return folder, time.perf_counter() - begin


def test_two_runs_with_one_seed_are_equal(
    stable: Any, undisturbed: tuple[Path, float], tmp_path: Path
) -> None:
    assert stable.train(tmp_path / "run", SETTINGS) == 0
    assert_same_run(tmp_path / "run", undisturbed[0])


def test_another_seed_gives_other_weights(
    stable: Any, undisturbed: tuple[Path, float], tmp_path: Path
) -> None:
    assert stable.train(tmp_path / "run", {**SETTINGS, "seed": 1}) == 0
    assert not torch.equal(
        tensors(tmp_path / "run")["network.stem.conv1.weight"],
        tensors(undisturbed[0])["network.stem.conv1.weight"],
    )


@pytest.mark.parametrize("kills", [2, pytest.param(10, marks=pytest.mark.slow)])
def test_a_killed_run_that_is_resumed_ends_as_the_undisturbed_one(
    stable: Any, undisturbed: tuple[Path, float], tmp_path: Path, kills: int
) -> None:
    folder, chance = tmp_path / "run", random.Random(kills)
    for _ in range(kills):
        number = stable.start(folder, SETTINGS, resume=True)
        time.sleep(chance.uniform(0, 0.5 * undisturbed[1]))
        with contextlib.suppress(ProcessLookupError):  # it was faster, and is complete
            os.kill(number, signal.SIGKILL)
        assert stable.wait() in (-signal.SIGKILL, 0)
        checkpoint = folder / "checkpoints" / "last.pt"
        assert not checkpoint.exists() or load_checkpoint(checkpoint)  # never half a file
    assert stable.train(folder, SETTINGS, resume=True) == 0
    assert_same_run(folder, undisturbed[0])


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_ends_a_run_within_two_seconds_and_it_can_be_resumed(
    stable: Any, undisturbed: tuple[Path, float], tmp_path: Path, number: signal.Signals
) -> None:
    process = stable.start(tmp_path / "run", SETTINGS)
    while not (tmp_path / "run" / "checkpoints" / "last.pt").exists():
        time.sleep(0.01)
    time.sleep(0.2)
    os.kill(process, number)
    begin = time.perf_counter()
    assert stable.wait() == 128 + number
    assert time.perf_counter() - begin < 2
    assert stable.train(tmp_path / "run", SETTINGS, resume=True) == 0
    assert_same_run(tmp_path / "run", undisturbed[0])


def test_a_batch_larger_than_the_data_can_be_repeated_when_a_run_goes_on(tmp_path: Path) -> None:
    from striate.api.train import train

    said = {"model": "lenet5", "epochs": 1, "batch": 100_000, "out": tmp_path / "run"}
    first = train("digits", **said)
    again = train("digits", resume=True, **said)
    assert again.settings.batch == first.settings.batch < 100_000
