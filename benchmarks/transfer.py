"""What weights are worth: five classes of the JPEG-coded CIFAR-10, with those of the other five and without.

A ResNet-20 learns the first five classes. It is the start for the other five, from few pictures to many: with
the softmax alone learning, with the upper half of the layers, with all of them; and there is one without it.
Held equal for each number of pictures: the pictures themselves, the epochs, the batch, and the test pictures,
which nothing has seen. No epoch is chosen: the last one counts. Not equal: the learning rate, which is the
default of each way, and the augmentation, of which the softmax alone gets none, as by default.

    python benchmarks/transfer.py FOLDER        # one folder a class; one core, 25 minutes
"""

import argparse
import statistics
import tempfile
import time
from pathlib import Path

import numpy as np
import torch

import striate
from striate.data.annotations.class_annotations import ClassAnnotations
from striate.data.dataset import Dataset, Splits
from striate.data.read_dataset import read

EPOCHS = {10: 40, 50: 30, 200: 12, 2000: 4}
"""By pictures of a class."""

BASE_EPOCHS, BATCH, MODEL = 6, 128, "resnet20"
TESTED = 500
"""Pictures of a class that are put aside."""

WAYS = {
    "softmax alone": "head",
    "upper 10 of 20 layers": "last:10",
    "all layers": "all",
    "from scratch": None,
}
SEEDS = range(3)


def chosen(dataset: Dataset, classes: list[str], start: int, count: int, seed: int) -> Dataset:
    """Some pictures of some classes: of each class, shuffled by a seed, those from ``start`` on."""
    numbers = [dataset.classes.index(name) for name in classes]
    generator = np.random.default_rng(seed)
    orders = [generator.permutation(np.flatnonzero(dataset.labels == number)) for number in numbers]
    part = dataset.subset(np.concatenate([order[start : start + count] for order in orders]))
    labels = np.searchsorted(numbers, part.labels)
    return Dataset(part.store, ClassAnnotations(labels, tuple(classes)), part.places)


def splits(root: Path, **parts: Dataset) -> Splits:
    """Parts as a data set."""
    return Splits(parts, "folder", root)


def learn(data: Splits, folder: Path, epochs: int, seed: int, **more: object) -> float:
    """Train, and the accuracy of the last epoch on the test pictures."""
    size = min(BATCH, max(8, len(data["train"]) // 16))
    settings = {"model": MODEL, "epochs": epochs, "batch": size, "seed": seed, "checkpoint_every": 1e6}
    run = striate.train(data, out=folder, force=True, **settings, **more)
    return run.metrics.accuracy


def main() -> None:
    begun = time.perf_counter()
    parser = argparse.ArgumentParser()
    parser.add_argument("folder", type=Path)
    asked = parser.parse_args()
    torch.set_num_threads(1)
    everything = read(asked.folder, validation=0)["train"]
    first, second = list(everything.classes[:5]), list(everything.classes[5:])
    tests = {tuple(half): chosen(everything, half, 0, TESTED, seed=0) for half in (first, second)}
    print(f"from {', '.join(first)} to {', '.join(second)}\n")
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place)
        whole = chosen(everything, first, TESTED, 10**6, seed=0)
        data = splits(asked.folder, train=whole, test=tests[tuple(first)])
        known = learn(data, folder / "base", BASE_EPOCHS, seed=0)
        print(f"{MODEL} on the first five after {BASE_EPOCHS} epochs: {known:.1%}\n")
        print("| pictures of a class | epochs | " + " | ".join(WAYS) + " |")
        print("|---|---|" + "---|" * len(WAYS))
        for count, epochs in EPOCHS.items():
            cells = []
            for way in WAYS.values():
                reuse = {"weights": folder / "base" / "model.safetensors", "finetune": way} if way else {}
                scores = []
                for seed in SEEDS:
                    pool = chosen(everything, second, TESTED, 10**6, seed=0)
                    part = chosen(pool, second, 0, count, seed=seed + 1)
                    data = splits(asked.folder, train=part, test=tests[tuple(second)])
                    scores.append(100 * learn(data, folder / "run", epochs, seed, **reuse))
                cells.append(f"{statistics.mean(scores):.1f} ± {statistics.stdev(scores):.1f}")
            print(f"| {count:,} | {epochs} | " + " | ".join(cells) + " |", flush=True)
    print(f"\naccuracy in per cent, mean and standard deviation of {len(SEEDS)} seeds")
    print(f"{(time.perf_counter() - begun) / 60:.1f} minutes")


if __name__ == "__main__":
    main()
