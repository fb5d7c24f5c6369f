"""What a change costs: speed and memory of this checkout over those of another, in turns.

Held equal: machine, interpreter, libraries, data, seed. Each measurement is a process of its own that imports
one checkout or the other: A B A B ..., medians. Steps are those of ``striate.train`` without augmentation,
predictions those of JPEG files, memory that of 100,000 listed files.

    python benchmarks/before_after.py OTHER_CHECKOUT FOLDER_OF_JPEGS [--turns 5]
"""

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from listing_memory import make

HERE = Path(__file__).resolve().parents[1]
FILES, FEW = 100_000, 40  # the few are read before anything is measured: imports are not what is asked for
MOST = 1.03
"""What a figure may be of the figure before."""

CHILD = """
import gc, inspect, itertools, json, sys, tempfile, time, tracemalloc
from pathlib import Path
import numpy as np, striate, torch
what, data = sys.argv[1:]
event = "on_event" if "on_event" in inspect.signature(striate.train).parameters else "listen"
def step(model, batch, channels, epochs):
    random = np.random.default_rng(0)
    seconds = []
    def told(found):
        if type(found).__name__ == "EpochEnded":
            seconds.append(found.seconds)
    with tempfile.TemporaryDirectory() as folder:
        images = random.integers(0, 256, (batch * 20, 32, 32, channels), dtype=np.uint8)
        np.savez(folder + "/data.npz", images=images, labels=np.arange(len(images)) % 10)
        striate.train(folder + "/data.npz", model=model, batch=batch, epochs=epochs, validation=0.05,
                      augment="none", precision="32", out=folder + "/run", **{event: told})
    return sorted(seconds)[len(seconds) // 2]
def predict():
    files = list(itertools.islice(itertools.cycle(sorted(Path(data).rglob("*.jpg"))), 1000))
    with tempfile.TemporaryDirectory() as folder:
        images = np.random.default_rng(0).integers(0, 256, (64, 32, 32, 3), dtype=np.uint8)
        np.savez(folder + "/data.npz", images=images, labels=np.arange(64) % 2)
        model = striate.train(folder + "/data.npz", model="resnet20", epochs=1, out=folder + "/run").model
    seconds = []
    for _ in range(15):
        begun = time.perf_counter()
        model.predict(files)
        seconds.append(time.perf_counter() - begun)
    return sorted(seconds)[7]
def listing(traced):
    try:
        from striate.data.read_dataset import read
    except ImportError:
        from striate.data.read import read
    read("digits")
    read(Path(data) / "few")
    gc.collect()
    if traced:
        tracemalloc.start()
    resident = lambda: int(Path("/proc/self/statm").read_text().split()[1]) * 4096
    held = (lambda: tracemalloc.get_traced_memory()[0]) if traced else resident
    before = held()
    splits = read(Path(data) / "many")
    gc.collect()
    return held() - before
made = {"lenet5": lambda: step("lenet5", 64, 1, 12), "resnet20": lambda: step("resnet20", 128, 3, 4),
        "predict": predict, "listing": lambda: listing(True), "resident": lambda: listing(False)}
print(json.dumps(made[what]()))
"""
WORDS = {
    "lenet5": "epoch of 20 steps, LeNet-5, batch 64, s",
    "resnet20": "epoch of 20 steps, ResNet-20, batch 128, s",
    "predict": "predict 1,000 JPEG files, ResNet-20, s",
    "listing": "memory that 100,000 listed files hold, bytes",
    "resident": "resident set after listing them, more bytes",
    "import": "import striate with its verbs, s",
    "help": "striate --help, s",
}

LISTED = ("listing", "resident")
"""What is asked of a folder of files: what Python and numpy hold, and what the allocator keeps for them."""


def run(checkout: Path, *arguments: str) -> str:
    """What a process of one checkout prints."""
    environment = os.environ | {"PYTHONPATH": str(checkout / "src")}
    command = [sys.executable, *arguments]
    return subprocess.run(command, env=environment, capture_output=True, text=True, check=True).stdout


def measured(checkout: Path, what: str, data: Path) -> float:
    """One figure of one checkout."""
    if what in ("import", "help"):
        command = ("-c", "import striate; striate.train") if what == "import" else ("-m", "striate", "--help")
        begun = time.perf_counter()
        run(checkout, *command)
        return time.perf_counter() - begun
    return float(json.loads(run(checkout, "-c", CHILD, what, str(data)).splitlines()[-1]))


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("other", type=Path)
    parser.add_argument("jpegs", type=Path)
    parser.add_argument("--turns", type=int, default=5)
    parser.add_argument("--only", choices=WORDS)
    asked = parser.parse_args()
    sides = {"before": asked.other.resolve(), "now": HERE}
    with tempfile.TemporaryDirectory() as folder:
        if asked.only in (None, *LISTED):
            make(Path(folder) / "many", FILES, ".")
            make(Path(folder) / "few", FEW, ".")
        for what in [asked.only] if asked.only else WORDS:
            data = Path(folder) if what in LISTED else asked.jpegs
            found: dict[str, list[float]] = {side: [] for side in sides}
            for _ in range(asked.turns):
                for side, checkout in sides.items():
                    found[side].append(measured(checkout, what, data))
            before, now = (statistics.median(values) for values in found.values())
            ratio = statistics.median(b / a for a, b in zip(*found.values(), strict=True))
            print(f"{WORDS[what]:45} {before:12.4g} {now:12.4g}  {ratio:.3f} (asked: <= {MOST})", flush=True)


if __name__ == "__main__":
    main()
