"""The ten nearest of 1,000,000 vectors of 128 numbers: VectorIndex against faiss, in one run.

    python benchmarks/vector_search.py [--vectors 1000000] [--queries 5000] [--data curved] [--keep FOLDER]

``curved``: 16 hidden numbers of a normal distribution through a random network of two layers with tanh: no
clusters, and an intrinsic dimension as low as that of vectors of pictures (Ansuini and others 2019).
``clustered``: one centre for each 100 vectors, drawn from a normal distribution; a vector is a random
centre plus 0.7 times normal noise. ``uniform``: directions without any structure, the hardest. All have
length 1. Queries are drawn in the same way and are no vectors of the index. Truth: faiss IndexFlatL2.

Held equal: float32 vectors, Euclidean distance, k = 10, queries in one batch, the same threads, in turns.
Ours: VectorIndex as it is, which measures its number of probes itself, names returned. faiss: IndexHNSWFlat,
M = 16, efConstruction 64; IndexIVFFlat, one list for each 250 vectors, at most 4,096. Each width of faiss is
measured; compared is the fastest with a recall of at least .99.

With ``--keep`` indexes are saved, and a second call reads and measures them. Memory is what the process
grew by while an index was made, or the size of the files.
"""

import argparse
import gc
import os
import statistics
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import faiss
import numpy as np
import torch
from numpy.typing import NDArray

from striate.explain.embeddings.vector_index import VectorIndex

D, K, TURNS, ONE_BY_ONE, HIDDEN = 128, 10, 5, 300, 16
Found = Callable[[NDArray[np.float32]], NDArray[np.int64] | list[list[str]]]


