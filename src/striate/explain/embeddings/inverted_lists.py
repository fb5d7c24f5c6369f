"""Vectors in lists, each of the vectors that are nearest to one centre; a search looks at the nearest lists.

    query --distance to each of C centres--> the nearest P lists --distance to each vector--> the nearest k

P is measured when the lists are made: some of the vectors are searched in all lists, and P is the least
number with which 99.2 % of their ten nearest are found. Where vectors have no structure P is large, up to
C: then all vectors are compared. A vector can be missed, but a distance is never wrong.

Most vectors of a list are not read: their heads, projections on a fourth of the principal directions, are
farther than the k nearest so far, and so are they. The nearest list is looked at first, then seven, then the
others, each with the distance that the k nearest have by then.

Source: Sivic, Zisserman 2003 (inverted lists), Jégou, Douze, Schmid 2011, section IV (IVF).
"""

from dataclasses import dataclass, replace
from functools import cached_property
from itertools import pairwise
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from striate.errors import ShapeError

LISTS = 2.0
"""Lists by the square root of the number of vectors."""

SAMPLES, ROUNDS = 48, 8
"""Vectors for each centre that k-means learns from; its rounds."""

HEADS, PROJECTED = 4, 20_000
"""A head has a fourth of the numbers; vectors of which the principal directions are computed."""

STEPS = (1, 8)
"""Lists that are looked at before the limit is lowered."""

BLOCK, MOST_SCORES, MOST_FOUND = 4096, 1 << 24, 1 << 22
"""Vectors that are compared with all centres at once; numbers in a table of queries by centres; pairs of a
query and a vector that are kept at once."""

MEASURED, NEAREST, RECALL = 1000, 10, 0.992
"""Vectors on which P is measured; neighbours of each; their share that has to be found, so that recall is
hardly ever below 0.99 for other vectors."""


