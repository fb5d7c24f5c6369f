"""Vectors that are searched, kept in a folder: all are compared up to 100,000, by lists of near ones beyond.

    index/ names.json            format, metric, layer, the key of the other files, a name for each row
           vectors-<key>.npy     float32 (N, D), memory-mapped; in the order of the lists, then new ones
           lists-<key>.npz       centres, bounds, ... of ``inverted_lists``; only beyond the limit
           heads-<key>.npy       their heads, memory-mapped

Pictures are added and removed without building anything anew: rows are appended, and all of these are
compared until they are many; then they are brought into the lists that are there. Removed rows are left
out. New centres are learned when there are more than four times as many vectors.

A folder is written beside and renamed: the names come last and say which other files belong to them.
"""

import json
from collections.abc import Iterator, Sequence
from contextlib import suppress
from pathlib import Path
from secrets import token_hex
from zipfile import BadZipFile

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.nn import functional as F

from striate.errors import DataError, SettingError, ShapeError
from striate.explain.embeddings.embeddings import Embeddings, classes_by_folder
from striate.explain.embeddings.inverted_lists import InvertedLists, count_for, made_of
from striate.explain.embeddings.neighbours import MOST_EXACT, Neighbours
from striate.files.atomic import beside
from striate.files.regular import reason_of

NAMES, VECTORS, LISTS, HEADS = "names.json", "vectors-{}.npy", "lists-{}.npz", "heads-{}.npy"
FORMAT, BLOCK = 3, 16_384
"""Of the folder; vectors that are compared at once."""

MOST_NEW = 16
"""New vectors are brought into the lists when they are more than a block, and than this part of all."""


