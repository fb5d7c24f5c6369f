"""Joints of animals: a keypoint branch against direct regression, with the same CPU minutes.

    python benchmarks/joints.py ANIMALS                     # one core, ten minutes
    python benchmarks/joints.py ANIMALS --only branch --seeds 0 1

ANIMALS is the folder of Animal-Pose: pictures with one annotated animal each, its box and 20 joints. Held
equal: pictures, the fifth of them that is measured once, at the end, backbone (ResNet-18 of half the width,
random weights), optimizer, and nearly the CPU minutes, by the number of epochs. Regression is the recipe
``animal`` of ``regression.py``: it sees the animal cut out by its true box, also in the test. The keypoint
branch sees the whole picture. It is measured twice: in the box that it finds, the best one of the picture,
and in the true box. Printed: PCK@0.1, the share of an animal's joints within 0.1 of the square root of the
area of its true box, mean of the animals, and CPU minutes of the training, all threads.
"""

import argparse
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import torch
from regression import COMMON, RECIPES, split
from torch import Tensor

import striate
from striate.data.annotations.box_annotations import BoxAnnotations
from striate.data.annotations.point_annotations import PointAnnotations
from striate.data.crops import Crops
from striate.data.dataset import Dataset, Splits
from striate.data.read_dataset import read
from striate.ops.point_errors import pck, point_error
from striate.records.affine import inverse, moved_boxes, moved_points
from striate.tasks.detection.parts.heat_maps import points_of

EPOCHS = {"regression": 90, "branch": 18}
"""So that both take three to four CPU minutes."""

REGRESSION: dict[str, Any] = {**COMMON, **RECIPES["animal"][2], "tta": "none"}
BRANCH: dict[str, Any] = {
    "model": "keypoint_rcnn",
    "arguments": {"channels": 32},
    "size": "192",
    "resize_mode": "letterbox",
    "optimizer": "adamw",
    "lr": 0.0015,
    "batch": 4,
    "ema": 0.995,
    "schedule": "cosine",
    "augment": "mirror,rotate=25,scale=0.4,shift=0.1,color=0.3,edge=black",
}
FAR = 1e6
"""Pixels to where joints lie that were not found."""

Answer = Callable[[int], Tensor]
"""The number of a test picture -> its joints (J, 2), pixels of the crop."""


def whole(folder: Path, form: str) -> Dataset:
    """All pictures of the data."""
    first, *others = read(folder, form, shapes=form == "coco").values()
    return first.joined(others)


def of_same_pictures(animals: Dataset, crops: Splits) -> Splits:
    """The pictures from which the crops of each part are cut."""
    number = {animals.name(index): index for index in range(len(animals))}
    parts = {}
    for key, part in crops.items():
        names = [part.name(index).rpartition("[")[0] for index in range(len(part))]
        parts[key] = animals.subset([number[name] for name in names])
    return Splits(parts, "made", Path("."))


def in_crop(model: Any, data: Dataset) -> Answer:
    """What regression says of a crop."""
    return lambda index: model.predict(data.image(index)).points


def in_found_box(model: Any, data: Dataset) -> Answer:
    """Joints of the best object that the model finds; far away where it finds none."""

    def answer(index: int) -> Tensor:
        found = model.predict(data.image(index), score_threshold=0.0, top_k=1)
        missing = torch.full((len(model.joints.names), 2), FAR)
        return found.joints.points[0] if len(found) else missing

    return answer


def in_true_box(model: Any, data: Dataset) -> Answer:
    """What the branch says in the annotated box."""
    known = data.annotations
    assert isinstance(known, BoxAnnotations)

    @torch.inference_mode()
    def answer(index: int) -> Tensor:
        image = data.image(index)
        affine = model.preprocess.affine(tuple(image.shape[-2:]))[None]
        box = torch.from_numpy(known.boxes[known.rows(np.array([index]))])
        box = moved_boxes(box, affine)
        raw = model(model.preprocess(image)[None])
        points, _ = points_of(model.network.branch_raw(raw, [box])["joints"]["maps"], box)
        return moved_points(points, inverse(affine))[0]

    model.eval()
    return answer


def score(answer: Answer, crops: Dataset, *, cut: bool) -> float:
    """PCK@0.1; ``cut``: whether the answers are in the pixels of the crops, not of the pictures."""
    known, store = crops.annotations, crops.store
    assert isinstance(known, PointAnnotations)
    assert isinstance(store, Crops)
    points = torch.stack([answer(index).float() for index in range(len(crops))])
    points -= torch.from_numpy(store.corners[crops.places])[:, None] * (not cut)
    truth, visible, length = map(torch.from_numpy, (known.points, known.visible, known.scale))
    errors = point_error(points, truth, visible, length)
    return float(pck(errors, 0.1).nanmean(1).nanmean())


def trained(data: Splits, out: Path, settings: dict[str, Any]) -> tuple[Any, float]:
    """A model, and the CPU minutes of its training."""
    began = time.process_time()
    run = striate.train(data, out=out, force=True, **settings)
    return run.model, (time.process_time() - began) / 60


def main() -> None:
    """Train and print."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("animals", type=Path)
    parser.add_argument("--only", choices=list(EPOCHS), action="append")
    parser.add_argument("--epochs", type=int, help="in the place of those of both")
    parser.add_argument("--seeds", type=int, nargs="+", default=[0])
    parser.add_argument("--out", type=Path, default=Path("runs/joints"))
    asked = parser.parse_args()
    points = whole(asked.animals, "coco-points")
    crops = split(points, np.arange(len(points)))
    pictures = of_same_pictures(whole(asked.animals, "coco"), crops)
    print({name: len(part) for name, part in crops.items()}, flush=True)
    for seed in asked.seeds:
        for name in asked.only or EPOCHS:
            settings = {"seed": seed, "epochs": asked.epochs or EPOCHS[name]}
            out = asked.out / f"{name}-{seed}"
            if name == "regression":
                model, minutes = trained(crops, out, {**REGRESSION, **settings})
                told = {"true box": score(in_crop(model, crops["test"]), crops["test"], cut=True)}
            else:
                model, minutes = trained(pictures, out, {**BRANCH, **settings})
                told = {
                    "found box": score(in_found_box(model, pictures["test"]), crops["test"], cut=False),
                    "true box": score(in_true_box(model, pictures["test"]), crops["test"], cut=False),
                }
            values = "  ".join(f"{key} {value:.3f}" for key, value in told.items())
            print(f"{name:10}  seed {seed}  PCK@0.1 {values}  {minutes:.1f} CPU minutes", flush=True)


if __name__ == "__main__":
    main()
