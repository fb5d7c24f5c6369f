"""ResNet-20 on the JPEG-coded CIFAR-10: a recipe for two cores and twenty minutes.

A seeded tenth of every class is put aside before anything else and looked at once, at the end. No epoch
is chosen: the weights are the running average after the last one. The pictures are lossy copies, so
published figures of CIFAR-10 do not compare.

    python benchmarks/cifar.py FOLDER     # one folder a class; the archive is unpacked first
"""

import argparse
import tempfile
import time
from pathlib import Path

import striate
from striate.cli.progress import Narrator
from striate.data.dataset import Splits
from striate.data.read_dataset import read

RECIPE = {
    "model": "resnet20",
    "epochs": 38,
    "batch": 128,
    "lr": 0.2,
    "warmup": 0.2,
    "label_smoothing": 0.05,
    "ema": 0.999,
    "progressive_resizing": 0.75,  # 24 pixels, then 28, then 32
    "augment": "light",
    "tta": "mirror",
}
HELD_OUT = 0.1


def main() -> None:
    begun = time.perf_counter()
    parser = argparse.ArgumentParser()
    parser.add_argument("folder", type=Path)
    parser.add_argument("--seed", type=int, default=0)
    asked = parser.parse_args()
    found = read(asked.folder, seed=asked.seed, validation=HELD_OUT)
    splits = Splits({"train": found["train"], "test": found["val"]}, found.format, found.root, found.notes)
    with tempfile.TemporaryDirectory() as folder, Narrator() as narrator:
        run = striate.train(splits, out=Path(folder) / "run", seed=asked.seed, on_event=narrator, **RECIPE)
    minutes = (time.perf_counter() - begun) / 60
    metrics = run.metrics
    print(f"{metrics.count:,} pictures never seen: accuracy {metrics.accuracy:.2%} (asked: >= 87.5 %)")
    print(f"{minutes:.1f} minutes, everything counted (asked: <= 20), precision {run.settings.precision}")


if __name__ == "__main__":
    main()
