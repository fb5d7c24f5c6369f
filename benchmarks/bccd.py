"""Blood cells from random weights: detectors on the official split of BCCD.

    python benchmarks/bccd.py DATA                      # all detectors, seeds 0, 1, 2: hours
    python benchmarks/bccd.py DATA --only yolo --seeds 0
    python benchmarks/bccd.py DATA --only ssd --set epochs=40

DATA is the folder of BCCD: 205 pictures to learn from, 87 to choose the best epoch by, 72 to measure once,
at the end. Held equal: pictures, splits, metric, and the size but for YOLO with anchors (240x320, half of
the pictures). Two boxes of zero area are left out. Printed: AP50 on the test pictures with its interval, AP,
AP50 of each class, and CPU minutes of all threads.
"""

import argparse
import time
from pathlib import Path
from typing import Any

import striate

COMMON: dict[str, Any] = {
    "task": "detect",
    "size": "240x320",
    "on_bad_box": "drop",
    "augment": "mirror,flip,shift=0.1,scale=0.3,color=0.2,edge=black",
    "batch": 8,
    "lr": 0.002,
}
THOROUGH = {"proposer": "quality", "proposals": 2000}
"""The thorough mode of selective search: at 240x320 the fast one finds about 800 boxes of a picture."""

RECIPES: dict[str, dict[str, Any]] = {
    "yolo": {"epochs": 90, "size": "320x416"},
    "ssd": {"epochs": 60},
    "faster_rcnn": {"epochs": 60, "batch": 4, "lr": 0.0015},
    "yolo_v1": {"epochs": 100},
    "rfcn": {"epochs": 60, "batch": 4, "lr": 0.0015},
    "fast_rcnn": {"epochs": 60, "batch": 4, "lr": 0.0015, "arguments": {**THOROUGH, "stride": 4}},
    "sppnet": {"epochs": 40, "batch": 4, "lr": 0.0015, "arguments": THOROUGH},
    "rcnn": {"epochs": 6, "batch": 4, "lr": 0.0015, "arguments": THOROUGH},
}
"""By the name of the detector: what its recipe sets besides COMMON."""


def main() -> None:
    """Train and print."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("data", type=Path)
    parser.add_argument("--only", choices=RECIPES, action="append")
    parser.add_argument("--seeds", type=int, nargs="+", default=[0, 1, 2])
    parser.add_argument("--set", action="append", default=[], metavar="SETTING=VALUE")
    parser.add_argument("--out", type=Path, default=Path("runs/bccd"))
    asked = parser.parse_args()
    changed: dict[str, Any] = dict(text.split("=", 1) for text in asked.set)
    for name in asked.only or RECIPES:
        for seed in asked.seeds:
            settings = {**COMMON, **RECIPES[name], **changed}
            began = time.process_time()
            folder = asked.out / f"{name}-{seed}"
            run = striate.train(asked.data, model=name, out=folder, force=True, seed=seed, **settings)
            minutes = (time.process_time() - began) / 60
            values = {key: value for key, value in run.metrics.values.items() if value is not None}
            told = "  ".join(f"{key} {values[key]:.3f}" for key in values if key.startswith(("AP50 ", "AP")))
            print(f"{name:8} seed {seed}  {run.headline()}  {minutes:.1f} CPU minutes", flush=True)
            print(f"         {told}", flush=True)


if __name__ == "__main__":
    main()
