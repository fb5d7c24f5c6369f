"""How long a new identity and an identification take, with 10,000 known identities of 128 numbers.

    python benchmarks/gallery_speed.py [--identities 10000] [--queries 20000]

Held equal: float32 vectors of length 1, Euclidean distance, exact search, the two nearest, the same threads.
In turns with faiss (IndexFlatL2) where it is installed. The vectors of pictures are not part of the time of a
query; the time of a new identity has everything: its picture is decoded, embedded, locked, written.
"""

import argparse
import statistics
import tempfile
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import torch
from torch.nn import functional as F

from striate.data.preprocess import Preprocess
from striate.gallery.gallery import Gallery
from striate.gallery.gallery_file import GalleryContent, write_gallery
from striate.zoo.build import build

TURNS = 5


def seconds(work: Callable[[], object]) -> float:
    """Of one call."""
    began = time.perf_counter()
    work()
    return time.perf_counter() - began


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--identities", type=int, default=10_000)
    parser.add_argument("--queries", type=int, default=20_000)
    wanted = parser.parse_args()
    torch.manual_seed(0)
    options = {"dimensions": 128}
    preprocess = Preprocess((112, 112), 3, (0.5,) * 3, (0.25,) * 3)
    model = build("resnet18", ["a", "b"], preprocess, task="verification", options=options).eval()
    vectors = F.normalize(torch.randn(wanted.identities, 128), dim=1)
    names = tuple(f"person {number}" for number in range(wanted.identities))
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "g.safetensors"
        empty = Gallery(path, model).content
        content = GalleryContent(empty.model, "", "euclidean")
        people = torch.arange(wanted.identities)
        write_gallery(path, replace(content, names=names, vectors=vectors, people=people, contents=people))
        gallery = Gallery(path, model)
        draws = np.random.default_rng(0)
        pictures = [draws.integers(0, 255, (250, 200, 3), dtype=np.uint8) for _ in range(TURNS + 1)]
        gallery.enroll("warm", pictures[-1])
        times = [seconds(lambda n=n: gallery.enroll(f"new {n}", pictures[n])) for n in range(TURNS)]
        print(f"a new identity: {statistics.median(times):.3f} s")
        known, asked = gallery.prototypes, F.normalize(torch.randn(wanted.queries, 128), dim=1)
        ways: dict[str, Callable[[], object]] = {
            "nearest two": lambda: gallery.nearest(asked),
            "records": lambda: gallery.identify_vectors(asked),
        }
        try:
            import faiss

            flat = faiss.IndexFlatL2(128)
            flat.add(known.numpy())
            ways["faiss"] = lambda: flat.search(asked.numpy(), 2)
        except ImportError:
            print("faiss is not installed")
        rates: dict[str, list[float]] = {name: [] for name in ways}
        for turn in range(TURNS + 1):
            for name, work in ways.items():
                rate = wanted.queries / seconds(work)
                if turn:
                    rates[name].append(rate)
        for name, values in rates.items():
            print(f"{name:12} {statistics.median(values):10,.0f} queries/s")


if __name__ == "__main__":
    main()
