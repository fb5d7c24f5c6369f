"""Recognise a character from one example: train on 764 characters of Omniglot, ask about 200 others.

    python benchmarks/omniglot.py DATA [--runs all_runs.zip] [--minutes 12] [--seed 0] [--out omniglot]
    python benchmarks/omniglot.py DATA --losses [--epochs 1]          one row for each loss, as many steps

DATA holds images_background.npz: (964, 20, 105, 105) drawings, True is paper. The first 764 characters are
learned, each also turned by 90, 180 and 270 degrees as characters of their own; the last 200 are asked about.
An episode has 20 characters, one known drawing and one asked drawing of each, by two people. Characters of an
episode are random ones of the 200 (as in Vinyals and others 2016), or 20 neighbours, which are mostly of one
alphabet and alike (as in the official runs). The vector of a drawing is the mean over the drawing itself and
some random affine views of it.

--runs reads the 20 official runs of Lake and others 2015: run*/class_labels.txt names pairs of drawings, 20
known and 20 asked, within one alphabet. Koch and others 2015 report 92.0 %, people 95.5 %.
"""

import argparse
import io
import json
import time
import zipfile
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from PIL import Image
from torch import Tensor
from torch.nn import functional as F

import striate
from striate.data.augment.augment_recipe import augmentation
from striate.data.preprocess import Preprocess
from striate.layers.memory_format import fastest_format

LEARNED, WAYS, EPISODES, VIEWS = 764, 20, 400, 7
SIDE = 64
MOVED = "shift=0.05,scale=0.15,rotate=12,shear=10,warp=1.25"
VIEWED = "shift=0.05,scale=0.1,rotate=10,shear=6"
RECIPE: dict[str, Any] = {
    "task": "verification",
    "model": "resnet18",
    "arguments": {"width": 0.5},
    "size": str(SIDE),
    "resize_mode": "stretch",
    "augment": MOVED,
    "batch": 192,
    "identity_run": 16,
    "dimensions": 256,
    "optimizer": "adamw",
    "lr": 2e-3,
    "weight_decay": 0.05,
    "schedule": "cosine",
    "warmup": 0.1,
    "validation": 0.0,
    "precision": "bf16",
    "epochs": 100,
}
SHORT: dict[str, Any] = {"size": "48", "validation": 0.01}
"""Of the table of losses."""

LOSSES: dict[str, dict[str, Any]] = {
    "Siamese, weighted distance": {"embedding_loss": "siamese"},
    "contrastive": {"embedding_loss": "contrastive"},
    "triplet, random": {"embedding_loss": "triplet", "mining": "random"},
    "triplet, semi-hard": {"embedding_loss": "triplet", "mining": "semi-hard"},
    "triplet, batch-hard": {"embedding_loss": "triplet", "mining": "batch-hard"},
    "cosine softmax with margin": {"embedding_loss": "cosine"},
    "softmax over the batch": {"embedding_loss": "softmax"},
}


