"""Landmarks, poses and one box a picture on real sets, from random weights, beside two baselines.

    python benchmarks/regression.py DATA                        # all sets, seeds 0, 1, 2: hours
    python benchmarks/regression.py DATA --only landmarks --seeds 0
    python benchmarks/regression.py DATA --only pose --weights RUN
    python benchmarks/regression.py DATA --only localize --tune --set epochs=200

DATA holds youtube_faces, lsp_extended, animal_pose and cub10. Held equal: pictures, splits, metric. A fifth
of the people (landmarks) or pictures (the others) is never learned from and measured once, at the end. With
``--tune`` that fifth is not touched: another fifth is measured in its place, to choose recipes by. The
baselines are the mean of the training targets, and ridge regression from 32 x 32 grey pixels. Errors of
points are distances divided by the side of the square in which the picture or crop fits; CPU minutes are of
all threads.
"""

import argparse
import json
import time
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from sklearn.linear_model import RidgeCV

import striate
from striate.data.annotations.box_annotations import BoxAnnotations
from striate.data.annotations.point_annotations import PointAnnotations
from striate.data.dataset import Dataset, Splits
from striate.data.preprocess import Preprocess
from striate.data.read_dataset import read
from striate.ops.boxes import paired_iou
from striate.records.affine import moved_boxes, moved_points

COMMON: dict[str, Any] = {
    "model": "resnet18",
    "arguments": {"width": 0.5},
    "resize_mode": "letterbox",
    "optimizer": "adamw",
    "lr": 0.0015,
    "batch": 32,
    "ema": 0.995,
    "clip": 5.0,
    "schedule": "cosine",
    "tta": "mirror",
}
MOVES = "mirror,rotate={},scale=0.25,shift=0.1,color=0.3,edge=black"
BOX_MOVES = "mirror,scale=0.5,shift=0.2,color=0.5,erase=0.3,edge=black"
"""Without rotation: the upright box around a turned one is larger than what is in it."""

BOX: dict[str, Any] = {
    "task": "localize",
    "size": "128",
    "batch": 16,
    "progressive_resizing": 0.5,
    "weight_decay": 0.1,
    "augment": BOX_MOVES,
}

# name: folder, format, what the recipe sets besides COMMON
RECIPES: dict[str, tuple[str, str, dict[str, Any]]] = {
    "landmarks": (
        "youtube_faces",
        "points",
        {"task": "landmarks", "size": "96", "epochs": 40, "augment": MOVES.format(20), "joints": "face68"},
    ),
    "pose": (
        "lsp_extended",
        "points",
        {"task": "pose", "size": "128", "epochs": 70, "augment": MOVES.format(40)},
    ),
    "animal": (
        "animal_pose",
        "coco-points",
        {"task": "pose", "size": "128", "epochs": 90, "augment": MOVES.format(25)},
    ),
    "localize": ("animal_pose", "coco", {"epochs": 480, **BOX, "overlap_weight": 5}),
    "birds": ("cub10", "boxes", {"epochs": 240, **BOX}),
}
GREY = Preprocess((32, 32), 1, resize_mode="letterbox")
"""What the linear model sees."""

ALPHAS = (10.0, 100.0, 1_000.0, 10_000.0)
"""Of the linear model, for pixels 0..1; chosen by the error on training pictures left out in turn."""


def split(whole: Dataset, group: NDArray[np.int64], *, tune: bool = False) -> Splits:
    """A fifth of the groups as ``test``, the others as ``train``; to tune, without that fifth, once more."""
    groups = np.unique(group)
    order, fifth = np.random.default_rng(0).permutation(groups), len(groups) // 5
    kept = ~np.isin(group, order[:fifth] if tune else [])
    test = np.isin(group, order[fifth : 2 * fifth] if tune else order[:fifth])
    parts = {"train": whole.subset(np.flatnonzero(kept & ~test)), "test": whole.subset(np.flatnonzero(test))}
    return Splits(parts, "made", Path("."))


def groups_of(name: str, whole: Dataset) -> NDArray[np.int64]:
    """The person of each picture of faces, else a group for each picture."""
    if name != "landmarks":
        return np.arange(len(whole))
    return np.array([int(Path(whole.name(index)).name[1:4]) for index in range(len(whole))])


def targets(part: Dataset) -> tuple[NDArray[np.float64], NDArray[np.bool_]]:
    """Numbers (N, D, 2) as shares of the square of the longer side, and which are known (N, D)."""
    found, seen = [], []
    for index in range(len(part)):
        size = tuple(part.image(index).shape[-2:])
        affine = GREY.affine((int(size[0]), int(size[1])))[None]
        known = part.annotations
        if isinstance(known, PointAnnotations):
            points = moved_points(torch.from_numpy(known.points[index])[None], affine)[0]
            seen.append(known.visible[index])
        else:
            assert isinstance(known, BoxAnnotations)
            box = torch.from_numpy(known.boxes[known.rows(np.array([index]))])
            points = moved_boxes(box, affine).view(2, 2)
            seen.append(np.ones(2, np.bool_))
        found.append(points.double().numpy() / 32)
    return np.stack(found), np.stack(seen)


