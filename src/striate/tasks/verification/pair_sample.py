"""The pairs of pictures that are measured: all of them, or a draw where there are very many.

labels (N,) --all N (N - 1) / 2 pairs up to a limit; else as many of both kinds, drawn--> first, second, same
"""

from typing import NamedTuple

import torch
from torch import Tensor

MOST_PAIRS = 1_000_000


class Pairs(NamedTuple):
    """Pairs of pictures.

    Args:
        first, second: int64 (P,), numbers of pictures.
        same: bool (P,), whether both are of one identity.
    """

    first: Tensor
    second: Tensor
    same: Tensor


def pairs_of(labels: Tensor, most: int = MOST_PAIRS, *, seed: int = 0) -> Pairs:
    """Pairs of different pictures.

    Args:
        labels: int64 (N,), identities.
        most: pairs; with more, half of so many are drawn of each kind, as far as there are any.
        seed: of the draw.

    >>> pairs = pairs_of(torch.tensor([0, 0, 1]))
    >>> pairs.first.tolist(), pairs.second.tolist(), pairs.same.tolist()
    ([0, 0, 1], [1, 2, 2], [True, False, False])
    """
    count = len(labels)
    if count * (count - 1) // 2 <= most:
        first, second = torch.triu_indices(count, count, 1)
        return Pairs(first, second, labels[first] == labels[second])
    generator = torch.Generator().manual_seed(seed)
    own_first, own_second = _of_one_identity(labels, most // 2, generator)
    first = torch.randint(count, (most // 2,), generator=generator)
    second = torch.randint(count, (most // 2,), generator=generator)
    apart = labels[first] != labels[second]
    others = torch.zeros(int(apart.sum()), dtype=torch.bool)
    same = torch.cat([torch.ones(len(own_first), dtype=torch.bool), others])
    return Pairs(torch.cat([own_first, first[apart]]), torch.cat([own_second, second[apart]]), same)


def _of_one_identity(labels: Tensor, most: int, generator: torch.Generator) -> tuple[Tensor, Tensor]:
    """Pairs of one identity: of each picture with those that follow it in a random order of its identity."""
    shuffled = torch.randperm(len(labels), generator=generator)
    order = shuffled[labels[shuffled].argsort(stable=True)]
    firsts, seconds, total = [], [], 0
    for step in range(1, int(labels.bincount().max())):
        first, second = order[:-step], order[step:]
        same = labels[first] == labels[second]
        firsts.append(first[same])
        seconds.append(second[same])
        total += int(same.sum())
        if total >= most or not same.any():
            break
    return torch.cat(firsts)[:most], torch.cat(seconds)[:most]