class VectorIndex:
    """Vectors of pictures by name; nearest by cosine, or by Euclidean distance.

    Args:
        dimensions: D.
        metric: ``cosine`` or ``euclidean``.
        most_exact: vectors up to which all are compared.
        layer: what the vectors are of, a word for people.
        model: the hash of the model that made them; "" for nothing known.
    """

    def __init__(
        self,
        dimensions: int,
        metric: str = "cosine",
        *,
        most_exact: int = MOST_EXACT,
        layer: str = "",
        model: str = "",
    ) -> None:
        if metric not in ("cosine", "euclidean"):
            raise SettingError(f"metric is {metric!r}", "cosine or euclidean", "metric cosine")
        self.dimensions, self.metric, self.most_exact = dimensions, metric, most_exact
        self.layer, self.model = layer, model
        self._names: list[str] = []
        self._keys: dict[str, int] = {}
        self._removed: set[int] = set()
        self._stored: NDArray[np.float32] = np.empty((0, dimensions), dtype=np.float32)
        self._added: list[NDArray[np.float32]] = []
        self._lists: InvertedLists | None = None  # of the first of the stored vectors

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
        self._added.append(rows.numpy())

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
            self._removed.add(self._keys.pop(name))

    def search(self, queries: Tensor, k: int = 5) -> tuple[list[list[str]], Neighbours]:
        """Names and distances of the nearest k of each query, the nearest first.

        Args:
            queries: float (Q, D).
            k: 1 or more; fewer are found where there are fewer.

        Raises:
            ShapeError: queries have another length, or are not finite.
            SettingError: k is below 1, or the index is empty.
        """
        if queries.ndim != 2 or queries.shape[1] != self.dimensions:
            wrong, expected = f"queries are {tuple(queries.shape)}", f"(Q, {self.dimensions})"
            raise ShapeError(wrong, expected, "embed them with the model and layer of the index")
        if not bool(queries.isfinite().all()):
            raise ShapeError("queries hold no finite numbers", "finite ones", "look where they became NaN")
        if k < 1 or not len(self):
            raise SettingError(f"k is {k} for {len(self)} vectors", "1 or more, and some vectors", "k 5")
        asked = queries.detach().cpu().float()
        asked = F.normalize(asked, dim=1) if self.metric == "cosine" else asked
        k = min(k, len(self))
        keys, distances = self._compared(asked, k) if self.exact else self._by_lists(asked, k)
        if self.metric == "cosine":
            distances = distances.square() / 2  # |a - b|^2 = 2 - 2 cos
        names = [[self._names[key] for key in row] for row in keys.tolist()]
        return names, Neighbours(keys, distances, self.exact)

    def embeddings(self) -> Embeddings:
        """The vectors that are there, of length 1 with cosine; classes are the folders of the pictures."""
        rows = self._whole()[list(self._keys.values())]
        labels, classes = classes_by_folder(self.names)
        return Embeddings(torch.from_numpy(rows), self.names, labels, classes, self.layer)

    def lists(self) -> InvertedLists:
        """Lists that hold nearly all vectors; made of what is there, or made larger, when it is time."""
        known = self._lists
        new = len(self._names) - (0 if known is None else int(known.first[-1]))
        if known is None or new > max(BLOCK, len(self._names) // MOST_NEW):
            known = self._lists = self._arranged()
        return known

    def _arranged(self) -> InvertedLists:
        """Bring all vectors into the order of lists, and leave out what was removed."""
        here = np.flatnonzero(self._here())
        rows = self._whole()[here] if self._removed else self._whole()
        centres = None if self._lists is None else self._lists.centres
        suits = centres is not None and 2 * len(centres) >= count_for(len(rows))
        lists, order = made_of(rows, centres if suits else None)
        self._stored, self._removed = rows[order], set()
        self._names = [self._names[row] for row in here[order].tolist()]
        rows_of = {name: row for row, name in enumerate(self._names)}
        self._keys = {name: rows_of[name] for name in self._keys}
        return lists.measured(self._stored)

    def _whole(self) -> NDArray[np.float32]:
        """All rows, those that were removed too."""
        if self._added:
            self._stored, self._added = np.concatenate([self._stored, *self._added]), []
        return self._stored

    def _here(self) -> NDArray[np.bool_]:
        here = np.ones(len(self._names), dtype=np.bool_)
        here[list(self._removed)] = False
        return here

    def _by_lists(self, asked: Tensor, k: int) -> tuple[Tensor, Tensor]:
        lists, here = self.lists(), self._here()
        inside = int(lists.first[-1])
        near = lists.search(self._stored[:inside], asked, k, here[:inside])
        return _nearer(near, self._compared(asked, k, inside))

    def _compared(self, asked: Tensor, k: int, start: int = 0) -> tuple[Tensor, Tensor]:
        """The nearest k of the rows from ``start`` on; infinitely far ones where there are fewer."""
        here = torch.from_numpy(self._here())
        best = torch.zeros(len(asked), k, dtype=torch.int64), torch.full((len(asked), k), torch.inf)
        for first, rows in self._blocks(start):
            part = torch.from_numpy(np.ascontiguousarray(rows))
            squares = torch.addmm(part.square().sum(1), asked, part.T, alpha=-2)
            squares[:, ~here[first : first + len(part)]] = torch.inf
            low, chosen = squares.topk(min(k, len(part)), dim=1, largest=False)
            distances = (part[chosen] - asked[:, None]).norm(dim=2)  # not rounded as squares are
            best = _nearer(best, (chosen + first, distances.masked_fill(low.isinf(), torch.inf)))
        return best

    def _blocks(self, start: int) -> Iterator[tuple[int, NDArray[np.float32]]]:
        """The rows from ``start`` on with the number of the first, block by block."""
        self._added = [np.concatenate(self._added)] if self._added else []
        first = 0
        for rows in (self._stored, *self._added):
            for i in range(max(start - first, 0), len(rows), BLOCK):
                yield first + i, rows[i : i + BLOCK]
            first += len(rows)

    # ---- files

    def save(self, folder: str | Path) -> Path:
        """Write the index, without what was removed.

        Raises:
            DataError: it cannot be written.
        """
        path, key = Path(folder), token_hex(4)
        lists = None if self.exact else self.lists()
        here = self._here()
        words = {
            "format": FORMAT,
            "metric": self.metric,
            "layer": self.layer,
            "model": self.model,
            "dimensions": self.dimensions,
            "key": key,
            "lists": lists is not None,
            "names": [self._names[row] for row in np.flatnonzero(here).tolist()],
        }
        try:
            path.mkdir(parents=True, exist_ok=True)
            with beside(path / VECTORS.format(key)) as temporary:
                np.save(temporary, self._whole()[here] if self._removed else self._whole())
            if lists is not None:
                _write_lists(path, key, lists, here)
            with beside(path / NAMES) as temporary:
                temporary.write_text(json.dumps(words), encoding="utf-8")
        except OSError as reason:
            wrong = f"{path} cannot be written: {reason_of(reason)}"
            raise DataError(wrong, "a folder with room that you may write to", "another path") from reason
        for old in (old for pattern in (VECTORS, LISTS, HEADS) for old in path.glob(pattern.format("*"))):
            if old.stem.rpartition("-")[2] != key:
                with suppress(OSError):  # somebody reads it where that locks a file
                    old.unlink()
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
            made.model = str(words.get("model", ""))
            key = Path(str(words["key"])).name
            rows = np.load(path / VECTORS.format(key), mmap_mode="c", allow_pickle=False)
            if rows.dtype != np.float32 or rows.shape != (len(words["names"]), made.dimensions):
                raise ValueError("its vectors do not fit its names")
            made._lists = _read_lists(path, key, rows) if words["lists"] else None
        except (OSError, ValueError, KeyError, TypeError, BadZipFile, SettingError, ShapeError) as reason:
            wrong = f"{path} cannot be read as an index: {reason_of(reason)}"
            raise DataError(wrong, "a folder that striate search --save wrote", "save it again") from reason
        made._stored, made._names = rows, words["names"]
        made._keys = {name: row for row, name in enumerate(words["names"])}
        return made


def is_index(path: str | Path) -> bool:
    """Whether a folder looks like a saved index."""
    return (Path(path) / NAMES).exists() and any(Path(path).glob("vectors*.npy"))


def _write_lists(path: Path, key: str, lists: InvertedLists, here: NDArray[np.bool_]) -> None:
    """The lists, without the rows that are not here any more."""
    inside = here[: int(lists.first[-1])]
    small = {"centres": lists.centres, "mean": lists.mean, "basis": lists.basis}
    first = np.concatenate([[0], np.cumsum(inside)])[lists.first]
    with beside(path / LISTS.format(key)) as temporary:
        np.savez(temporary, first=first, probes=lists.probes, **small)  # type: ignore[arg-type]
    with beside(path / HEADS.format(key)) as temporary:
        np.save(temporary, lists.heads if inside.all() else np.ascontiguousarray(lists.heads[:, inside]))


def _read_lists(path: Path, key: str, rows: NDArray[np.float32]) -> InvertedLists:
    heads = np.load(path / HEADS.format(key), mmap_mode="c", allow_pickle=False)
    with np.load(path / LISTS.format(key), allow_pickle=False) as arrays:
        small = {name: arrays[name] for name in ("centres", "first", "mean", "basis")}
        made = InvertedLists(**small, probes=int(arrays["probes"]), heads=heads)
    if made.centres.shape[1] != rows.shape[1] or made.first[-1] > len(rows):
        raise ValueError("its lists do not fit its vectors")
    return made


def _nearer(one: tuple[Tensor, Tensor], other: tuple[Tensor, Tensor]) -> tuple[Tensor, Tensor]:
    """The nearest of two answers, numbers and distances (Q, k) and (Q, any)."""
    distances, order = torch.cat([one[1], other[1]], dim=1).sort(dim=1, stable=True)
    k = one[0].shape[1]
    return torch.cat([one[0], other[0]], dim=1).gather(1, order[:, :k]), distances[:, :k]
