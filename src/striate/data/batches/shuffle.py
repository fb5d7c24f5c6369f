"""In which order images come: a function of (seed, epoch) alone, so that any step can be found again.

(seed, epoch) --blake2b--> generator --> permutation of N
permutation   --cut-->     global batches  [.... .... .... ..]
global batch  --cut-->     ranks            0 0 1 1
"""

from hashlib import blake2b

import torch
from torch import Tensor


def seed_from(*numbers: int) -> int:
    """One seed 0..2^63-1 out of several numbers; any change of any of them gives an unrelated one.

    The first 8 bytes of BLAKE2b over the numbers written in decimal with commas between them. Sums would
    not do: seed 1 in epoch 0 would be seed 0 in epoch 1.

    >>> seed_from(0, 1) == seed_from(0, 1), seed_from(0, 1) == seed_from(1, 0)
    (True, False)
    """
    digest = blake2b(",".join(map(str, numbers)).encode(), digest_size=8).digest()
    return int.from_bytes(digest, "little") >> 1


def permutation(count: int, seed: int, epoch: int) -> Tensor:
    """int64 (count,): 0..count-1 shuffled, the same for the same (count, seed, epoch)."""
    generator = torch.Generator().manual_seed(seed_from(seed, epoch))
    return torch.randperm(count, generator=generator)


def share_of(batch: Tensor, rank: int, world: int) -> Tensor:
    """The contiguous part of a global batch that belongs to one rank; the parts differ by at most one.

    >>> share_of(torch.arange(6), rank=1, world=3).tolist()
    [2, 3]
    """
    count = len(batch)
    return batch[count * rank // world : count * (rank + 1) // world]
