"""Vectors that are searched, kept in a folder: exactly up to 100,000, by a graph beyond.

    index/ names.json      format, metric, layer, scale of the graph; a name for each key
           vectors.npy     float32 (N, D), memory-mapped: exact search reads it block by block
           graph.usearch   the same as int8 in a graph of near ones, memory-mapped; only beyond the limit

The graph proposes twice as many vectors as are wanted; their distances are computed from the float32 vectors,
and the nearest are returned. One byte a number is a quarter of the memory that a search reads.

Pictures are added and removed without building anything anew: rows are appended and marked as removed; the
graph inserts and removes by key. A folder is written beside and renamed, file by file, the names last.

Source of the graph: Malkov, Yashunin 2018 (HNSW), by usearch.
"""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any, cast

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.nn import functional as F

from striate.errors import DataError, SettingError, ShapeError
from striate.explain.embeddings.embeddings import Embeddings, classes_by_folder
from striate.explain.embeddings.neighbours import MOST_EXACT, Neighbours
from striate.files.atomic import beside
from striate.files.regular import reason_of

NAMES, VECTORS, GRAPH = "names.json", "vectors.npy", "graph.usearch"
FORMAT, BLOCK = 2, 16_384
"""Of the folder; vectors that are compared at once."""

CONNECTIVITY, EXPANSION_ADD, EXPANSION = 16, 64, 128
"""Of the graph: neighbours of a vector, and vectors that an insertion and a search look at."""

LEAST_PROPOSED, RESCORED = 16, 256
"""Vectors that the graph proposes at least; queries whose proposals are compared at once, in the cache."""

LARGEST, SAMPLED = 0.9999, 100_000
"""The share of numbers that int8 holds without clipping; vectors that it is measured on."""


