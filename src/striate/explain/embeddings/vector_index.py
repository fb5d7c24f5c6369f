"""Vectors that are searched, kept in a folder: exactly up to 100,000, by a graph beyond.

    index/ names.json      format, metric, layer, hash of nothing but the vectors; a name for each key
           vectors.npy     float32 (N, D), memory-mapped: exact search reads it block by block
           graph.usearch   the same vectors in a graph of near ones, memory-mapped; only beyond the limit

Pictures are added and removed without building anything anew: rows are appended and marked as removed; the
graph inserts and removes by key. A folder is written beside and renamed, file by file, the names last.

Source of the graph: Malkov, Yashunin 2018 (HNSW), by usearch.
"""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.nn import functional as F

from striate.errors import DataError, SettingError, ShapeError
from striate.explain.embeddings.neighbours import MOST_EXACT, Neighbours
from striate.files.atomic import beside
from striate.files.regular import reason_of

NAMES, VECTORS, GRAPH = "names.json", "vectors.npy", "graph.usearch"
FORMAT, BLOCK = 1, 16_384
"""Of the folder; vectors that are compared at once."""

CONNECTIVITY, EXPANSION = 32, 256
"""Of the graph: neighbours of a vector, and vectors that a search or an insertion looks at."""


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
            self._changeable().add(np.arange(first, first + len(names)), rows.numpy())

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
        names = [[str(self._names[key]) for key in row] for row in keys.tolist()]
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
        found, shape = self.graph().search(asked.numpy(), k), (len(asked), -1)  # one query gives one row
        squares = torch.from_numpy(np.asarray(found.distances).reshape(shape).copy())
        keys = torch.from_numpy(np.asarray(found.keys).reshape(shape).astype(np.int64))
        return keys, squares.clamp(min=0).sqrt()

    def graph(self) -> Any:
        """The graph, built once of what is there.

        Raises:
            SettingError: usearch is not installed.
        """
        if self._graph is None:
            made = _new_graph(self.dimensions, len(self))
            kept = np.array(sorted(self._keys.values()), dtype=np.int64)
            rows = self._whole()
            for start in range(0, len(kept), BLOCK):
                part = kept[start : start + BLOCK]
                made.add(part, np.ascontiguousarray(rows[part]))
            self._graph = made
        return self._graph

    def _changeable(self) -> Any:
        """The graph in memory."""
        if self._viewed is not None:
            self._graph = _new_graph(self.dimensions, 0)
            self._graph.load(str(self._viewed))
            self._viewed = None
        return self._graph

    # ---- files

    def save(self, folder: str | Path) -> Path:
        """Write the index.

        Raises:
            DataError: it cannot be written.
        """
        path = Path(folder)
        words = {"format": FORMAT, "metric": self.metric, "layer": self.layer, "dimensions": self.dimensions}
        try:
            path.mkdir(parents=True, exist_ok=True)
            with beside(path / VECTORS) as temporary, open(temporary, "wb") as stream:
                np.save(stream, self._whole())
            if not self.exact:
                self.graph()
                with beside(path / GRAPH) as temporary:
                    self._changeable().save(str(temporary))
            with beside(path / NAMES) as temporary:
                temporary.write_text(json.dumps({**words, "names": self._names}), encoding="utf-8")
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
            rows = np.load(path / VECTORS, mmap_mode="c", allow_pickle=False)
            if rows.dtype != np.float32 or rows.shape != (len(words["names"]), made.dimensions):
                raise ValueError("its vectors do not fit its names")
        except (OSError, ValueError, KeyError, TypeError, SettingError) as reason:
            wrong = f"{path} cannot be read as an index: {reason_of(reason)}"
            raise DataError(wrong, "a folder that striate search --save wrote", "save it again") from reason
        made._stored, made._names = rows, words["names"]
        made._keys = {name: key for key, name in enumerate(words["names"]) if name is not None}
        if not made.exact and (path / GRAPH).exists():
            made._graph = _new_graph(made.dimensions, 0)
            made._graph.view(str(path / GRAPH))
            made._viewed = path / GRAPH
        return made


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
        dtype="f32",
        connectivity=CONNECTIVITY,
        expansion_add=EXPANSION,
        expansion_search=EXPANSION,
    )
