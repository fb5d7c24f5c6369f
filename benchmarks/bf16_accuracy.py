"""Does training in bf16 cost accuracy? ResNet-18 in both precisions, three seeds each.

Held equal: 5,000 JPEG-coded CIFAR-10 pictures at 16 pixels, the stem for small pictures, the epochs, and for
each seed the first weights, the order of the pictures and their augmentation; 5,000 other pictures judge.

    python benchmarks/bf16_accuracy.py FOLDER     # one folder a class
"""

import argparse
import statistics
import tempfile
from pathlib import Path

import numpy as np

import striate
from striate.data.dataset import Splits
from striate.data.read_dataset import read

COUNT, SEEDS = 5_000, range(3)
RECIPE = {
    "model": "resnet18",
    "stem": "small",
    "size": "16",
    "epochs": 6,
    "batch": 128,
    "checkpoint_every": 1e6,
}


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("folder", type=Path)
    asked = parser.parse_args()
    everything = read(asked.folder, validation=0)["train"]
    order = np.random.default_rng(0).permutation(len(everything))
    parts = {"train": order[:COUNT], "test": order[COUNT : 2 * COUNT]}
    splits = Splits({name: everything.subset(part) for name, part in parts.items()}, "folder", asked.folder)
    for precision in ("32", "bf16"):
        scores = []
        for seed in SEEDS:
            with tempfile.TemporaryDirectory() as folder:
                run = striate.train(
                    splits, out=Path(folder) / "run", seed=seed, precision=precision, **RECIPE
                )
            scores.append(100 * run.metrics.accuracy)
        shown = ", ".join(f"{score:.2f}" for score in scores)
        print(
            f"{precision:5} {statistics.mean(scores):.2f} ± {statistics.stdev(scores):.2f} %  ({shown})",
            flush=True,
        )


if __name__ == "__main__":
    main()
