"""Masks from sixty pictures: a backbone that learned small photographs, against random weights.

    python benchmarks/instances_transfer.py CIFAR VOC                       # one core, half an hour
    python benchmarks/instances_transfer.py CIFAR VOC --epochs 60 --seeds 0 1

CIFAR is a folder of photographs, one folder a class (the JPEG-coded CIFAR-10), shown at 64x64; VOC one of
Pascal VOC with SegmentationObject. Its cats, cows, dogs, horses and sheep are one class, animal; what else is
there is background. A classifier on the detector's backbone learns the photographs; Mask R-CNN begins with
its backbone, or with random numbers. Held equal: recipe, the sixty pictures, epochs, seeds. All other
pictures are measured once, at the end; no epoch is chosen by them. Printed: AP50 of boxes and of masks, AP of
masks, and CPU minutes of all threads.
"""

import argparse
import time
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
from transfer_detection import classifier

import striate
from striate.data.annotations.box_annotations import BoxAnnotations
from striate.data.dataset import Splits
from striate.data.read_dataset import read

ANIMALS = ("cat", "cow", "dog", "horse", "sheep")
PICTURES = 60
"""That are learned from."""

RECIPE: dict[str, Any] = {
    "model": "mask_rcnn",
    "arguments": {"channels": 64},
    "size": "192",
    "resize_mode": "letterbox",
    "batch": 4,
    "lr": 1.5e-3,
    "augment": "mirror,shift=0.1,scale=0.4,color=0.4,edge=black",
}
SHOWN = ("AP50", "mask_AP50", "mask_AP")


def sixty(folder: Path) -> Splits:
    """``train`` of sixty pictures and ``test`` of the others, animals alone."""
    first, *others = read(folder, "voc", shapes=True).values()
    whole = first.joined(others)
    known = whole.annotations
    assert isinstance(known, BoxAnnotations)
    animals = known.where(np.isin(known.labels, [known.classes.index(name) for name in ANIMALS]))
    animals = replace(animals, labels=np.zeros_like(animals.labels), classes=("animal",))
    whole = replace(whole, annotations=animals)
    order = np.random.default_rng(0).permutation(len(whole))
    parts = {"train": whole.subset(order[:PICTURES]), "test": whole.subset(order[PICTURES:])}
    return Splits(parts, "made", folder)


def main() -> None:
    """Train and print."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("photographs", type=Path)
    parser.add_argument("animals", type=Path)
    parser.add_argument("--epochs", type=int, nargs="+", default=[100])
    parser.add_argument("--seeds", type=int, nargs="+", default=[0])
    parser.add_argument("--out", type=Path, default=Path("runs/instances_transfer"))
    asked = parser.parse_args()
    data = sixty(asked.animals)
    print({name: (len(part), int(part.counts().sum())) for name, part in data.items()}, flush=True)
    weights = classifier(asked.photographs, asked.out / "classifier")
    starts = {"random": {}, "photographs": {"weights": str(weights), "finetune": "all"}}
    for epochs in asked.epochs:
        for seed in asked.seeds:
            for name, start in starts.items():
                began = time.process_time()
                settings = {**RECIPE, **start, "epochs": epochs, "seed": seed}
                run = striate.train(data, out=asked.out / f"{name}-{epochs}-{seed}", force=True, **settings)
                minutes = (time.process_time() - began) / 60
                values = "  ".join(f"{key} {run.metrics.values[key]:.3f}" for key in SHOWN)
                told = f"{epochs:3} epochs  seed {seed}  from {name:11}"
                print(f"{told}  {values}  {minutes:.1f} CPU minutes", flush=True)


if __name__ == "__main__":
    main()
