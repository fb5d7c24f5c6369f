"""Which triplets (anchor, positive, negative) of a batch a network learns from.

    distance to the anchor    0 ----- p ------------------------------>
    negatives                    n1         n2                     n3
                                hard     semi-hard (p < n < p + margin)   easy: no loss

Random triplets are soon nearly all easy. Harder ones are chosen within the batch:

    mine_triplets     all triplets of a kind                    Schroff, Kalenichenko, Philbin 2015 (FaceNet)
    batch_triplets    one triplet for each anchor, batch-hard   Hermans, Beyer, Leibe 2017, equation 5

https://arxiv.org/abs/1503.03832 https://arxiv.org/abs/1703.07737
"""

from typing import Literal, get_args

import torch
from torch import Tensor

from striate.errors import SettingError, ShapeError

TripletKind = Literal["all", "violating", "hard", "semi-hard", "easy"]
Strategy = Literal["hard", "semi-hard", "easy"]


def pair_distances(vectors: Tensor, others: Tensor | None = None, *, squared: bool = False) -> Tensor:
    """Euclidean distances of all pairs, (N, M), at least float32; with a finite gradient at distance 0.

    Args:
        vectors: float (N, D).
        others: float (M, D); the same vectors when left out.
        squared: whether squares are wanted.

    Raises:
        ShapeError: they are no vectors of one length.

    >>> pair_distances(torch.tensor([[0.0, 0.0], [3.0, 4.0]])).tolist()
    [[0.0, 5.0], [5.0, 0.0]]
    """
    second = vectors if others is None else others
    if vectors.ndim != 2 or second.ndim != 2 or vectors.shape[1] != second.shape[1]:
        wrong = f"vectors are {tuple(vectors.shape)} and {tuple(second.shape)}"
        raise ShapeError(wrong, "(N, D) and (M, D)", "embed both with one model")
    first, second = (one if one.dtype == torch.float64 else one.float() for one in (vectors, second))
    apart = torch.cdist(first, second, compute_mode="donot_use_mm_for_euclid_dist")
    return apart.square() if squared else apart


def same_and_other(labels: Tensor) -> tuple[Tensor, Tensor]:
    """bool (N, N) twice: pairs of two pictures of one identity, and pairs of two identities.

    >>> same_and_other(torch.tensor([7, 7, 8]))[0].tolist()
    [[False, True, False], [True, False, False], [False, False, False]]
    """
    same = labels[:, None] == labels
    return same & ~torch.eye(len(labels), dtype=torch.bool, device=labels.device), ~same


def mine_triplets(
    distances: Tensor, labels: Tensor, kind: TripletKind = "all", margin: float = 0.2
) -> Tensor:
    """int64 (T, 3): anchors, positives and negatives of all triplets of a kind.

    Args:
        distances: float (N, N).
        labels: int64 (N,), identities.
        kind: with g = d(a, n) - d(a, p): ``hard`` g <= 0; ``semi-hard`` 0 < g <= margin; ``violating`` both;
            ``easy`` g > margin; ``all``.
        margin: 0 or more.

    Raises:
        ShapeError: distances and labels do not belong together.
        SettingError: there is no such kind, or the margin is below 0.

    >>> distances = torch.tensor([[0.0, 1.0, 3.0], [1.0, 0.0, 1.1], [3.0, 1.1, 0.0]])
    >>> mine_triplets(distances, torch.tensor([0, 0, 1]), "semi-hard").tolist()
    [[1, 0, 2]]
    """
    require_pairs(distances, labels)
    _require_word("kind", kind, get_args(TripletKind))
    if not margin >= 0:
        raise SettingError(f"margin is {margin}", "0 or more", "margin 0.2")
    same, other = same_and_other(labels)
    anchors, positives = same.nonzero(as_tuple=True)
    gaps = distances[anchors] - distances[anchors, positives][:, None]
    chosen = other[anchors]
    if kind in ("hard", "violating"):
        chosen = chosen & (gaps <= (0 if kind == "hard" else margin))
    elif kind == "semi-hard":
        chosen = chosen & (gaps > 0) & (gaps <= margin)
    elif kind == "easy":
        chosen = chosen & (gaps > margin)
    pairs, negatives = chosen.nonzero(as_tuple=True)
    return torch.stack([anchors[pairs], positives[pairs], negatives], dim=1)


