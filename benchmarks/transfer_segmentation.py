"""What weights are worth to a segmenter: a backbone that learned small photographs, against random weights.

    python benchmarks/transfer_segmentation.py CIFAR ANIMALS              # one core, half an hour
    python benchmarks/transfer_segmentation.py CIFAR ANIMALS --epochs 10 --seeds 0

CIFAR is a folder of photographs, one folder a class (the JPEG-coded CIFAR-10), shown at 64x64; ANIMALS that
of Animal-Pose, images/ with masks/ of Pascal VOC's numbers. A classifier on the segmenter's backbone learns
the photographs; U-Net begins with its backbone, or with random numbers. Held equal: recipe, pictures, the
fifth of them that is measured and chooses the epoch, epochs, seeds. Printed: mean IoU of the classes that
these pictures hold, pixel accuracy, and CPU minutes of all threads.
"""

import argparse
import time
from pathlib import Path
from typing import Any

from transfer_detection import classifier

import striate

SEGMENTER: dict[str, Any] = {
    "task": "segmentation",
    "model": "unet",
    "arguments": {"channels": 8},
    "format": "masks",
    "classes": "voc",
    "validation": 0.2,
    "size": 192,
    "batch": 8,
    "lr": 2e-3,
    "schedule": "onecycle",
    "weight_decay": 0.02,
    "augment": "mirror,shift=0.1,scale=0.3,rotate=10,color=0.3",
    "ema": 0.99,
    "pixel_loss": "cross_entropy+dice",
}


def main() -> None:
    """Train and print."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("photographs", type=Path)
    parser.add_argument("animals", type=Path)
    parser.add_argument("--epochs", type=int, nargs="+", default=[10, 30])
    parser.add_argument("--seeds", type=int, nargs="+", default=[0, 1])
    parser.add_argument("--out", type=Path, default=Path("runs/transfer_segmentation"))
    asked = parser.parse_args()
    weights = classifier(asked.photographs, asked.out / "classifier")
    starts = {"random": {}, "photographs": {"weights": str(weights), "finetune": "all"}}
    for epochs in asked.epochs:
        for seed in asked.seeds:
            for name, start in starts.items():
                began = time.process_time()
                folder = asked.out / f"{name}-{epochs}-{seed}"
                settings = {**SEGMENTER, **start, "epochs": epochs, "seed": seed}
                run = striate.train(asked.animals, out=folder, force=True, **settings)
                minutes = (time.process_time() - began) / 60
                told = f"{epochs:3} epochs  seed {seed}  from {name:11}"
                print(f"{told}  {run.headline()}  {minutes:.1f} CPU minutes", flush=True)


if __name__ == "__main__":
    main()
