"""CamVid from random weights: U-Net and others on the official training and validation pictures.

    python benchmarks/camvid.py DATA                                # U-Net, seeds 0, 1, 2
    python benchmarks/camvid.py DATA --set epochs=2 --seeds 0       # a look
    python benchmarks/camvid.py DATA --table --seeds 0              # five networks on smaller pictures
    python benchmarks/camvid.py DATA --table --only segnet --seeds 0

DATA is the folder of CamVid as SegNet has it: train/ with trainannot/, 367 pictures to learn from, val/ with
valannot/, 101 to measure; 480x360 pixels, 11 classes, and void, which does not count. Held equal between
the networks of the table: pictures, size, steps, loss, augmentation. Printed: mean IoU of the best epoch,
which the same 101 pictures chose, at the size that the network sees, and of the last epoch; the same of the
best epoch at the 480x360 pixels of the files, of interpolated scores, which is what is published; IoU of
each class; CPU minutes of all threads.
"""

import argparse
import time
from pathlib import Path
from typing import Any

import torch

import striate
from striate.data.annotations.mask_annotations import MaskAnnotations
from striate.data.read_dataset import read
from striate.ops import confusion, mean_iou

COMMON: dict[str, Any] = {
    "task": "segmentation",
    "classes": "camvid",
    "size": "288x384",
    "epochs": 60,
    "batch": 8,
    "lr": 4e-3,
    "schedule": "onecycle",
    "weight_decay": 0.02,
    "augment": "mirror,shift=0.15,scale=0.4,rotate=5,color=0.3,hue=0.02",
    "ema": 0.99,
    "progressive_resizing": 0.67,
    "pixel_loss": "cross_entropy+dice",
}
RECIPES: dict[str, dict[str, Any]] = {
    "unet": {"arguments": {"channels": 8}},
    "fcn32s": {},
    "fcn16s": {},
    "fcn8s": {},
    "segnet": {"arguments": {"width": 0.25}},
}
"""By the name of the network: what its recipe sets besides COMMON."""

TABLE: dict[str, Any] = {"size": "192x256", "epochs": 50}
"""What is set besides for all networks of the table, which would take hours otherwise."""


def at_full_size(run: Any, data: Path) -> float:
    """Mean IoU of the validation pictures in the pixels of their files."""
    part = read(data, classes="camvid")["val"]
    annotations = part.annotations
    assert isinstance(annotations, MaskAnnotations)
    count = len(part.classes)
    table = torch.zeros(count, count, dtype=torch.int64)
    for index in range(len(part)):
        answer = run.model.predict(part.name(index))
        table += confusion(annotations.mask(index), answer.mask, count)
    return float(mean_iou(table))


def main() -> None:
    """Train and print."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("data", type=Path)
    parser.add_argument("--table", action="store_true", help="all networks, on pictures of 192x256")
    parser.add_argument("--only", choices=RECIPES, action="append")
    parser.add_argument("--seeds", type=int, nargs="+", default=[0, 1, 2])
    parser.add_argument("--set", action="append", default=[], metavar="SETTING=VALUE")
    parser.add_argument("--out", type=Path, default=Path("runs/camvid"))
    asked = parser.parse_args()
    changed: dict[str, Any] = dict(text.split("=", 1) for text in asked.set)
    common = {**COMMON, **TABLE} if asked.table else COMMON
    for name in asked.only or (RECIPES if asked.table else ["unet"]):
        for seed in asked.seeds:
            settings = {**common, **RECIPES[name], **changed}
            began, clock = time.process_time(), time.perf_counter()
            folder = asked.out / f"{name}-{seed}"
            run = striate.train(asked.data, model=name, out=folder, force=True, seed=seed, **settings)
            minutes, real = (time.process_time() - began) / 60, (time.perf_counter() - clock) / 60
            last = run.history[-1]["val_mIoU"]
            print(f"{name:10} seed {seed}  {run.headline()}; last epoch {100 * last:.2f} %", flush=True)
            print(f"           at 480x360: mIoU {at_full_size(run, asked.data):.4f}", flush=True)
            told = "  ".join(f"{key} {value:.3f}" for key, value in run.metrics.per_class.items())
            print(f"           {told}", flush=True)
            print(f"           {minutes:.1f} CPU minutes, {real:.1f} by the clock", flush=True)


if __name__ == "__main__":
    main()
