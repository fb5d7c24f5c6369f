"""The weights that come with striate: trained on generated pictures, and compared with random ones.

    python benchmarks/shipped_weights.py --make FOLDER   # draws, trains, writes: 30 CPU minutes of one thread
    python benchmarks/shipped_weights.py --data DATA     # what they are worth on five small sets

The training: ``generated_pictures.py``; a ResNet-18 with 0.35 of its width to learn on from, and a ResNet-20
to paint with, of which the stem and two stages are kept; the defaults of ``striate train``.

The comparison: the same network from random weights, and from these; held equal are pictures, split, size,
epochs, batch and augmentation, of which the last layer alone gets none, as by default; each has its own
default learning rate. The last epoch counts, none is chosen. Three seeds of weights, order and augmentation.
Beside them what else may help with few pictures. Sets of DATA: hymenoptera (its own split), orl_faces, cub10
and animal_pose (cut out by their boxes), omniglot (80 characters).
"""

import argparse
import csv
import json
import statistics
import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import torch
from generated_pictures import CLASSES, EACH, SEED, SIDE, write_pictures
from numpy.typing import NDArray
from PIL import Image
from torch import nn

import striate
from striate.zoo.save_load import save
from striate.zoo.weights.shipped import NETWORK, PAINTER, SHIPPED, STAGES

