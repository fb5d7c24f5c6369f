"""Membranes of cells from random weights: ISBI 2012's electron micrographs, slices 0-19 to learn from.

    python benchmarks/membranes.py DATA                 # seeds 0, 1, 2
    python benchmarks/membranes.py DATA --seeds 0 --set epochs=2

DATA is the folder of the slices: image/N.png, 512x512 grey, and label/N.png, 0 membrane and 255 cell. Slices
0-19 are learned from, 20-23 measured once, at the end: neighbours of them, so the figure is no promise for
other tissue. No epoch is chosen by them. U-Net as published, with a quarter of its channels and padding;
elastic warps as in its paper; an answer is the mean with that of the mirrored picture. Printed: pixel error
(share of wrong pixels of the four slices), IoU of both classes, CPU minutes of all threads. The paper's
0.0611 is of the challenge's own test slices, whose labels were never public.
"""

import argparse
import time
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import torch

import striate
from striate.data.annotations.mask_annotations import MaskAnnotations
from striate.data.dataset import Dataset
from striate.data.read_dataset import read
from striate.ops import class_iou, confusion

LEARNED, MEASURED = range(20), range(20, 24)
CLASSES = "0=membrane,255=cell"
SETTINGS: dict[str, Any] = {
    "task": "segmentation",
    "model": "unet_2015",
    "arguments": {"padding": "same", "channels": 16},
    "size": "512",
    "batch": 1,
    "epochs": 130,
    "lr": 2e-3,
    "schedule": "onecycle",
    "augment": "mirror,flip,shift=0.1,scale=0.1,rotate=15,warp=2,color=0.2",
    "ema": 0.99,
    "tta": "mirror",
    "balance": "none",
}


def slices(part: Dataset, numbers: range) -> Dataset:
    """The slices with these numbers, in order."""
    known = {int(Path(part.name(index)).stem): index for index in range(len(part))}
    return part.subset(np.array([known[number] for number in numbers]))


def main() -> None:
    """Train and print."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("data", type=Path)
    parser.add_argument("--seeds", type=int, nargs="+", default=[0, 1, 2])
    parser.add_argument("--set", action="append", default=[], metavar="SETTING=VALUE")
    parser.add_argument("--out", type=Path, default=Path("runs/membranes"))
    asked = parser.parse_args()
    changed: dict[str, Any] = dict(text.split("=", 1) for text in asked.set)
    splits = read(asked.data, "masks", validation=0.0, classes=CLASSES)
    whole, parts = splits["train"], (LEARNED, MEASURED)
    train, test = (slices(whole, numbers) for numbers in parts)
    for seed in asked.seeds:
        began, clock = time.process_time(), time.perf_counter()
        learned = replace(splits, parts={"train": train})
        settings = {**SETTINGS, **changed}
        run = striate.train(learned, out=asked.out / f"unet_2015-{seed}", force=True, seed=seed, **settings)
        minutes, real = (time.process_time() - began) / 60, (time.perf_counter() - clock) / 60
        masks, table = test.annotations, torch.zeros(2, 2, dtype=torch.int64)
        assert isinstance(masks, MaskAnnotations)
        for index in range(len(test)):
            table += confusion(masks.mask(index), run.model.predict(test.name(index)).mask, 2)
        error = 1 - float(table.diagonal().sum() / table.sum())
        told = "  ".join(
            f"IoU {name} {value:.3f}"
            for name, value in zip(test.classes, class_iou(table).tolist(), strict=True)
        )
        spent = f"{minutes:.1f} CPU minutes, {real:.1f} by the clock"
        print(f"seed {seed}  pixel error {error:.4f}  {told}  {spent}", flush=True)


if __name__ == "__main__":
    main()
