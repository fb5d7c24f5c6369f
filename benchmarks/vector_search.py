"""The ten nearest of 1,000,000 vectors of 128 numbers: VectorIndex against faiss, in one run.

    python benchmarks/vector_search.py [--vectors 1000000] [--queries 5000] [--ivf]

The vectors are synthetic and have clusters, as those of pictures have: one centre for each 100 vectors, drawn
from a normal distribution; a vector is a random centre plus 0.7 times normal noise, and has length 1. Queries
are drawn in the same way and are no vectors of the index. Truth: faiss IndexFlatL2.

Held equal: float32 vectors, Euclidean distance, k = 10, queries in one batch, the same threads, in turns.
Ours: VectorIndex, an int8 graph of usearch (connectivity 16, expansion_add 64), its 20 proposals compared in
float32, names returned. faiss: IndexHNSWFlat, M = 16, efConstruction 64; IndexIVFFlat with --ivf. Each is
measured at several widths of search; compared are those with a recall of at least .99.
"""

import argparse
import gc
import os
import statistics
import time
from collections.abc import Callable
from pathlib import Path

import faiss
import numpy as np
import torch
from numpy.typing import NDArray

from striate.explain.embeddings.vector_index import EXPANSION, VectorIndex

D, K, TURNS = 128, 10, 3
Found = Callable[[], NDArray[np.int64]]


def drawn(count: int, centres: NDArray[np.float32], draws: np.random.Generator) -> NDArray[np.float32]:
    """Vectors (count, D) of length 1 around centres."""
    made = centres[draws.integers(0, len(centres), count)]
    made += np.float32(0.7) * draws.standard_normal((count, D), dtype=np.float32)
    made /= np.linalg.norm(made, axis=1, keepdims=True)
    return made


def resident() -> float:
    """MB of this process."""
    gc.collect()
    return int(Path("/proc/self/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE") / 1e6


def built(name: str, make: Callable[[], object]) -> None:
    """Build one, and print its time and memory."""
    before, began = resident(), time.perf_counter()
    make()
    taken = time.perf_counter() - began
    print(f"{name}: added in {taken:.1f} s, {resident() - before:,.0f} MB", flush=True)


def ours(vectors: NDArray[np.float32], asked: NDArray[np.float32], expansions: list[int]) -> dict[str, Found]:
    """Searches of VectorIndex by their names."""
    index = VectorIndex(D, "euclidean", most_exact=0)
    names = [str(number) for number in range(len(vectors))]

    def make() -> None:
        index.add(names, torch.from_numpy(vectors))
        index.graph()

    built("VectorIndex, besides the vectors themselves", make)
    queries = torch.from_numpy(asked)

    def search(expansion: int) -> NDArray[np.int64]:
        index.graph().expansion_search = expansion
        return index.search(queries, K)[1].indices.numpy()

    return {f"VectorIndex, expansion {e}": lambda e=e: search(e) for e in expansions}


def hnsw(
    vectors: NDArray[np.float32], asked: NDArray[np.float32], expansions: list[int], m: int
) -> dict[str, Found]:
    """Searches of IndexHNSWFlat by their names."""
    index = faiss.IndexHNSWFlat(D, m)
    index.hnsw.efConstruction = 64
    built(f"faiss HNSW M={m}, with its copy of the vectors", lambda: index.add(vectors))

    def search(expansion: int) -> NDArray[np.int64]:
        index.hnsw.efSearch = expansion
        return index.search(asked, K)[1]

    return {f"faiss HNSW M={m}, efSearch {e}": lambda e=e: search(e) for e in expansions}


def ivf(vectors: NDArray[np.float32], asked: NDArray[np.float32], probes: list[int]) -> dict[str, Found]:
    """Searches of IndexIVFFlat by their names; one list for each 250 vectors, at most 4,096."""
    lists = min(len(vectors) // 250, 4096)
    index = faiss.IndexIVFFlat(faiss.IndexFlatL2(D), D, lists)
    index.cp.niter = 5

    def make() -> None:
        index.train(vectors[: 40 * lists])
        index.add(vectors)

    built(f"faiss IVF of {lists} lists, with its copy of the vectors", make)

    def search(probe: int) -> NDArray[np.int64]:
        index.nprobe = probe
        return index.search(asked, K)[1]

    return {f"faiss IVF, nprobe {e}": lambda e=e: search(e) for e in probes}


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--vectors", type=int, default=1_000_000)
    parser.add_argument("--queries", type=int, default=5_000)
    parser.add_argument("--ivf", action="store_true")
    wanted = parser.parse_args()
    threads = int(os.environ.get("OMP_NUM_THREADS", os.cpu_count() or 1))
    torch.set_num_threads(threads)
    faiss.omp_set_num_threads(threads)
    draws = np.random.default_rng(0)
    centres = draws.standard_normal((max(wanted.vectors // 100, 1), D), dtype=np.float32)
    vectors, asked = drawn(wanted.vectors, centres, draws), drawn(wanted.queries, centres, draws)
    flat = faiss.IndexFlatL2(D)
    flat.add(vectors)
    truth = flat.search(asked, K)[1]
    del flat
    expansions = [24, 32, 64, EXPANSION]
    ways = {**ours(vectors, asked, expansions), **hnsw(vectors, asked, expansions, 16)}
    if wanted.ivf:
        ways |= ivf(vectors, asked, [8, 16, 32, 64])
    recalls = {name: recall(search(), truth) for name, search in ways.items()}
    rates: dict[str, list[float]] = {name: [] for name in ways}
    for _ in range(TURNS):
        for name, search in ways.items():
            began = time.perf_counter()
            search()
            rates[name].append(wanted.queries / (time.perf_counter() - began))
    for name, values in rates.items():
        print(f"{name:30} recall {recalls[name]:.4f}  {statistics.median(values):10,.0f} queries/s")


def recall(found: NDArray[np.int64], truth: NDArray[np.int64]) -> float:
    """The share of the true nearest that were found."""
    pairs = zip(found.tolist(), truth.tolist(), strict=True)
    return sum(len(set(one) & set(other)) for one, other in pairs) / truth.size


if __name__ == "__main__":
    main()