WIDTH = 0.35
LEARNING: dict[str, dict[str, Any]] = {
    SHIPPED: {"model": NETWORK, "arguments": {"width": WIDTH}, "size": SIDE, "epochs": 16},
    "painter": {"model": PAINTER, "size": SIDE // 2, "epochs": 12},
}
"""Settings of ``striate train``; the rest are its defaults."""

SEEDS = range(3)
FINE = {"epochs": 20, "batch": 16, "augment": "light", "size": SIDE, "validation": 0}
"""Of the comparison; the batch is about that of the defaults for so few pictures."""

AROUND = 1.1
"""Sides of the square that is cut out around a thing, in longer sides of its box."""


class Labelled(NamedTuple):
    """Pictures, their class numbers, and which of them are learned from."""

    images: NDArray[np.uint8]
    labels: NDArray[np.int64]
    train: NDArray[np.bool_]


# ---- the training


def make(folder: Path, work: Path) -> None:
    """Draw, train both networks, and write their files."""
    torch.set_num_threads(1)
    folder.mkdir(parents=True, exist_ok=True)
    work.mkdir(parents=True, exist_ok=True)
    drawn = work / "generated.npz"
    if not drawn.exists():
        write_pictures(drawn, CLASSES, EACH, SEED)
    for name, settings in LEARNING.items():
        place = work / name
        run = striate.train(drawn, out=place, resume=place.exists(), checkpoint_every=300, **settings)
        model, score = run.model, run.metrics.primary.value
        keep(model.network, whole=name == SHIPPED)
        made = {**settings, "seed": SEED, "pictures of a class": EACH}
        scores = {"accuracy": score, "classes": CLASSES}
        out = folder / f"{name}.safetensors"
        save(model, out, scores=scores, settings=made, licence="Apache-2.0")
        print(f"{out}: {out.stat().st_size:,} bytes; {scores}")


def keep(network: Any, *, whole: bool) -> None:
    """Convolutions and linear layers in 16 bits, norms in 32; of the painter the lower part alone."""
    if not whole:
        del network.stages[STAGES:]
        network.head = nn.Sequential()
    for parameter in network.parameters():
        if parameter.ndim > 1:
            parameter.data = parameter.data.half()


# ---- the sets


def square(path: Path, box: Sequence[float] | None = None) -> NDArray[np.uint8]:
    """The middle square of a picture, or that around a box (x, y, width, height), as (SIDE, SIDE, 3)."""
    with Image.open(path) as image:
        color = image.convert("RGB")
    x, y, wide, tall = box or (0, 0, *color.size)
    side = AROUND * max(wide, tall) if box else min(wide, tall)
    left, top = round(x + wide / 2 - side / 2), round(y + tall / 2 - side / 2)
    cut = color.crop((left, top, left + round(side), top + round(side)))
    return np.asarray(cut.resize((SIDE, SIDE), Image.Resampling.BICUBIC))


def labelled(images: Sequence[Any], labels: Sequence[int], share: float) -> Labelled:
    """A share of each class to learn from, drawn with seed 0; the rest is measured on."""
    generator, numbers = np.random.default_rng(0), np.array(labels)
    train = np.zeros(len(numbers), bool)
    for label in np.unique(numbers):
        places = generator.permutation(np.flatnonzero(numbers == label))
        train[places[: round(share * len(places))]] = True
    return Labelled(np.stack(images), numbers, train)


def hymenoptera(root: Path) -> Labelled:
    """Ants and bees, 244 to learn from."""
    files = sorted(root.glob("*/*/*.jpg"))
    images, labels = [square(file) for file in files], [int(file.parts[-2] == "bees") for file in files]
    return Labelled(
        np.stack(images), np.array(labels), np.array([file.parts[-3] == "train" for file in files])
    )


def orl_faces(root: Path) -> Labelled:
    """People, four pictures of each to learn from."""
    files = sorted(root.glob("s*/*.pgm"))
    names = sorted({file.parent.name for file in files})
    return labelled([square(file) for file in files], [names.index(file.parent.name) for file in files], 0.4)


def cub10(root: Path) -> Labelled:
    """Ten species of birds, cut out, six of ten pictures to learn from."""
    with open(root / "boxes_parts.csv", newline="") as file:
        rows = list(csv.DictReader(file))
    sides = [[float(row[side]) for side in ("x", "y", "w", "h")] for row in rows]
    images = [square(root / "images" / row["image"], box) for row, box in zip(rows, sides, strict=True)]
    return labelled(images, [int(row["label"]) for row in rows], 0.6)


def animal_pose(root: Path) -> Labelled:
    """Cats, cows, dogs, horses and sheep, cut out, six of ten to learn from."""
    known = json.loads((root / "keypoints.json").read_text())
    names = {one["id"]: one["file_name"] for one in known["images"]}
    kinds = sorted({one["category_id"] for one in known["annotations"]})
    shown = [one for one in known["annotations"] if (root / "images" / names[one["image_id"]]).exists()]
    images = [square(root / "images" / names[one["image_id"]], one["bbox"]) for one in shown]
    return labelled(images, [kinds.index(one["category_id"]) for one in shown], 0.6)


def omniglot(root: Path) -> Labelled:
    """Eighty characters, five drawings of each to learn from."""
    drawn = np.load(root / "images_background.npz")["images"][::12][:80]
    grey = [
        Image.fromarray((255 * one).astype(np.uint8)).resize((SIDE, SIDE))
        for one in drawn.reshape(-1, 105, 105)
    ]
    images = [np.asarray(one.convert("RGB")) for one in grey]
    return labelled(images, np.repeat(np.arange(len(drawn)), drawn.shape[1]).tolist(), 0.25)


SETS: dict[str, Callable[[Path], Labelled]] = {
    "hymenoptera": hymenoptera,
    "orl_faces": orl_faces,
    "cub10": cub10,
    "animal_pose": animal_pose,
    "omniglot": omniglot,
}
WAYS: dict[str, dict[str, Any]] = {
    "random": {"model": NETWORK, "arguments": {"width": WIDTH}},
    "shipped, all layers": {"weights": SHIPPED, "finetune": "all"},
    "shipped, last layer": {"weights": SHIPPED, "finetune": "head", "augment": "none"},
    "random, strong augmentation": {"model": NETWORK, "arguments": {"width": WIDTH}, "augment": "strong"},
    "random, half as wide": {"model": NETWORK, "arguments": {"width": WIDTH / 2}},
}
"""Settings of ``striate train``, beside those of ``FINE``."""


# ---- the comparison


def compare(data: Path, sets: Sequence[str], ways: Sequence[str], seeds: Sequence[int], epochs: int) -> None:
    """A line of the table for each set."""
    torch.set_num_threads(1)
    print("| set | learned from | measured on | " + " | ".join(ways) + " |")
    print("|---|---|---|" + "---|" * len(ways))
    with tempfile.TemporaryDirectory() as place:
        for name in sets:
            known = SETS[name](data / name)
            parts = {"train": known.train, "test": ~known.train}
            arrays = {f"{part}_images": known.images[chosen] for part, chosen in parts.items()}
            arrays |= {f"{part}_labels": known.labels[chosen] for part, chosen in parts.items()}
            np.savez(Path(place) / name, **arrays)
            cells = []
            for way in ways:
                settings, file = {**FINE, **WAYS[way], "epochs": epochs}, Path(place) / f"{name}.npz"
                scores = [accuracy(file, settings, seed) for seed in seeds]
                cells.append(f"{statistics.mean(scores):.1f} ({', '.join(f'{one:.1f}' for one in scores)})")
            counts = f"{parts['train'].sum()} | {parts['test'].sum()}"
            print(f"| {name} | {counts} | " + " | ".join(cells) + " |", flush=True)


def accuracy(file: Path, settings: dict[str, Any], seed: int) -> float:
    """Per cent of the test pictures that a network names rightly after its last epoch."""
    out = file.parent / "run"
    run = striate.train(file, out=out, force=True, seed=seed, checkpoint_every=1e6, **settings)
    return 100 * float(run.metrics.primary.value or 0)


def main() -> None:
    """Train, or compare."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--make", type=Path, metavar="FOLDER", help="train, and write the files there")
    parser.add_argument(
        "--work", type=Path, default=Path("runs/shipped"), help="of the training; it can be resumed"
    )
    parser.add_argument("--data", type=Path, help="the folder of the sets")
    parser.add_argument("--sets", nargs="+", choices=SETS, default=list(SETS))
    parser.add_argument("--ways", nargs="+", choices=WAYS, default=list(WAYS))
    parser.add_argument("--seeds", type=int, nargs="+", default=list(SEEDS))
    parser.add_argument("--epochs", type=int, default=FINE["epochs"], help="of the comparison")
    asked = parser.parse_args()
    if asked.make:
        make(asked.make, asked.work)
    if asked.data:
        compare(asked.data, asked.sets, asked.ways, asked.seeds, asked.epochs)


if __name__ == "__main__":
    main()
