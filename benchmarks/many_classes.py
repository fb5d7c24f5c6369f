"""What 5,000 classes of one 32x32 picture each take: peak memory of a training, and the files that it leaves.

Held equal: one epoch of LeNet-5 with the default settings, no held-out pictures, in a process of its own.
Beside it the same training of as many pictures in 10 classes: what the libraries take without many classes.

    python benchmarks/many_classes.py [--classes 5000]
"""

import argparse
import os
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
from PIL import Image

FILES = ("metrics.json", "log.jsonl", "report.html")


def make(folder: Path, pictures: int, classes: int) -> None:
    """Noise, one PNG file for each picture."""
    random = np.random.default_rng(0)
    for number in range(pictures):
        place = folder / f"c{number % classes:05}"
        place.mkdir(parents=True, exist_ok=True)
        pixels = random.integers(0, 256, (32, 32, 3), dtype=np.uint8)
        Image.fromarray(pixels).save(place / f"{number}.png", compress_level=1)


def trained(data: Path, out: Path) -> tuple[float, float]:
    """Peak resident memory in bytes, and seconds, of ``striate train`` in a process of its own."""
    words = [sys.executable, "-m", "striate", "train", str(data), "--model", "lenet5", "--epochs", "1"]
    begun = time.perf_counter()
    process = os.posix_spawn(
        sys.executable, [*words, "--validation", "0", "--out", str(out), "--quiet"], os.environ
    )
    _, status, usage = os.wait4(process, 0)
    if status:
        raise SystemExit(f"the training ended with {os.waitstatus_to_exitcode(status)}")
    return usage.ru_maxrss * 1024, time.perf_counter() - begun


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--classes", type=int, default=5_000)
    pictures = parser.parse_args().classes
    with tempfile.TemporaryDirectory() as name:
        for classes in (10, pictures):
            data, out = Path(name) / f"data-{classes}", Path(name) / f"run-{classes}"
            make(data, pictures, classes)
            memory, seconds = trained(data, out)
            sizes = ", ".join(f"{file} {(out / file).stat().st_size / 1e6:.2f} MB" for file in FILES)
            print(f"{classes:,} classes: {memory / 1e9:.2f} GB, {seconds:.0f} s; {sizes}")
        print("asked: <= 1.2 GB in all, metrics.json and log.jsonl < 2 MB each")


if __name__ == "__main__":
    main()