def random_triplets(labels: Tensor, generator: torch.Generator | None = None) -> Tensor:
    """int64 (T, 3): a random negative for every pair of one identity.

    Args:
        labels: int64 (N,), identities.
        generator: of the CPU, where the random numbers come from; None for torch's own.

    >>> random_triplets(torch.tensor([0, 0, 1])).tolist()
    [[0, 1, 2], [1, 0, 2]]
    """
    same, other = same_and_other(labels)
    anchors, positives = same.nonzero(as_tuple=True)
    known = other[anchors].any(1)
    anchors, positives = anchors[known], positives[known]
    drawn = torch.rand(len(anchors), len(labels), generator=generator).to(labels.device)
    negatives = drawn.masked_fill(~other[anchors], -1).argmax(1) if len(labels) else anchors
    return torch.stack([anchors, positives, negatives], dim=1)


def batch_triplets(
    distances: Tensor, labels: Tensor, positive: Strategy = "hard", negative: Strategy = "hard"
) -> Tensor:
    """int64 (T, 3): a triplet for each anchor with a positive and a negative; (hard, hard) is batch-hard.

    Args:
        distances: float (N, N).
        labels: int64 (N,), identities.
        positive: ``hard`` the farthest, ``easy`` the nearest; ``semi-hard`` the farthest of those that are
            nearer than the negative.
        negative: ``hard`` the nearest, ``easy`` the farthest; ``semi-hard`` the nearest of those that are
            farther than the positive.

    Raises:
        ShapeError: distances and labels do not belong together.
        SettingError: there is no such strategy, or both are semi-hard.

    >>> points = torch.tensor([[0.0], [1.0], [4.0], [5.0], [9.0]])
    >>> batch_triplets(pair_distances(points), torch.tensor([0, 0, 0, 1, 1])).tolist()
    [[0, 2, 3], [1, 2, 3], [2, 0, 3], [3, 4, 2], [4, 3, 2]]
    """
    require_pairs(distances, labels)
    for name, value in (("positive", positive), ("negative", negative)):
        _require_word(name, value, get_args(Strategy))
    if positive == negative == "semi-hard":
        expected = "one of both, as each is measured by the other"
        raise SettingError("positive and negative are semi-hard", expected, "positive hard")
    same, other = same_and_other(labels)
    if not len(labels):
        return torch.empty(0, 3, dtype=torch.int64, device=labels.device)
    if positive == "semi-hard":
        negatives, far = _extreme(distances, other, largest=negative == "easy")
        positives, near = _extreme(distances, same & (distances < _at(distances, negatives)), largest=True)
    else:
        positives, near = _extreme(distances, same, largest=positive == "hard")
        beyond = other & (distances > _at(distances, positives)) if negative == "semi-hard" else other
        negatives, far = _extreme(distances, beyond, largest=negative == "easy")
    anchors = (near & far).nonzero()[:, 0]
    return torch.stack([anchors, positives[anchors], negatives[anchors]], dim=1)


def require_pairs(distances: Tensor, labels: Tensor) -> None:
    """Distances (N, N) and labels (N,) belong together.

    Raises:
        ShapeError: they do not.
    """
    count = len(labels) if labels.ndim == 1 else -1
    if tuple(distances.shape) != (count, count):
        wrong = f"distances are {tuple(distances.shape)} and labels {tuple(labels.shape)}"
        raise ShapeError(wrong, "(N, N) and (N,)", "pair_distances(vectors)")


def _extreme(distances: Tensor, allowed: Tensor, *, largest: bool) -> tuple[Tensor, Tensor]:
    """For each row the allowed column with the largest or smallest distance, and whether there is one."""
    masked = distances.masked_fill(~allowed, -torch.inf if largest else torch.inf)
    return masked.argmax(1) if largest else masked.argmin(1), allowed.any(1)


def _at(distances: Tensor, columns: Tensor) -> Tensor:
    """(N, 1): of each row the number in one column."""
    return distances.gather(1, columns[:, None])


def _require_word(name: str, value: str, known: tuple[str, ...]) -> None:
    if value not in known:
        raise SettingError(f"{name} is {value!r}", "one of: " + ", ".join(known), f"{name} {known[0]}")
