"""What weights are worth to a detector: a backbone that learned small photographs, against random weights.

    python benchmarks/transfer_detection.py CIFAR BCCD                       # one core, half an hour
    python benchmarks/transfer_detection.py CIFAR BCCD --epochs 15 --seeds 0

CIFAR is a folder of photographs, one folder a class (the JPEG-coded CIFAR-10), shown at 64x64; BCCD that of
blood cells. A classifier on the detector's backbone learns the photographs; Faster R-CNN begins with its
backbone, or with random numbers. Held equal: recipe, pictures, splits, epochs, seeds. Printed: AP50 on the
test pictures and CPU minutes of all threads.
"""

import argparse
import time
from pathlib import Path
from typing import Any

from bccd import COMMON, RECIPES

import striate

CLASSIFIER: dict[str, Any] = {
    "model": "resnet18",
    "arguments": {"width": 0.5},
    "size": 64,
    "epochs": 4,
    "batch": 128,
    "seed": 0,
}
"""The backbone of the detectors of ``bccd.py``."""

DETECTOR = "faster_rcnn"


def classifier(photographs: Path, folder: Path) -> Path:
    """The folder of a run that learned the photographs; one that is there is taken."""
    if not (folder / "metrics.json").exists():
        began = time.process_time()
        run = striate.train(photographs, out=folder, force=True, **CLASSIFIER)
        minutes = (time.process_time() - began) / 60
        print(f"classifier  {run.headline()}  {minutes:.1f} CPU minutes", flush=True)
    return folder


def main() -> None:
    """Train and print."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("photographs", type=Path)
    parser.add_argument("cells", type=Path)
    parser.add_argument("--epochs", type=int, nargs="+", default=[5, 15])
    parser.add_argument("--seeds", type=int, nargs="+", default=[0, 1])
    parser.add_argument("--out", type=Path, default=Path("runs/transfer_detection"))
    asked = parser.parse_args()
    weights = classifier(asked.photographs, asked.out / "classifier")
    for epochs in asked.epochs:
        for seed in asked.seeds:
            for name, start in (
                ("random", {}),
                ("photographs", {"weights": str(weights), "finetune": "all"}),
            ):
                settings = {**COMMON, **RECIPES[DETECTOR], **start, "epochs": epochs, "seed": seed}
                began = time.process_time()
                folder = asked.out / f"{name}-{epochs}-{seed}"
                run = striate.train(asked.cells, model=DETECTOR, out=folder, force=True, **settings)
                minutes = (time.process_time() - began) / 60
                told = f"{epochs:3} epochs  seed {seed}  from {name:11}"
                print(f"{told}  AP50 {run.metrics.values['AP50']:.3f}  {minutes:.1f} CPU minutes", flush=True)


if __name__ == "__main__":
    main()
