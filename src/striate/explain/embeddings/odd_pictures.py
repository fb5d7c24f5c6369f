"""Pictures of a collection that deserve a look: nearly the same twice, like no other, under a wrong name.

    near-duplicates   cosine distance to the nearest one at most 0.01
    outliers          far from their nearest ones: mean distance to the k nearest, the farthest first
    suspects          most of the k nearest have another class

Each is read from one search of the collection in itself.
"""

from dataclasses import dataclass

from torch import Tensor

from striate.explain.embeddings.embeddings import UNKNOWN, Embeddings
from striate.explain.embeddings.neighbours import Neighbours, neighbours

NEAR = 0.01
"""Cosine distance up to which two pictures are nearly the same to a network."""

K = 10


@dataclass(frozen=True)
class Suspect:
    """A picture whose neighbours have another class.

    Args:
        name: of the picture.
        label: its class.
        likely: the class of most of its neighbours.
        share: of the neighbours that have it.
    """

    name: str
    label: str
    likely: str
    share: float


def searched_in_itself(vectors: Embeddings, k: int = K) -> Neighbours:
    """The k nearest of each picture among the others, by cosine; fewer where there are fewer."""
    return neighbours(vectors, k=min(k, len(vectors) - 1), metric="cosine")


def near_duplicates(
    vectors: Embeddings, found: Neighbours, limit: float = NEAR
) -> list[tuple[str, str, float]]:
    """Pairs of names with their distance, the nearest first; each pair once."""
    pairs = {}
    close = (found.distances <= limit).nonzero().tolist()
    for row, column in close:
        other = int(found.indices[row, column])
        pairs[min(row, other), max(row, other)] = float(found.distances[row, column])
    order = sorted(pairs.items(), key=lambda pair: (pair[1], pair[0]))
    return [(vectors.names[a], vectors.names[b], distance) for (a, b), distance in order]


def outliers(vectors: Embeddings, found: Neighbours, count: int = 20) -> list[tuple[str, float]]:
    """Names with their mean distance to the nearest ones, the farthest first."""
    apart = found.distances.mean(1)
    order = apart.sort(descending=True, stable=True).indices[:count].tolist()
    return [(vectors.names[row], float(apart[row])) for row in order]


def suspects(vectors: Embeddings, found: Neighbours, least: float = 0.8) -> list[Suspect]:
    """Pictures of which at least this share of the neighbours has one other class, the surest first."""
    labels = vectors.labels
    if not len(vectors.classes):
        return []
    near = labels[found.indices]
    likely = near.mode(1).values
    share: Tensor = (near == likely[:, None]).double().mean(1)
    known = (labels != UNKNOWN) & (likely != UNKNOWN)
    chosen = ((likely != labels) & known & (share >= least)).nonzero()[:, 0]
    order = chosen[share[chosen].sort(descending=True, stable=True).indices].tolist()
    names = vectors.classes
    return [
        Suspect(vectors.names[row], names[int(labels[row])], names[int(likely[row])], float(share[row]))
        for row in order
    ]
