"""Two processes learn where an object is as one does; and a rank that is killed goes on."""

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from tests.train.test_distributed import PROGRAM, environment, losses, places

SETTINGS: dict[str, Any] = {
    **{
        "task": "localize",
        "format": "boxes",
        "model": "lenet5",
        "head": "vector",
        "epochs": 2,
        "batch": 8,
        "size": "32",
    },
    **{"lr": 0.01, "clip": 1.0, "ema": 0.9, "augment": "none", "precision": "32"},
}


@pytest.fixture(scope="module")
def table(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """40 grey pictures, a bright or a striped square on each."""
    folder, random = tmp_path_factory.mktemp("squares"), np.random.default_rng(0)
    rows = ["image,class,x1,y1,x2,y2"]
    for number in range(40):
        pixels = random.integers(0, 60, (32, 32), dtype=np.uint8)
        (x, y), side, kind = random.integers(0, 16, 2), int(random.integers(8, 16)), number % 2
        pixels[y : y + side, x : x + side : 1 + kind] = 255
        Image.fromarray(pixels).save(folder / f"{number}.png")
        rows.append(f"{number}.png,{('bright', 'striped')[kind]},{x},{y},{x + side},{y + side}")
    (folder / "boxes.csv").write_text("\n".join(rows))
    return folder / "boxes.csv"


@pytest.fixture(scope="module")
def alone(stable: Any, table: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("alone") / "run"
    assert stable.train(folder, SETTINGS, data=str(table)) == 0
    return folder


@pytest.mark.parametrize("strategy", ["ddp", "fsdp"])
def test_two_processes_have_the_losses_of_one(
    stable: Any, second_stable: Any, table: Path, alone: Path, tmp_path: Path, strategy: str
) -> None:
    settings, stables = {**SETTINGS, "devices": 2, "strategy": strategy}, (stable, second_stable)
    for one, place in zip(stables, places(), strict=True):
        one.start(tmp_path / "run", settings, environment=place, data=str(table))
    assert [one.wait() for one in stables] == [0, 0]
    assert losses(tmp_path / "run") == pytest.approx(losses(alone), abs=1e-6)


@pytest.mark.slow
@pytest.mark.timeout(300)
def test_a_killed_rank_is_started_again_and_the_run_goes_on(table: Path, alone: Path, tmp_path: Path) -> None:
    folder = tmp_path / "run"
    settings = {**SETTINGS, "devices": 2, "checkpoint_every": 0}
    job = json.dumps({"folder": str(folder), "data": str(table), "settings": settings})
    launch = ["-m", "torch.distributed.run", "--standalone", "--nproc-per-node=2", "--max-restarts=2"]
    command = [sys.executable, *launch, str(PROGRAM), job]
    with subprocess.Popen(command, env=environment(), stderr=subprocess.PIPE, text=True) as agent:
        while not (folder / "checkpoints" / "last.pt").exists():
            assert agent.poll() is None
            time.sleep(0.01)
        workers = subprocess.run(["pgrep", "-P", str(agent.pid)], capture_output=True, text=True, check=True)
        os.kill(int(workers.stdout.split()[-1]), signal.SIGKILL)
        said = agent.communicate()[1]
    assert agent.returncode == 0, said
    assert losses(folder) == pytest.approx(losses(alone), abs=1e-6)
