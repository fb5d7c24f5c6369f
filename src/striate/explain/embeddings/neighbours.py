"""The nearest neighbours of vectors: exactly by comparing all with all, by lists when there are very many.

vectors (N, D) --up to 100,000: every distance, block by block--> indices and distances (Q, k)
               --beyond: those in the nearest lists-------------> the same, nearly always
"""

from dataclasses import dataclass
from typing import Literal, get_args

import torch
from torch import Tensor
from torch.nn import functional as F

from striate.arguments import checked, checked_methods
from striate.errors import SettingError, ShapeError
from striate.explain.embeddings.embeddings import Embeddings
from striate.explain.embeddings.inverted_lists import made_of

Metric = Literal["euclidean", "cosine"]

MOST_EXACT = 100_000
"""Vectors that are compared with each other; more are searched by lists."""

BLOCK = 1024
"""Queries that are compared with all vectors at once."""


@checked_methods
@dataclass(frozen=True)
class Neighbours:
    """The nearest k vectors of every query, the nearest first.

    Args:
        indices: int64 (Q, k), of the vectors.
        distances: float32 (Q, k), rising.
        exact: whether every vector was compared.
    """

    indices: Tensor
    distances: Tensor
    exact: bool = True

    def same_label(self, labels: Tensor, queries: Tensor | None = None) -> float | None:
        """The share of neighbours that have the label of their query.

        Queries whose label no other vector has, or whose label is not known, are left out.

        Args:
            labels: (N,) of the vectors; below 0 where it is not known.
            queries: (Q,) labels of the queries; those of the vectors when left out.

        Returns:
            the share, 0..1; None if no query is left.

        Raises:
            ShapeError: labels are no whole numbers (N,).

        >>> found = Neighbours(torch.tensor([[1, 2], [0, 2], [1, 0]]), torch.zeros(3, 2))
        >>> found.same_label(torch.tensor([7, 7, 8]))
        0.5
        >>> found.same_label(torch.tensor([7, 8, 9])) is None
        True
        """
        asked = labels if queries is None else queries
        for given in (labels, asked):
            if (
                given.ndim != 1
                or given.dtype not in (torch.int64, torch.int32)
                or given.layout != torch.strided
            ):
                raise ShapeError(
                    f"labels are {given.dtype} {tuple(given.shape)}", "whole numbers (N,)", "labels.long()"
                )
        if not len(asked):
            return None
        numbers = asked.clamp(min=0)
        counts = labels[labels >= 0].bincount(minlength=int(numbers.max()) + 1)
        known = (asked >= 0) & (counts[numbers] > (queries is None))
        if not known.any():
            return None
        return float((labels[self.indices[known]] == asked[known, None]).float().mean())


@checked
def neighbours(
    vectors: Tensor | Embeddings,
    queries: Tensor | Embeddings | None = None,
    k: int = 5,
    metric: Metric = "euclidean",
) -> Neighbours:
    """The nearest k of some vectors for every query.

    Args:
        vectors: (N, D), or what ``striate.embed`` returned.
        queries: (Q, D), or the same; when left out the vectors, of which none is its own neighbour.
        k: neighbours, 1..N; without queries 1..N-1.
        metric: ``euclidean``; or ``cosine``, 1 - cosine of the angle.

    Returns:
        indices and distances (Q, k).

    Raises:
        ShapeError: vectors and queries have other shapes.
        SettingError: k or the metric does not fit.

    >>> neighbours(torch.tensor([[0.0], [1.0], [5.0]]), k=1).indices.flatten().tolist()
    [1, 0, 1]
    """
    vectors = vectors.values if isinstance(vectors, Embeddings) else vectors
    queries = queries.values if isinstance(queries, Embeddings) else queries
    _require(vectors, queries, k, metric)
    asked = vectors if queries is None else queries
    rows, asked = vectors.detach().cpu().float(), asked.detach().cpu().float()
    if metric == "cosine":
        rows, asked = F.normalize(rows), F.normalize(asked)
    own = queries is None
    exact = len(rows) <= MOST_EXACT
    find = _compared if exact else _by_lists
    indices, distances = find(rows, asked, k, own=own)
    if metric == "cosine":
        distances = distances.square() / 2  # |a - b|^2 = 2 - 2 cos
    return Neighbours(indices, distances, exact)


def _compared(rows: Tensor, asked: Tensor, k: int, *, own: bool) -> tuple[Tensor, Tensor]:
    """Every query with every vector by scikit-learn, then their distances without its rounding."""
    from sklearn.neighbors import NearestNeighbors

    search = NearestNeighbors(n_neighbors=k + own, algorithm="brute")
    search.fit(rows.numpy())
    indices, distances = [torch.empty(0, k, dtype=torch.int64)], [torch.empty(0, k)]
    for start in range(0, len(asked), BLOCK):
        block = asked[start : start + BLOCK]
        near = torch.from_numpy(search.kneighbors(block.numpy(), return_distance=False)).sort(1).values
        apart = (rows[near].double() - block[:, None].double()).norm(dim=2)
        if own:
            apart[near == torch.arange(start, start + len(block))[:, None]] = torch.inf
        best = apart.sort(dim=1, stable=True)
        indices.append(near.gather(1, best.indices[:, :k]))
        distances.append(best.values[:, :k].float())
    return torch.cat(indices), torch.cat(distances)


def _by_lists(rows: Tensor, asked: Tensor, k: int, *, own: bool) -> tuple[Tensor, Tensor]:
    """The same among the lists that are near; without queries a vector is left out of its own neighbours."""
    lists, order = made_of(rows.numpy())
    ordered = rows.numpy()[order]
    keys, distances = lists.measured(ordered).search(ordered, asked, k + own)
    indices = torch.from_numpy(order)[keys]
    if own:
        last = (indices == torch.arange(len(rows))[:, None]).sort(dim=1, stable=True).indices[:, :k]
        indices, distances = indices.gather(1, last), distances.gather(1, last)
    return indices, distances


def _require(vectors: Tensor, queries: Tensor | None, k: int, metric: str) -> None:
    if metric not in get_args(Metric):
        raise SettingError(f"metric is {metric!r}", "one of: " + ", ".join(get_args(Metric)), "leave it out")
    asked = vectors if queries is None else queries
    if vectors.ndim != 2 or asked.ndim != 2 or vectors.shape[1] != asked.shape[1]:
        raise ShapeError(
            f"vectors are {tuple(vectors.shape)}, queries {tuple(asked.shape)}",
            "(N, D) and (Q, D)",
            "embed both with the same model and layer",
        )
    most = len(vectors) - (queries is None)
    if not 1 <= k <= most:
        wrong = f"k is {k} for {len(vectors)} vectors"
        raise SettingError(wrong, f"1..{most}" if most > 0 else "more pictures", "a smaller k, or more data")
