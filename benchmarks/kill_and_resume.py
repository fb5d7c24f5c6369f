"""`kill -9` at ten random moments, `--resume` each time: are the final weights those of the undisturbed run?

Also whether two undisturbed runs with one seed agree, bit for bit. LeNet-5 on scikit-learn's digits, with
augmentation, mixup and a running average of the weights, one thread, on the CPU.

    python benchmarks/kill_and_resume.py [--kills 10]
"""

import argparse
import os
import random
import subprocess
import sys
import tempfile
import time
from pathlib import Path

STRIATE = str(Path(sys.executable).with_name("striate"))
SETTINGS = ["--epochs", "60", "--mixup", "0.2", "--ema", "0.99", "--checkpoint-every", "0.5", "--seed", "7"]
ENVIRONMENT = {**os.environ, "OMP_NUM_THREADS": "1"}


def start(folder: Path, *more: str) -> "subprocess.Popen[bytes]":
    command = [STRIATE, "train", "digits", "--out", str(folder), *more]
    return subprocess.Popen(command, env=ENVIRONMENT, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)


def seconds(folder: Path, *settings: str) -> float:
    """How long an undisturbed run takes."""
    begun = time.perf_counter()
    assert start(folder, *settings).wait() == 0
    return time.perf_counter() - begun


def weights(folder: Path) -> dict[str, bytes]:
    import striate

    state = striate.load(folder / "model.safetensors").state_dict()
    return {name: tensor.numpy().tobytes() for name, tensor in state.items()}


def epochs(folder: Path) -> list[str]:
    """The columns of metrics.csv that do not depend on the clock."""
    lines = (folder / "metrics.csv").read_text().splitlines()
    names = lines[0].split(",")
    kept = [names.index(name) for name in ("epoch", "step", "train_loss", "val_loss", "val_accuracy")]
    return [",".join(line.split(",")[place] for place in kept) for line in lines]


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--kills", type=int, default=10)
    kills = parser.parse_args().kills
    with tempfile.TemporaryDirectory() as name:
        root = Path(name)
        opening = seconds(root / "short", "--epochs", "1")
        working = seconds(root / "first", *SETTINGS) - opening
        assert start(root / "second", *SETTINGS).wait() == 0
        moments, done = random.Random(0), 0
        for _ in range(kills):
            process = start(root / "killed", *SETTINGS, "--resume")
            time.sleep(moments.uniform(0.5, 1) * opening + moments.uniform(0, 0.8) * working / kills)
            done += process.poll() is None
            process.kill()
            process.wait()
        assert start(root / "killed", *SETTINGS, "--resume").wait() == 0
        first, second, killed = (weights(root / run) for run in ("first", "second", "killed"))
        print(f"two runs, one seed: weights bit-identical: {first == second}")
        print(f"{done} of {kills} kills hit a living process; weights bit-identical: {first == killed}")
        same_rows = epochs(root / "first") == epochs(root / "killed")
        print(f"metrics.csv equal, no row twice, none missing: {same_rows}")


if __name__ == "__main__":
    main()
