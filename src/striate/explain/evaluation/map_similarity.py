"""How far two maps of one picture agree: by rank of all pixels, and by the pixels that matter most.

map a --ranks--> .                      1 the same order, 0 no relation, -1 the opposite
map b --ranks--> '--> correlation       Spearman 1904
"""

from collections.abc import Sequence
from dataclasses import dataclass
from statistics import fmean

import torch
from torch import Tensor

from striate.errors import ShapeError

MOST = 0.1
"""Share of the pixels that counts as those that matter most."""


@dataclass(frozen=True)
class MapSimilarity:
    """How far the maps of N pictures agree.

    Args:
        ranks: for each picture Spearman's correlation of the magnitudes, -1..1.
        overlap: for each picture the share of the strongest tenth that both have, 0..1.
    """

    ranks: tuple[float, ...]
    overlap: tuple[float, ...]

    @property
    def mean(self) -> float:
        """The mean correlation."""
        return fmean(self.ranks) if self.ranks else 0.0


def map_similarity(ones: Sequence[Tensor], others: Sequence[Tensor]) -> MapSimilarity:
    """Compare signed maps (C, H, W), by the largest magnitude over C.

    Raises:
        ShapeError: they are not of the same pictures.
    """
    if [one.shape[-2:] for one in ones] != [other.shape[-2:] for other in others]:
        raise ShapeError(
            "the maps differ in number or size", "explanations of the same pictures", "explain them again"
        )
    pairs = [
        (one.abs().amax(0).flatten(), other.abs().amax(0).flatten())
        for one, other in zip(ones, others, strict=True)
    ]
    return MapSimilarity(
        tuple(rank_correlation(one, other) for one, other in pairs),
        tuple(_overlap(one, other) for one, other in pairs),
    )


def rank_correlation(one: Tensor, other: Tensor) -> float:
    """Spearman's correlation of two (D,), ties sharing their mean rank; 0 where one is constant.

    >>> rank_correlation(torch.tensor([1.0, 2, 3]), torch.tensor([10.0, 20, 15]))
    0.5
    """
    ranks = torch.stack([_ranks(one), _ranks(other)])
    ranks -= ranks.mean(1, keepdim=True)
    lengths = ranks.square().sum(1).prod().sqrt()
    return round(float((ranks[0] * ranks[1]).sum() / lengths), 12) if lengths > 0 else 0.0


def _ranks(values: Tensor) -> Tensor:
    """float64 (D,), 0.. for the smallest."""
    _, where, counts = torch.unique(values.double(), return_inverse=True, return_counts=True)
    ranks: Tensor = (counts.cumsum(0) - (counts + 1) / 2.0)[where]
    return ranks


def _overlap(one: Tensor, other: Tensor) -> float:
    count = max(1, round(MOST * one.numel()))
    tops = (set(values.topk(count).indices.tolist()) for values in (one, other))
    return len(set.intersection(*tops)) / count