@dataclass(frozen=True)
class InvertedLists:
    """Lists of vectors, which lie in the order of the lists.

    Args:
        centres: float32 (C, D).
        first: int64 (C + 1,), rising from 0; list c has the rows first[c] .. first[c + 1].
        probes: P, lists that a search looks at, 1..C.
        mean, basis: float32 (D,), (D, H): the head of a vector v is (v - mean) basis; H is divisible by 4.
        heads: float32 (H + 1, N) of the rows, number by number; the last line is half of the squared length.

    Raises:
        ShapeError: they do not fit each other.
    """

    centres: NDArray[np.float32]
    first: NDArray[np.int64]
    probes: int
    mean: NDArray[np.float32]
    basis: NDArray[np.float32]
    heads: NDArray[np.float32]

    def __post_init__(self) -> None:
        c, first, numbers = self.centres, self.first, self.basis.shape[-1]
        floats = {one.dtype for one in (c, self.mean, self.basis, self.heads)} == {np.dtype(np.float32)}
        fits = floats and c.ndim == 2 and len(c) > 0 and first.dtype == np.int64
        fits = fits and first.shape == (len(c) + 1,) and first[0] == 0 and bool((np.diff(first) >= 0).all())
        fits = fits and self.mean.shape == c.shape[1:] and self.basis.shape == (c.shape[1], numbers)
        fits = fits and self.heads.shape == (numbers + 1, first[-1]) and numbers % 4 == 0
        if not (fits and 1 <= self.probes <= len(c)):
            wrong = f"lists have centres {c.shape}, bounds {first.shape} and {self.probes} probes"
            raise ShapeError(wrong, "(C, D), (C + 1,) rising, and 1..C", "make them of the vectors again")

    def search(
        self, rows: NDArray[np.float32], queries: Tensor, k: int, here: NDArray[np.bool_] | None = None
    ) -> tuple[Tensor, Tensor]:
        """The nearest k rows of each query.

        Args:
            rows: float32 (N, D) in the order of the lists; may be memory-mapped.
            queries: float32 (Q, D).
            k: 1 or more, at most the number of rows that are here.
            here: (N,); others are left out.

        Returns:
            numbers of rows int64 (Q, k), and distances float32 (Q, k), rising.
        """
        present = np.ones(len(rows), dtype=np.bool_) if here is None else here
        keys, distances = self._probed(rows, queries, k, present, self.probes)
        few = (
            distances[:, -1].isinf().nonzero()[:, 0]
        )  # there are fewer than k in the lists that it looked at
        if len(few):
            keys[few], distances[few] = self._probed(rows, queries[few], k, present, len(self.centres))
        return keys, distances

    def _probed(
        self, rows: NDArray[np.float32], queries: Tensor, k: int, here: NDArray[np.bool_], probes: int
    ) -> tuple[Tensor, Tensor]:
        block = max(1, min(MOST_SCORES // len(self.centres), MOST_FOUND // (probes * k)))
        found = [(torch.empty(0, k, dtype=torch.int64), torch.empty(0, k))]
        steps = [0, *(step for step in STEPS if step < probes), probes]
        for asked in torch.split(queries, block):
            lists = self._centres_apart(asked).topk(probes, dim=1, largest=False).indices
            keys = torch.zeros(len(asked), k, dtype=torch.int64)
            squares = torch.full((len(asked), k), torch.inf)
            for begin, end in pairwise(steps):
                near = self._scanned(rows, here, asked, lists[:, begin:end], squares[:, -1], k)
                squares, order = torch.cat([squares, near[1]], dim=1).topk(k, dim=1, largest=False)
                keys = torch.cat([keys, near[0]], dim=1).gather(1, order)
            found.append((keys, squares.sqrt()))
        return torch.cat([one[0] for one in found]), torch.cat([one[1] for one in found])

    def _scanned(
        self,
        rows: NDArray[np.float32],
        here: NDArray[np.bool_],
        queries: Tensor,
        lists: Tensor,
        limits: Tensor,
        k: int,
    ) -> tuple[Tensor, Tensor]:
        """The nearest k in each of the lists (Q, P) of a query, as (Q, P k); squared distances."""
        from striate.ops.kernels.compile import in_threads
        from striate.ops.kernels.scan_lists import scan_lists

        chosen = lists.flatten()
        counts = np.bincount(chosen.numpy(), minlength=len(self.centres))
        starts = np.concatenate([[0], np.cumsum(counts)])
        squares = np.full((len(chosen), k), np.inf, dtype=np.float32)
        keys = np.zeros((len(chosen), k), dtype=np.int64)
        size = int((counts * np.diff(self.first)).sum())
        heads = _heads(queries, self.mean, self.basis).numpy()
        asked = (queries.contiguous().numpy(), heads, chosen.argsort(stable=True).numpy(), starts)
        limit = limits.contiguous().numpy()
        mine = (rows, self.heads, self.first, here)
        in_threads(scan_lists, len(self.centres), size, *mine, *asked, limit, squares, keys, cuts=16)
        return torch.from_numpy(keys).view(len(queries), -1), torch.from_numpy(squares).view(len(queries), -1)

    @cached_property
    def _norms(self) -> Tensor:
        return torch.from_numpy(self.centres).square().sum(1)

    def _centres_apart(self, queries: Tensor) -> Tensor:
        """Squared distances to the centres (Q, C), less what is equal for all centres."""
        return torch.addmm(self._norms, queries, torch.from_numpy(self.centres).T, alpha=-2)

    def measured(self, rows: NDArray[np.float32]) -> "InvertedLists":
        """The same lists with the least P at which enough of the nearest are found."""
        k = min(NEAREST + 1, len(rows))
        chosen = _spread(len(rows), MEASURED)
        queries = torch.from_numpy(np.ascontiguousarray(rows[chosen]))
        here = np.ones(len(rows), dtype=np.bool_)
        near = self._probed(rows, queries, k, here, len(self.centres))[0]
        ranks = self._centres_apart(queries).argsort(1).argsort(1)  # of each list for each query
        holding = np.searchsorted(self.first, near.numpy(), side="right") - 1
        others = near != torch.from_numpy(chosen)[:, None]
        wanted = ranks.gather(1, torch.from_numpy(holding))[others].double()
        most = int(wanted.quantile(RECALL, interpolation="higher")) if len(wanted) else 0
        return replace(self, probes=most + 1)


def made_of(
    rows: NDArray[np.float32], centres: NDArray[np.float32] | None = None
) -> tuple[InvertedLists, NDArray[np.int64]]:
    """Lists of vectors, and the order in which the vectors have to be brought.

    Args:
        rows: float32 (N, D), N of 1 or more.
        centres: known ones; learned where they are left out.

    Returns:
        lists with all probes, and int64 (N,). ``lists.measured(rows[order])`` is made for a search.
    """
    known = _learned(rows) if centres is None else centres
    labels = np.concatenate([_nearest(part, torch.from_numpy(known)) for part in _parts(rows)])
    first = np.concatenate([[0], np.cumsum(np.bincount(labels, minlength=len(known)))])
    order = labels.argsort(kind="stable")
    mean, basis = _directions(rows[_spread(len(rows), PROJECTED)])
    heads = np.empty((basis.shape[1] + 1, len(rows)), dtype=np.float32)
    for i, part in zip(range(0, len(rows), BLOCK), _parts(order), strict=True):
        own = _heads(torch.from_numpy(rows[part]), mean, basis)
        heads[:-1, i : i + BLOCK], heads[-1, i : i + BLOCK] = own.T, own.square().sum(1) / 2
    return InvertedLists(known, first, len(known), mean, basis, heads), order


def count_for(vectors: int) -> int:
    """The number of lists for so many vectors.

    >>> count_for(1_000_000)
    2000
    """
    return max(1, min(vectors, int(LISTS * vectors**0.5)))


def _learned(rows: NDArray[np.float32]) -> NDArray[np.float32]:
    """Centres by k-means on a sample that is spread evenly."""
    count = count_for(len(rows))
    order = torch.randperm(len(rows), generator=torch.Generator().manual_seed(0))
    sample = rows[order[: SAMPLES * count].sort().values.numpy()]
    chosen = torch.randperm(len(sample), generator=torch.Generator().manual_seed(1))[:count]
    centres: NDArray[np.float32] = sample[chosen.numpy()].copy()
    for _ in range(ROUNDS):
        labels = np.concatenate([_nearest(part, torch.from_numpy(centres)) for part in _parts(sample)])
        sums = torch.zeros(centres.shape).index_add_(0, torch.from_numpy(labels), torch.from_numpy(sample))
        counts = np.bincount(labels, minlength=count)
        some = counts > 0  # an empty list keeps its centre
        centres[some] = sums.numpy()[some] / counts[some, None].astype(np.float32)
    return centres


def _directions(rows: NDArray[np.float32]) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """The mean (D,) and the first principal directions (D, H)."""
    points, count = torch.from_numpy(rows).double(), -(-rows.shape[1] // HEADS // 4) * 4
    mean = points.mean(0)
    directions = torch.linalg.eigh((points - mean).T @ (points - mean)).eigenvectors[:, -count:]
    basis = torch.zeros(rows.shape[1], count, dtype=torch.float64)
    basis[:, : directions.shape[1]] = directions  # fewer than four numbers are filled with zeros
    return mean.float().numpy(), basis.float().numpy()


def _heads(rows: Tensor, mean: NDArray[np.float32], basis: NDArray[np.float32]) -> Tensor:
    return (rows - torch.from_numpy(mean)) @ torch.from_numpy(basis)


def _spread(count: int, most: int) -> NDArray[np.int64]:
    """Numbers below count, evenly spread, at most so many."""
    return np.linspace(0, count - 1, min(most, count)).astype(np.int64)


def _parts(rows: NDArray[Any]) -> list[NDArray[Any]]:
    return [rows[i : i + BLOCK] for i in range(0, len(rows), BLOCK)]


def _nearest(rows: NDArray[np.float32], centres: Tensor) -> NDArray[np.int64]:
    """The number of the nearest centre of each row."""
    apart = torch.addmm(centres.square().sum(1), torch.from_numpy(rows), centres.T, alpha=-2)
    labels: NDArray[np.int64] = apart.argmin(1).numpy()
    return labels