class VectorIndex:
    """Vectors of pictures by name; nearest by cosine, or by Euclidean distance.

    Args:
        dimensions: D.
        metric: ``cosine`` or ``euclidean``.
        most_exact: vectors up to which all are compared.
        layer: what the vectors are of, a word for people.
    """

    def __init__(
        self, dimensions: int, metric: str = "cosine", *, most_exact: int = MOST_EXACT, layer: str = ""
    ) -> None:
        if metric not in ("cosine", "euclidean"):
            raise SettingError(f"metric is {metric!r}", "cosine or euclidean", "metric cosine")
        self.dimensions, self.metric, self.most_exact, self.layer = dimensions, metric, most_exact, layer
        self._names: list[str | None] = []
        self._keys: dict[str, int] = {}
        self._rows: list[NDArray[np.float32]] = []
        self._stored: NDArray[np.float32] = np.empty((0, dimensions), dtype=np.float32)
        self._graph: Any = None
        self._scale = 0.0  # of int8 in the graph, measured when the graph is built
        self._viewed: Path | None = None  # a graph that lies on the disk, and cannot be changed there

    def __len__(self) -> int:
        """N, without those that were removed."""
        return len(self._keys)

    @property
    def names(self) -> tuple[str, ...]:
        """Of the vectors that are there."""
        return tuple(self._keys)

    @property
    def exact(self) -> bool:
        """Whether a search compares all vectors."""
        return len(self) <= self.most_exact

    def add(self, names: Sequence[str], vectors: Tensor) -> None:
        """Add vectors (N, D); one whose name is there replaces it.

        Raises:
            ShapeError: there is no vector of D finite numbers for each name.
        """
        if tuple(vectors.shape) != (len(names), self.dimensions) or not bool(vectors.isfinite().all()):
            wrong = f"vectors are {tuple(vectors.shape)} for {len(names)} names, or hold no finite numbers"
            raise ShapeError(
                wrong, f"({len(names)}, {self.dimensions})", "embed them with the same model and layer"
            )
        self.remove([name for name in names if name in self._keys])
        rows = vectors.detach().cpu().float()
        rows = F.normalize(rows, dim=1) if self.metric == "cosine" else rows
        first = len(self._names)
        self._keys.update({name: first + number for number, name in enumerate(names)})
        self._names += names
        self._rows.append(rows.numpy())
        if self._graph is not None:
            self._changeable().add(np.arange(first, first + len(names)), self._as_int8(rows.numpy()))

    def remove(self, names: Sequence[str]) -> None:
        """Leave out vectors from now on.

        Raises:
            DataError: there is none of a name.
        """
        for name in names:
            if name not in self._keys:
                raise DataError(
                    f"there is no {name[:80]!r} in the index", "a name that was added", "check it"
                )
            key = self._keys.pop(name)
            self._names[key] = None
            if self._graph is not None:
                self._changeable().remove(key)

    def search(self, queries: Tensor, k: int = 5) -> tuple[list[list[str]], Neighbours]:
        """Names and distances of the nearest k of each query, the nearest first.

        Args:
            queries: float (Q, D).
            k: 1 or more; fewer are found where there are fewer.

        Raises:
            ShapeError: queries have another length.
            SettingError: k is below 1, the index is empty, or usearch is needed and not installed.
        """
        if queries.ndim != 2 or queries.shape[1] != self.dimensions:
            wrong, expected = f"queries are {tuple(queries.shape)}", f"(Q, {self.dimensions})"
            raise ShapeError(wrong, expected, "embed them with the model and layer of the index")
        if k < 1 or not len(self):
            raise SettingError(f"k is {k} for {len(self)} vectors", "1 or more, and some vectors", "k 5")
        asked = queries.detach().cpu().float()
        asked = F.normalize(asked, dim=1) if self.metric == "cosine" else asked
        k = min(k, len(self))
        keys, distances = self._compared(asked, k) if self.exact else self._by_graph(asked, k)
        if self.metric == "cosine":
            distances = distances.square() / 2  # |a - b|^2 = 2 - 2 cos
        known = cast("list[str]", self._names)  # what was removed is not found
        names = [[known[key] for key in row] for row in keys.tolist()]
        return names, Neighbours(keys, distances, self.exact)

    def _whole(self) -> NDArray[np.float32]:
        """All rows, those that were removed too."""
        if self._rows:
            self._stored = np.concatenate([self._stored, *self._rows])
            self._rows = []
        return self._stored

    def _compared(self, asked: Tensor, k: int) -> tuple[Tensor, Tensor]:
        rows = self._whole()
        gone = torch.tensor([name is None for name in self._names])
        best = torch.full((len(asked), k), torch.inf)
        keys = torch.zeros(len(asked), k, dtype=torch.int64)
        own = asked.square().sum(1, keepdim=True)
        for start in range(0, len(rows), BLOCK):
            part = torch.from_numpy(np.ascontiguousarray(rows[start : start + BLOCK]))
            squares = torch.addmm(part.square().sum(1) + own, asked, part.T, alpha=-2)
            squares[:, gone[start : start + BLOCK]] = torch.inf
            both = torch.cat([best, squares], dim=1)
            numbers = torch.cat([keys, torch.arange(start, start + len(part)).expand(len(asked), -1)], dim=1)
            best, chosen = both.topk(k, dim=1, largest=False)
            keys = numbers.gather(1, chosen)
        exact = torch.from_numpy(rows[keys.numpy()]) - asked[:, None]
        order = exact.norm(dim=2).sort(dim=1, stable=True)
        return keys.gather(1, order.indices), order.values

    def _by_graph(self, asked: Tensor, k: int) -> tuple[Tensor, Tensor]:
        proposed = min(max(2 * k, LEAST_PROPOSED), len(self))
        found, shape = self.graph().search(self._as_int8(asked.numpy()), proposed), (len(asked), proposed)
        keys = torch.from_numpy(np.asarray(found.keys).reshape(shape).astype(np.int64))
        several = np.asarray(getattr(found, "counts", len(found)))  # one query gives one row
        counts = torch.from_numpy(several.reshape(-1).astype(np.int64))
        missing = torch.arange(proposed) >= counts[:, None]
        nearest = self._rescored(asked, keys.masked_fill(missing, 0), missing, k)
        few = (counts < k).nonzero()[:, 0]  # the graph has no way to enough of them
        if len(few):
            for part, whole in zip(nearest, self._compared(asked[few], k), strict=True):
                part[few] = whole
        return nearest

    def _rescored(self, asked: Tensor, keys: Tensor, missing: Tensor, k: int) -> tuple[Tensor, Tensor]:
        """The nearest k of the proposed keys (Q, P), by their float32 vectors."""
        rows = torch.from_numpy(self._whole())
        chosen, distances = torch.empty(len(asked), k, dtype=torch.int64), torch.empty(len(asked), k)
        for start in range(0, len(asked), RESCORED):
            part = slice(start, start + RESCORED)
            near = rows.index_select(0, keys[part].flatten()).view(*keys[part].shape, self.dimensions)
            near -= asked[part, None]
            best = near.norm(dim=2).masked_fill(missing[part], torch.inf).topk(k, dim=1, largest=False)
            chosen[part], distances[part] = keys[part].gather(1, best.indices), best.values
        return chosen, distances

    def _as_int8(self, rows: NDArray[np.float32]) -> NDArray[np.int8]:
        numbers: NDArray[np.int8] = np.clip(np.rint(rows * self._scale), -127, 127).astype(np.int8)
        return numbers

    def graph(self) -> Any:
        """The graph, built once of what is there.

        Raises:
            SettingError: usearch is not installed.
        """
        if self._graph is None:
            made = _new_graph(self.dimensions, len(self))
            kept = np.array(sorted(self._keys.values()), dtype=np.int64)
            rows = self._whole()
            sample = np.abs(rows[kept[:: max(1, len(kept) // SAMPLED)]])
            self._scale = 127 / max(float(np.quantile(sample, LARGEST)), 1e-12)
            for start in range(0, len(kept), BLOCK):
                part = kept[start : start + BLOCK]
                made.add(part, self._as_int8(rows[part]))
            self._graph = made
        return self._graph

    def _changeable(self) -> Any:
        """The graph in memory."""
        if self._viewed is not None:
            self._graph = _new_graph(self.dimensions, 0)
            self._graph.load(str(self._viewed))
            self._viewed = None
        return self._graph

    def embeddings(self) -> Embeddings:
        """The vectors that are there, of length 1 with cosine; classes are the folders of the pictures."""
        rows = self._whole()[list(self._keys.values())]
        labels, classes = classes_by_folder(self.names)
        return Embeddings(torch.from_numpy(rows), self.names, labels, classes, self.layer)

    # ---- files

    def save(self, folder: str | Path) -> Path:
        """Write the index.

        Raises:
            DataError: it cannot be written.
        """
        path = Path(folder)
        words: dict[str, Any] = {
            "format": FORMAT,
            "metric": self.metric,
            "layer": self.layer,
            "dimensions": self.dimensions,
        }
        if not self.exact:
            self.graph()
        words |= {"scale": self._scale, "names": self._names}
        try:
            path.mkdir(parents=True, exist_ok=True)
            with beside(path / VECTORS) as temporary, open(temporary, "wb") as stream:
                np.save(stream, self._whole())
            if not self.exact:
                with beside(path / GRAPH) as temporary:
                    self._changeable().save(str(temporary))
            with beside(path / NAMES) as temporary:
                temporary.write_text(json.dumps(words), encoding="utf-8")
        except OSError as reason:
            wrong = f"{path} cannot be written: {reason_of(reason)}"
            raise DataError(wrong, "a folder with room that you may write to", "another path") from reason
        return path

    @classmethod
    def open(cls, folder: str | Path, *, most_exact: int = MOST_EXACT) -> "VectorIndex":
        """Read an index; its vectors stay on the disk until they are asked for.

        Raises:
            DataError: it is no index, damaged, or of another format.
        """
        path = Path(folder)
        try:
            words = json.loads((path / NAMES).read_text(encoding="utf-8"))
            if words["format"] != FORMAT:
                raise ValueError(f"it has the format {str(words['format'])[:40]}, not {FORMAT}")
            made = cls(words["dimensions"], words["metric"], most_exact=most_exact, layer=words["layer"])
            scale = float(words["scale"])
            rows = np.load(path / VECTORS, mmap_mode="c", allow_pickle=False)
            if rows.dtype != np.float32 or rows.shape != (len(words["names"]), made.dimensions):
                raise ValueError("its vectors do not fit its names")
        except (OSError, ValueError, KeyError, TypeError, SettingError) as reason:
            wrong = f"{path} cannot be read as an index: {reason_of(reason)}"
            raise DataError(wrong, "a folder that striate search --save wrote", "save it again") from reason
        made._stored, made._names, made._scale = rows, words["names"], scale
        made._keys = {name: key for key, name in enumerate(words["names"]) if name is not None}
        if not made.exact and scale and (path / GRAPH).exists():
            made._graph = _new_graph(made.dimensions, 0)
            made._graph.view(str(path / GRAPH))
            made._viewed = path / GRAPH
        return made


def is_index(path: str | Path) -> bool:
    """Whether a folder looks like a saved index."""
    return (Path(path) / NAMES).exists() and (Path(path) / VECTORS).exists()


def _new_graph(dimensions: int, count: int) -> Any:
    try:
        from usearch.index import Index
    except ImportError as reason:
        wrong = f"there are {count:,} vectors, and usearch is not installed"
        expected = f"up to {MOST_EXACT:,} vectors without it"
        raise SettingError(wrong, expected, "pip install 'striate[maps]'") from reason
    return Index(
        ndim=dimensions,
        metric="l2sq",
        dtype="i8",
        connectivity=CONNECTIVITY,
        expansion_add=EXPANSION_ADD,
        expansion_search=EXPANSION,
    )
