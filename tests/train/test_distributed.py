"""Two processes on one machine train as one does; and a process that dies is started again."""

import csv
import json
import os
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest
import torch

from striate.train.session.checkpoint import load_checkpoint
from striate.zoo.save_load import load

PROGRAM = Path(__file__).with_name("program.py")
SETTINGS: dict[str, Any] = {
    "model": "lenet5",
    "epochs": 2,
    "augment": "none",
    "lr": 0.01,
    "clip": 1.0,
    "ema": 0.9,
}


def losses(folder: Path) -> list[float]:
    with open(folder / "metrics.csv", newline="") as file:
        return [float(row[name]) for row in csv.DictReader(file) for name in ("train_loss", "val_loss")]


def free_port() -> str:
    with socket.socket() as place:
        place.bind(("127.0.0.1", 0))
        return str(place.getsockname()[1])


def places() -> list[dict[str, str]]:
    """The environments of two processes that shall find each other."""
    shared = {"MASTER_ADDR": "127.0.0.1", "MASTER_PORT": free_port(), "WORLD_SIZE": "2"}
    return [{**shared, "LOCAL_RANK": str(rank)} for rank in range(2)]


@pytest.fixture(scope="module")
def alone(stable: Any, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("alone") / "run"
    assert stable.train(folder, SETTINGS) == 0
    return folder


@pytest.mark.parametrize("strategy", ["ddp", "fsdp"])
def test_two_processes_have_the_losses_and_weights_of_one(
    stable: Any, second_stable: Any, alone: Path, tmp_path: Path, strategy: str
) -> None:
    settings = {**SETTINGS, "devices": 2, "strategy": strategy}
    stables = (stable, second_stable)
    for one, environment in zip(stables, places(), strict=True):
        one.start(tmp_path / "run", settings, environment=environment)
    assert [one.wait() for one in stables] == [0, 0]
    assert losses(tmp_path / "run") == pytest.approx(losses(alone), rel=1e-5)
    ours, theirs = (
        load_checkpoint(folder / "checkpoints" / "last.pt") for folder in (tmp_path / "run", alone)
    )
    for part in ("model", "average"):
        assert all(torch.allclose(ours[part][n], theirs[part][n], atol=1e-5) for n in theirs[part])


@pytest.mark.parametrize(
    "values",
    [
        {"finetune": "head"},
        {"finetune": "last:3", "unfreeze": 1},
        {"finetune": "last:3", "layer_decay": 0.5, "strategy": "fsdp"},
    ],
    ids=str,
)
def test_two_processes_finetune_as_one_does(
    stable: Any, second_stable: Any, alone: Path, tmp_path: Path, values: dict[str, Any]
) -> None:
    known = alone / "model.safetensors"
    settings = {**SETTINGS, **values, "weights": str(known)}
    assert stable.train(tmp_path / "one", {**settings, "strategy": "auto"}) == 0
    stables = (stable, second_stable)
    for one, environment in zip(stables, places(), strict=True):
        one.start(tmp_path / "two", {**settings, "devices": 2}, environment=environment)
    assert [one.wait() for one in stables] == [0, 0]
    assert losses(tmp_path / "two") == pytest.approx(losses(tmp_path / "one"), rel=1e-5)
    before = load(known).state_dict()
    after = load(tmp_path / "two" / "model.safetensors").state_dict()
    learned = {name.split(".")[-2] for name in after if not torch.equal(after[name], before[name])}
    assert learned == ({"output"} if values["finetune"] == "head" else {"fc3", "fc4", "output"})


@pytest.mark.parametrize("strategy", ["ddp", "fsdp"])
def test_two_processes_stop_together_and_are_resumed(
    stable: Any, second_stable: Any, alone: Path, tmp_path: Path, strategy: str
) -> None:
    settings = {**SETTINGS, "devices": 2, "strategy": strategy}
    stables = (stable, second_stable)
    numbers = [
        one.start(tmp_path / "run", settings, environment=place)
        for one, place in zip(stables, places(), strict=True)
    ]
    while not (tmp_path / "run" / "checkpoints" / "last.pt").exists():
        time.sleep(0.01)
    os.kill(numbers[1], signal.SIGTERM)  # one is told, both save and stop
    assert [one.wait() for one in stables] == [128 + signal.SIGTERM] * 2
    for one, environment in zip(stables, places(), strict=True):
        one.start(tmp_path / "run", settings, environment=environment, resume=True)
    assert [one.wait() for one in stables] == [0, 0]
    assert losses(tmp_path / "run") == pytest.approx(losses(alone), rel=1e-5)


def job(folder: Path, **settings: Any) -> str:
    return json.dumps({"folder": str(folder), "settings": {**SETTINGS, "devices": 2, **settings}})


def environment() -> dict[str, str]:
    return {**os.environ, "OMP_NUM_THREADS": "1"}


@pytest.mark.slow
def test_one_command_launches_both_processes(alone: Path, tmp_path: Path) -> None:
    command = [sys.executable, str(PROGRAM), job(tmp_path / "run")]
    subprocess.run(command, check=True, env=environment(), capture_output=True)
    assert losses(tmp_path / "run") == pytest.approx(losses(alone), rel=1e-5)


@pytest.mark.slow
@pytest.mark.timeout(300)
def test_torchrun_starts_a_killed_process_again_and_the_run_goes_on(alone: Path, tmp_path: Path) -> None:
    folder = tmp_path / "run"
    launch = [
        "-m",
        "torch.distributed.run",
        "--standalone",
        "--nproc-per-node=2",
        "--max-restarts=2",
    ]
    command = [sys.executable, *launch, str(PROGRAM), job(folder, checkpoint_every=0)]
    with subprocess.Popen(command, env=environment(), stderr=subprocess.PIPE, text=True) as agent:
        while not (folder / "metrics.csv").exists():  # the first of two epochs is complete
            assert agent.poll() is None
            time.sleep(0.01)
        workers = subprocess.run(["pgrep", "-P", str(agent.pid)], capture_output=True, text=True, check=True)
        os.kill(int(workers.stdout.split()[-1]), signal.SIGKILL)
        said = agent.communicate()[1]
    assert agent.returncode == 0, said
    events = map(json.loads, (folder / "log.jsonl").read_text().splitlines())
    resumed = [event["resumed"] for event in events if event["event"] == "started"]
    assert resumed[0] == 0
    assert resumed[1] > 0
    assert len(resumed) == 2
    assert losses(folder) == pytest.approx(losses(alone), rel=1e-5)