def turned(drawings: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Characters and their turns: (K, n, H, W) -> (4 K, n, H, W), those of one turn beside each other."""
    return np.concatenate([np.rot90(drawings, turns, (2, 3)) for turns in range(4)])


def write_learned(drawings: NDArray[np.bool_], path: Path) -> Path:
    """The characters that are learned, as a data set."""
    images = turned(drawings[:LEARNED])
    numbers = np.arange(len(images))[:, None].repeat(images.shape[1], 1)
    np.savez_compressed(path, images=images, labels=numbers)
    return path


@torch.inference_mode()
def vectors_of(model: Any, drawings: NDArray[np.uint8], views: int) -> Tensor:
    """(N, D), the mean over each drawing and its views."""
    generator, moved = torch.Generator().manual_seed(1), augmentation(VIEWED)
    preprocess: Preprocess = model.preprocess
    found = []
    for start in range(0, len(drawings), 256):
        part = torch.from_numpy(drawings[start : start + 256])[:, None]
        images = torch.stack([preprocess(one) for one in part])
        total = model(fastest_format(model.network, images))
        for _ in range(views - 1):
            total = total + model(fastest_format(model.network, moved(images, generator)))
        found.append(F.normalize(total, dim=1) if model.norm == 2 else total / views)
    return torch.cat(found)


def right(model: Any, known: Tensor, asked: Tensor) -> int:
    """How many of the asked drawings (N, D) are nearest to the known one of the same row."""
    return int((torch.cdist(asked, known, p=model.norm).argmin(1) == torch.arange(len(asked))).sum())


def measured(model: Any, drawings: NDArray[np.bool_], views: int) -> dict[str, float]:
    """Share of right answers in episodes of random characters and of neighbours."""
    asked = drawings[LEARNED:]
    count, each = asked.shape[:2]
    flat = asked.reshape(-1, *asked.shape[2:]).astype(np.uint8) * np.uint8(255)
    vectors = vectors_of(model, flat, views).view(count, each, -1)
    draws, found = np.random.default_rng(0), {}
    for name in ("random", "neighbours"):
        good = 0
        for _ in range(EPISODES):
            first, second = draws.choice(each, 2, replace=False)
            start = draws.integers(count - WAYS + 1)
            chosen = draws.choice(count, WAYS, replace=False) if name == "random" else start + np.arange(WAYS)
            good += right(model, vectors[chosen, first], vectors[chosen, second])
        found[name] = good / (EPISODES * WAYS)
    return found


def official(model: Any, path: Path, views: int) -> dict[str, float]:
    """Share of right answers in each run of the archive."""
    shares = {}
    with zipfile.ZipFile(path) as archive:
        names = set(archive.namelist())
        tables = sorted(
            name for name in names if name.endswith("class_labels.txt") and "__MACOSX" not in name
        )
        for table in tables:
            folder = table.rpartition("/")[0]
            above = folder.rpartition("/")[0]
            pairs = [line.split() for line in archive.read(table).decode().splitlines() if line.strip()]

            def drawing(name: str, above: str = above, folder: str = folder) -> NDArray[np.uint8]:
                places = (f"{above}/{name}".lstrip("/"), f"{folder}/{name}", name)
                found = next(place for place in places if place in names)
                return np.asarray(Image.open(io.BytesIO(archive.read(found))).convert("L"))

            asked = sorted({first for first, _ in pairs})
            known = sorted({second for _, second in pairs})
            truth = dict(pairs)
            first = vectors_of(model, np.stack([drawing(name) for name in asked]), views)
            second = vectors_of(model, np.stack([drawing(name) for name in known]), views)
            near = torch.cdist(first, second, p=model.norm).argmin(1).tolist()
            good = sum(known[number] == truth[name] for name, number in zip(asked, near, strict=True))
            shares[folder.rpartition("/")[2]] = good / len(asked)
    return shares


def trained(data: Path, folder: Path, minutes: float, seed: int, **changed: Any) -> tuple[Any, float]:
    """A run, within a budget if there is one, and its CPU seconds."""
    began = time.process_time()
    budget = {"budget": f"{minutes:g}m"} if minutes else {}
    settings = {**RECIPE, "seed": seed, **budget, **changed}
    run = striate.train(data, out=folder, force=True, accept=["contradiction"], **settings)
    return run.model.eval(), time.process_time() - began


def main() -> None:
    """Train, ask, print."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("data", type=Path)
    parser.add_argument("--runs", type=Path)
    parser.add_argument("--minutes", type=float)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--out", type=Path, default=Path("omniglot"))
    parser.add_argument("--epochs", type=int, default=1)
    parser.add_argument("--losses", action="store_true")
    parser.add_argument("--model", type=Path, help="a trained one: nothing is trained")
    wanted = parser.parse_args()
    drawings = np.load(wanted.data / "images_background.npz")["images"]
    wanted.out.mkdir(parents=True, exist_ok=True)
    learned = write_learned(drawings, wanted.out / "learned.npz")
    if wanted.losses:
        for name, changed in LOSSES.items():
            folder = wanted.out / name.replace(" ", "-").replace(",", "")
            model, seconds = trained(
                learned, folder, 0, wanted.seed, **SHORT, epochs=wanted.epochs, **changed
            )
            found = measured(model, drawings, 1)
            shares = "  ".join(f"{kind} {share:.4f}" for kind, share in found.items())
            print(f"{name:28} {shares}  {seconds:.0f} s", flush=True)
        return
    if wanted.model:
        model, seconds = striate.load(wanted.model), 0.0
    else:
        model, seconds = trained(learned, wanted.out / "run", wanted.minutes or 12, wanted.seed)
    print(f"trained in {seconds / 60:.1f} CPU minutes", flush=True)
    for views in (1, VIEWS):
        print(f"{views} view{'s' * (views > 1)}: {json.dumps(measured(model, drawings, views))}", flush=True)
        if wanted.runs:
            shares = official(model, wanted.runs, views)
            print("".join(f"  {name} {share:.3f}\n" for name, share in shares.items()), end="")
            print(
                f"  mean of {len(shares)} official runs {sum(shares.values()) / len(shares):.4f}", flush=True
            )


if __name__ == "__main__":
    main()
