"""How good a search is: of what was asked for, how much was found, and how early?

    query of class 1, of which there are R = 3:   found  0  1  1  2  2
                                                         .  *  *  .  .
    precision at 1: 0      R-precision: 2 / 3      reciprocal rank: 1 / 2
    average precision: (1/2 + 2/3) / 3

Sources: Manning, Raghavan, Schuetze 2008, section 8.4; at R: Musgrave, Belongie, Lim 2020,
https://arxiv.org/abs/2003.08505
"""

from dataclasses import dataclass

import torch
from torch import Tensor

from striate.arguments import checked
from striate.errors import ShapeError


@dataclass(frozen=True)
class Retrieval:
    """Figures of a search, 0..1; means over the queries.

    Args:
        precision_at_1: share of queries whose nearest picture has their label.
        r_precision: share of right ones among the first R, where R pictures could be right.
        map_at_r: the same, where early ones count more.
        mean_average_precision: over the whole list.
        reciprocal_ranks: 1 / rank of the first right one for every query; 0 without one.
    """

    precision_at_1: float
    r_precision: float
    map_at_r: float
    mean_average_precision: float
    reciprocal_ranks: tuple[float, ...]


@checked
def retrieval(found: Tensor, wanted: Tensor, counts: Tensor) -> Retrieval:
    """Figures of a search by labels.

    Args:
        found: int64 (Q, k), labels of the neighbours, the nearest first.
        wanted: int64 (Q,), labels of the queries.
        counts: int64 (Q,), R: how many pictures with the label of each query could be found, 1 or more.
            What a list shorter than R leaves out counts as not found.

    Raises:
        ShapeError: the parts do not belong together, or a count is below 1.
    """
    queries = len(wanted)
    fits = found.ndim == 2 and found.numel() and len(found) == queries == len(counts)
    if not fits or int(counts.min()) < 1:
        raise ShapeError(
            f"found labels are {tuple(found.shape)} for {queries} queries and {len(counts)} counts",
            "(Q, k), (Q,) and (Q,), one query or more, and counts of 1 or more",
            "leave out queries whose label nobody else has",
        )
    right = (found == wanted[:, None]).double()
    ranks = torch.arange(1, found.shape[1] + 1, dtype=torch.float64)
    early = right * (ranks <= counts[:, None])
    precisions = right.cumsum(1) / ranks
    first = (right / ranks).amax(1)
    return Retrieval(
        float(right[:, 0].mean()),
        float((early.sum(1) / counts).mean()),
        float(((early * precisions).sum(1) / counts).mean()),
        float(((right * precisions).sum(1) / counts).mean()),
        tuple(first.tolist()),
    )
