"""Vectors of many numbers become points on a plane.

    vectors (N, D) --PCA: the two directions of largest variance------------> points (N, 2)
                   --t-SNE: near ones stay near, the rest makes room--------> points (N, 2)

PCA keeps distances as well as a plane can and tells how much that is; t-SNE keeps neighbourhoods and no
distances: how large a cluster is, and how far apart two of them are, means nothing.

Sources: Pearson 1901; van der Maaten, Hinton 2008, https://jmlr.org/papers/v9/vandermaaten08a.html
(computed by openTSNE, Policar, Strazar, Zupan 2024).
"""

from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
import torch
from torch import Tensor

from striate.arguments import checked
from striate.errors import SettingError, ShapeError

Method = Literal["tsne", "pca"]

PERPLEXITY = 30.0
"""About how many neighbours a picture has; the paper finds 5 to 50 to work."""

FIRST_REDUCED = 50
"""Directions that PCA leaves before t-SNE, as in the paper's section 4."""

FEWEST = 4
"""Vectors of which t-SNE can tell near from far: three neighbours for a perplexity of 1."""

EXACT = 3000
"""Vectors whose neighbours are found exactly; of more nearly always."""


@dataclass(frozen=True)
class Pca:
    """The directions in which vectors vary most.

    Args:
        mean: float64 (D,).
        components: float64 (K, D), of length 1; the largest entry of each is positive.
        variances: float64 (K,), falling; of the vectors along each direction (divided by N - 1).
        shares: float64 (K,), of the variance in all directions.
    """

    mean: Tensor
    components: Tensor
    variances: Tensor
    shares: Tensor

    def transform(self, vectors: Tensor) -> Tensor:
        """(N, D) -> float32 (N, K)."""
        return ((vectors.double() - self.mean) @ self.components.T).float()


@checked
def pca(vectors: Tensor, dimensions: int = 2) -> Pca:
    """The principal components of vectors (N, D).

    Args:
        vectors: (N, D), N of 2 or more.
        dimensions: K, at most N and D.

    Raises:
        ShapeError: there are too few vectors, or they are no vectors.

    >>> found = pca(torch.tensor([[0.0, 0.0], [3.0, 4.0], [6.0, 8.0]]), 1)
    >>> [round(x, 4) for x in found.components[0].tolist()], round(found.variances.item(), 4)
    ([0.6, 0.8], 25.0)
    """
    if vectors.ndim != 2 or len(vectors) < 2 or not 1 <= dimensions <= min(vectors.shape):
        raise ShapeError(
            f"vectors are {tuple(vectors.shape)} for {dimensions} directions",
            "(N, D) with two vectors or more, and no more directions than N or D",
            "embed more pictures",
        )
    rows = vectors.double()
    mean = rows.mean(0)
    _, lengths, directions = torch.linalg.svd(rows - mean, full_matrices=False)
    variances = lengths.square() / (len(rows) - 1)
    chosen = directions[:dimensions]
    largest = chosen.gather(1, chosen.abs().argmax(1, keepdim=True))
    whole = variances.sum()
    shares = variances / whole if whole > 0 else variances
    return Pca(mean, chosen * largest.sign(), variances[:dimensions], shares[:dimensions])


@dataclass(frozen=True)
class Tsne:
    """A t-SNE map.

    Args:
        points: float32 (N, 2) of the vectors that it was made from.
        reduce: the PCA before it, if there was one.
        found: openTSNE's embedding.
    """

    points: Tensor
    reduce: Pca | None
    found: Any

    def transform(self, vectors: Tensor) -> Tensor:
        """New vectors (M, D) -> float32 (M, 2): put near neighbours that stay where they are."""
        rows = self.reduce.transform(vectors) if self.reduce else vectors
        placed = np.asarray(self.found.transform(rows.double().numpy()))
        moved = np.asarray(self.found).mean(0) - self.points.double().numpy().mean(0)
        return torch.from_numpy((placed - moved).astype(np.float32))  # openTSNE moves its map while it places


@checked
def tsne(vectors: Tensor, perplexity: float = PERPLEXITY, seed: int = 0) -> Tsne:
    """Points on a plane, near where vectors are near.

    Args:
        vectors: (N, D), N of 4 or more.
        perplexity: about how many neighbours count; lowered to (N - 1) / 3 where there are few vectors.
        seed: of the search for neighbours; one seed, one map.

    Raises:
        ShapeError: there are too few vectors.
        SettingError: the perplexity is below 1, or openTSNE is not installed.
    """
    if vectors.ndim != 2 or len(vectors) < FEWEST:
        raise ShapeError(
            f"there are vectors of the shape {tuple(vectors.shape)} for a t-SNE map",
            f"(N, D) with {FEWEST} vectors or more",
            "embed more pictures, or --method pca",
        )
    if not perplexity >= 1:
        raise SettingError(f"perplexity is {perplexity}", "1 or more", f"leave it out for {PERPLEXITY:g}")
    try:
        from openTSNE import TSNE
    except ImportError as reason:
        wrong = "t-SNE needs openTSNE, which is not installed"
        raise SettingError(
            wrong, "the extra maps", "pip install 'striate[maps]', or --method pca"
        ) from reason
    reduce = pca(vectors, FIRST_REDUCED) if min(vectors.shape) > FIRST_REDUCED else None
    rows = reduce.transform(vectors) if reduce else vectors
    search = TSNE(
        perplexity=min(perplexity, (len(vectors) - 1) / 3),
        neighbors="exact" if len(vectors) <= EXACT else "auto",
        random_state=seed,
        n_jobs=1,
    )
    found = search.fit(rows.double().numpy())
    return Tsne(torch.from_numpy(np.asarray(found, dtype=np.float32)), reduce, found)