def score(
    guess: NDArray[np.float64], truth: NDArray[np.float64], seen: NDArray[np.bool_], boxes: bool
) -> float:
    """The mean distance over all known points; the mean IoU of boxes."""
    if boxes:
        pair = (torch.tensor(values.reshape(-1, 4)) for values in (guess, truth))
        return float(paired_iou(*pair).clamp(min=0).nan_to_num().mean())
    return float(np.linalg.norm(guess - truth, axis=2)[seen].mean())


def baselines(data: Splits) -> dict[str, float]:
    """The scores of the mean of the training targets and of ridge regression, on ``test``."""
    boxes = isinstance(data["train"].annotations, BoxAnnotations)
    (there, known), (truth, seen) = targets(data["train"]), targets(data["test"])
    mean = (there * known[..., None]).sum(0) / np.maximum(known.sum(0), 1)[:, None]
    filled = np.where(known[..., None], there, mean)
    pixels = [
        np.stack([GREY(part.image(index)).numpy().ravel() / 255 for index in range(len(part))])
        for part in (data["train"], data["test"])
    ]
    ridge = RidgeCV(ALPHAS).fit(pixels[0], filled.reshape(len(filled), -1))
    linear = ridge.predict(pixels[1]).reshape(truth.shape)
    guess = np.broadcast_to(mean, truth.shape)
    return {"mean": score(guess, truth, seen, boxes), "linear": score(linear, truth, seen, boxes)}


def answered(model: Any, part: Dataset) -> NDArray[np.float64]:
    """What a model answers, (N, D, 2) as ``targets``."""
    found = []
    for index in range(len(part)):
        image = part.image(index)
        record = model.predict(image)
        affine = GREY.affine((int(image.shape[-2]), int(image.shape[-1])))[None]
        points = record.points if hasattr(record, "points") else record.box.view(2, 2)
        found.append(moved_points(points[None].float(), affine)[0].double().numpy() / 32)
    return np.stack(found)


def measure(
    name: str, folder: Path, seeds: list[int], changed: dict[str, Any], out: Path, *, tune: bool
) -> None:
    """One set: both baselines, and one line for each seed; ``changed`` are settings besides the recipe's."""
    place, form, recipe = RECIPES[name]
    settings = {**COMMON, **recipe, **changed}
    joints = settings.pop("joints", None)
    parts = list(read(folder / place, form, **({"joints": joints} if joints else {})).values())
    whole = parts[0].joined(parts[1:])
    data = split(whole, groups_of(name, whole), tune=tune)
    boxes = isinstance(whole.annotations, BoxAnnotations)
    truth, seen = targets(data["test"])
    base = baselines(data)
    print(
        json.dumps({"set": name, "train": len(data["train"]), "test": len(data["test"]), **base}), flush=True
    )
    for seed in seeds:
        started, clock = time.process_time(), time.monotonic()
        run = striate.train(data, seed=seed, out=out / f"{name}-{seed}", force=True, **settings)
        minutes = (time.process_time() - started) / 60
        value = score(answered(run.model, data["test"]), truth, seen, boxes)
        shown = {key: number and round(number, 4) for key, number in run.metrics.values.items()}
        row = {"set": name, "seed": seed, "cpu_minutes": round(minutes, 2), "score": round(value, 5)}
        ratio = {} if boxes else {"of_mean": round(value / base["mean"], 4)}
        row |= {"minutes": round((time.monotonic() - clock) / 60, 2), **ratio, **shown}
        print(json.dumps(row), flush=True)


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("data", type=Path)
    parser.add_argument("--only", choices=list(RECIPES), action="append")
    parser.add_argument("--seeds", type=int, nargs="+", default=[0, 1, 2])
    parser.add_argument("--weights", help="begin with these instead of random ones")
    parser.add_argument(
        "--set", action="append", default=[], help="another setting than the recipe's: epochs=9"
    )
    parser.add_argument("--tune", action="store_true", help="measure on a part of the training pictures")
    parser.add_argument("--threads", type=int, default=torch.get_num_threads())
    parser.add_argument("--out", type=Path, default=Path("runs/regression"))
    asked = parser.parse_args()
    torch.set_num_threads(asked.threads)
    changed: dict[str, Any] = dict(word.split("=", 1) for word in asked.set)
    changed |= {"weights": asked.weights, "finetune": "all"} if asked.weights else {}
    for name in asked.only or list(RECIPES):
        measure(name, asked.data, asked.seeds, changed, asked.out, tune=asked.tune)


if __name__ == "__main__":
    main()
