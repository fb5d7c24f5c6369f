"""Faces of people who were not trained on: do two pictures show the same person?

    python benchmarks/faces.py DATA orl       [--splits 5] [--epochs 60]
    python benchmarks/faces.py DATA youtube   [--splits 2] [--epochs 60]

DATA holds orl_faces (30 people, 10 pictures each, in the shared part) and youtube_faces (243 people, 3-4
pictures). Splits are by person: of ORL 20 learn and 10 are asked about, in all pairs; of YouTube Faces two
thirds learn, and the others are asked about: in the pairs of pairs.csv, and in all pairs. Few of pairs.csv
are left, about 70 of two people: its TAR at a FAR of 1 % depends on the one pair of two people that is
nearest. Some videos of one person are of one broadcast, with the same clothes and background, which pixels
find (ORIGIN.md).

Each row has EER and TAR at a FAR of 1 %, means over the splits with their deviation. Beside them, on the
same pairs: distances of grey pixels, and of eigenfaces (PCA of the people who learn, as many components as
keep 95 %; Turk, Pentland 1991).
"""

import argparse
import csv
import time
from pathlib import Path
from typing import Any

import numpy as np
import torch
from sklearn.decomposition import PCA
from torch import Tensor
from torch.nn import functional as F

import striate
from striate.data.annotations.identity_annotations import IdentityAnnotations
from striate.data.dataset import Dataset, Splits
from striate.data.read_dataset import read
from striate.ops import roc
from striate.tasks.verification.pair_sample import Pairs, pairs_of

SIDE, GREY = 64, 32
RECIPE: dict[str, Any] = {
    "task": "verification",
    "model": "resnet18",
    "arguments": {"width": 0.5},
    "size": str(SIDE),
    "augment": "mirror,rotate=8,scale=0.1,shift=0.05,shear=4,color=0.3,erase=0.2",
    "batch": 40,
    "optimizer": "adamw",
    "lr": 1e-3,
    "weight_decay": 0.05,
    "schedule": "cosine",
    "per_identity": 2,
    "tta": "mirror",
    "precision": "bf16",
}


def by_person(whole: Dataset, learn: int, seed: int) -> tuple[Dataset, Dataset]:
    """The pictures of so many people, drawn at random, and those of the others."""
    people = np.random.default_rng(seed).permutation(np.unique(whole.labels))[:learn]
    chosen = np.isin(whole.labels, people)
    return whole.subset(np.flatnonzero(chosen)), whole.subset(np.flatnonzero(~chosen))


def grey(part: Dataset) -> Tensor:
    """(N, GREY * GREY): pixels, each picture with mean 0 and length 1."""
    rows = []
    for index in range(len(part)):
        image = part.image(index).float().mean(0, keepdim=True)[None]
        small = F.interpolate(image, [GREY, GREY], mode="bilinear", antialias=True).flatten()
        rows.append(F.normalize(small - small.mean(), dim=0))
    return torch.stack(rows)


def listed_pairs(part: Dataset, file: Path) -> Pairs:
    """The pairs of a table of which both pictures are there."""
    numbers = {Path(part.name(index)).name: index for index in range(len(part))}
    with file.open(newline="") as lines:
        rows = [(row["image_a"], row["image_b"], row["same"] == "1") for row in csv.DictReader(lines)]
    kept = [(numbers[a], numbers[b], same) for a, b, same in rows if a in numbers and b in numbers]
    first, second, same = zip(*kept, strict=True)
    return Pairs(torch.tensor(first), torch.tensor(second), torch.tensor(same))


def scores(vectors: Tensor, pairs: Pairs) -> tuple[float, float]:
    """EER, and TAR at a FAR of 1 %."""
    curve = roc((vectors[pairs.first] - vectors[pairs.second]).norm(dim=1), pairs.same)
    return curve.eer, curve.at_far(0.01)[1]


def main() -> None:
    """Train and ask, split by split."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("data", type=Path)
    parser.add_argument("which", choices=["orl", "youtube"])
    parser.add_argument("--splits", type=int, default=5)
    parser.add_argument("--epochs", type=int, default=60)
    parser.add_argument("--out", type=Path, default=Path("faces"))
    wanted = parser.parse_args()
    folder = wanted.data / ("orl_faces" if wanted.which == "orl" else "youtube_faces")
    source = folder if wanted.which == "orl" else folder / "landmarks.csv"
    whole = read(source, kinds=(IdentityAnnotations,), validation=0.0)["train"]
    learn = 20 if wanted.which == "orl" else len(np.unique(whole.labels)) * 2 // 3
    rows: dict[tuple[str, str], list[tuple[float, float]]] = {}
    began = time.process_time()
    for seed in range(wanted.splits):
        known, asked = by_person(whole, learn, seed)
        pairs = {"all pairs": pairs_of(torch.from_numpy(asked.labels))}
        if wanted.which == "youtube":
            pairs["pairs.csv"] = listed_pairs(asked, folder / "pairs.csv")
        settings = {**RECIPE, "seed": seed, "epochs": wanted.epochs}
        splits = Splits({"train": known}, "people", folder)
        run = striate.train(splits, out=wanted.out / f"{wanted.which}-{seed}", force=True, **settings)
        found = run.model.predict([asked.image(index) for index in range(len(asked))])
        pixels = grey(asked)
        faces = PCA(0.95, svd_solver="full").fit(grey(known).numpy())
        vectors = {
            "network": torch.stack([one.vector for one in found]),
            "pixels": pixels,
            "eigenfaces": torch.from_numpy(faces.transform(pixels.numpy())),
        }
        for which, chosen in pairs.items():
            counts = f"{len(chosen.same):,}, {int(chosen.same.sum())} of one person"
            print(f"split {seed}, {which}: {counts}", flush=True)
            for name, values in vectors.items():
                eer, accepted = scores(values, chosen)
                rows.setdefault((which, name), []).append((eer, accepted))
                print(f"  {name:10} EER {eer:.4f}  TAR@1% {accepted:.4f}", flush=True)
    for (which, name), values in rows.items():
        mean, deviation = np.mean(values, axis=0), np.std(values, axis=0)
        eer, accepted = (f"{m:.4f} +- {d:.4f}" for m, d in zip(mean, deviation, strict=True))
        print(f"{which} {name:10} EER {eer}  TAR@1% {accepted}")
    print(f"{(time.process_time() - began) / 60 / wanted.splits:.1f} CPU minutes a split")


if __name__ == "__main__":
    main()