def drawn(kind: str, vectors: int, queries: int) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Vectors (vectors, D) and queries (queries, D) of length 1."""
    draws = np.random.default_rng(0)
    count = vectors + queries
    if kind == "curved":
        enter, leave = (draws.standard_normal((n, D), dtype=np.float32) / n**0.5 for n in (HIDDEN, D))
        made = np.tanh(2 * draws.standard_normal((count, HIDDEN), dtype=np.float32) @ enter)
        made = np.tanh(2 * made @ leave)
    else:
        made = draws.standard_normal((count, D), dtype=np.float32)
    if kind == "clustered":
        centres = draws.standard_normal((max(vectors // 100, 1), D), dtype=np.float32)
        made *= np.float32(0.7)
        made += centres[draws.integers(0, len(centres), count)]
    made /= np.linalg.norm(made, axis=1, keepdims=True)
    return made[:vectors], made[vectors:]


def resident() -> float:
    """MB of this process."""
    gc.collect()
    return int(Path("/proc/self/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE") / 1e6


def built(name: str, make: Callable[[], Any]) -> Any:
    """Make an index, and print its time and memory."""
    before, began, cpu = resident(), time.perf_counter(), time.process_time()
    made = make()
    taken, used = time.perf_counter() - began, time.process_time() - cpu
    grown = resident() - before
    print(f"{name}: added in {taken:.1f} s, {used:.1f} CPU seconds, {grown:,.0f} MB", flush=True)
    return made


def on_disk(path: Path) -> None:
    """Print the size of what was saved."""
    files = [path] if path.is_file() else list(path.iterdir())
    print(
        f"{path.name}: read, {sum(one.stat().st_size for one in files) / 1e6:,.0f} MB on the disk", flush=True
    )


def ours(vectors: NDArray[np.float32], keep: Path | None) -> dict[str, Found]:
    """The search of VectorIndex by its name."""
    path = keep and keep / "striate.index"
    if path and path.exists():
        index = VectorIndex.open(path, most_exact=0)
        on_disk(path)
    else:
        index = VectorIndex(D, "euclidean", most_exact=0)
        names = [str(number) for number in range(len(vectors))]

        def make() -> None:
            index.add(names, torch.from_numpy(vectors))
            index.lists()

        built("VectorIndex, with its copy of the vectors", make)
        if path:
            index.save(path)

    def search(asked: NDArray[np.float32]) -> list[list[str]]:
        return index.search(torch.from_numpy(asked), K)[0]

    return {f"VectorIndex, {index.lists().probes} of {len(index.lists().centres)} lists": search}


def of_faiss(name: str, make: Callable[[], Any], keep: Path | None) -> Any:
    """An index of faiss, read or made."""
    path = keep and keep / f"{name}.faiss"
    if path and path.exists():
        on_disk(path)
        return faiss.read_index(str(path))
    index = built(f"faiss {name}, with its copy of the vectors", make)
    if path:
        faiss.write_index(index, str(path))
    return index


def hnsw(vectors: NDArray[np.float32], widths: list[int], keep: Path | None) -> dict[str, Found]:
    """Searches of IndexHNSWFlat by their names."""

    def make() -> Any:
        made = faiss.IndexHNSWFlat(D, 16)
        made.hnsw.efConstruction = 64
        made.add(vectors)
        return made

    index = of_faiss("HNSW", make, keep)

    def search(width: int, asked: NDArray[np.float32]) -> NDArray[np.int64]:
        index.hnsw.efSearch = width
        return index.search(asked, K)[1]

    return {f"faiss HNSW, efSearch {e}": lambda asked, e=e: search(e, asked) for e in widths}


def ivf(vectors: NDArray[np.float32], widths: list[int], keep: Path | None) -> dict[str, Found]:
    """Searches of IndexIVFFlat by their names."""
    lists = min(len(vectors) // 250, 4096)

    def make() -> Any:
        made = faiss.IndexIVFFlat(faiss.IndexFlatL2(D), D, lists)
        made.cp.niter = 8
        made.train(vectors[: 40 * lists])
        made.add(vectors)
        return made

    index = of_faiss("IVF", make, keep)

    def search(width: int, asked: NDArray[np.float32]) -> NDArray[np.int64]:
        index.nprobe = width
        return index.search(asked, K)[1]

    return {f"faiss IVF, nprobe {e} of {lists}": lambda asked, e=e: search(e, asked) for e in widths}


def truth_of(
    vectors: NDArray[np.float32], asked: NDArray[np.float32], keep: Path | None
) -> NDArray[np.int64]:
    """The nearest by comparing all."""
    path = keep and keep / f"truth-{len(asked)}.npy"
    if path and path.exists():
        return np.load(path)
    flat = faiss.IndexFlatL2(D)
    flat.add(vectors)
    found = flat.search(asked, K)[1]
    if path:
        np.save(path, found)
    return found


def recall(found: NDArray[np.int64] | list[list[str]], truth: NDArray[np.int64]) -> float:
    """The share of the true nearest that were found."""
    numbers = [[int(one) for one in row] for row in found]
    pairs = zip(numbers, truth.tolist(), strict=True)
    return sum(len(set(one) & set(other)) for one, other in pairs) / truth.size


def seconds(search: Found, asked: NDArray[np.float32]) -> float:
    """Of one call."""
    began = time.perf_counter()
    search(asked)
    return time.perf_counter() - began


def compare(ways: dict[str, Found], asked: NDArray[np.float32], truth: NDArray[np.int64], turns: int) -> None:
    """Print recall and rates in turns, and the ratio of ours to the fastest of faiss."""
    recalls = {name: recall(search(asked), truth) for name, search in ways.items()}
    few = asked[:ONE_BY_ONE]
    times: dict[str, list[float]] = {name: [] for name in ways}
    singly: dict[str, list[float]] = {name: [] for name in ways}
    for turn in range(turns):
        for name, search in ways.items():
            times[name].append(seconds(search, asked))
            if turn < 2 and recalls[name] >= 0.99:
                singly[name].append(sum(seconds(search, one[None]) for one in few) / len(few))
    rates = {name: len(asked) / statistics.median(values) for name, values in times.items()}
    for name, rate in rates.items():
        alone = f"{1000 * min(singly[name]):8.3f} ms alone" if singly[name] else ""
        print(f"{name:32} recall {recalls[name]:.4f}  {rate:10,.0f} queries/s {alone}")
    good = {name: rate for name, rate in rates.items() if recalls[name] >= 0.99}
    for kind in ("HNSW", "IVF"):
        best = max((name for name in good if kind in name), key=good.__getitem__, default=None)
        mine = next(name for name in rates if name.startswith("Vector"))
        if best is not None:
            turn = [b / a for a, b in zip(times[mine], times[best], strict=True)]
            print(f"VectorIndex / {best}: {statistics.median(turn):.2f} (min {min(turn):.2f})")


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--vectors", type=int, default=1_000_000)
    parser.add_argument("--queries", type=int, default=5_000)
    parser.add_argument("--data", choices=("curved", "clustered", "uniform"), default="curved")
    parser.add_argument("--ef", type=int, nargs="+", default=[16, 24, 32, 48, 64])
    parser.add_argument("--probe", type=int, nargs="+", default=[2, 4, 8, 16])
    parser.add_argument("--turns", type=int, default=TURNS)
    parser.add_argument("--keep", type=Path)
    wanted = parser.parse_args()
    if wanted.keep:
        wanted.keep.mkdir(parents=True, exist_ok=True)
    threads = int(os.environ.get("OMP_NUM_THREADS", os.cpu_count() or 1))
    torch.set_num_threads(threads)
    faiss.omp_set_num_threads(threads)
    vectors, asked = drawn(wanted.data, wanted.vectors, wanted.queries)
    truth = truth_of(vectors, asked, wanted.keep)
    ways = ours(vectors, wanted.keep)
    ways |= hnsw(vectors, wanted.ef, wanted.keep) | ivf(vectors, wanted.probe, wanted.keep)
    compare(ways, asked, truth, wanted.turns)


if __name__ == "__main__":
    main()
