"""A seeded split by what the pictures show: equal pictures never straddle, and additions move nothing.

    for every class:   distinct pictures, in the order of blake2b(seed, picture)
                       [ first round(fraction * n) | the rest ]
                              validation               training

The order of a picture depends on the seed and on its own content alone, not on its name, nor on the other
pictures: when pictures are renamed or added, at most those near the border change sides.
"""

from hashlib import blake2b

import numpy as np
from numpy.typing import NDArray


def held_out(
    identity: NDArray[np.uint64],
    labels: NDArray[np.int64],
    fraction: float,
    seed: int,
    *,
    every_class: bool = True,
    keep_last: bool = True,
) -> NDArray[np.bool_]:
    """Which pictures are for validation.

    Args:
        identity: uint64 (N,), equal for equal pictures.
        labels: int64 (N,), class numbers; the fraction is taken from every class.
        fraction: 0..1. A class with two distinct pictures or more gives at least one and keeps at least one.
        seed: another seed is another split.
        every_class: whether that holds however many classes there are. If not, and there are more classes
            than pictures to hold out, the whole gives its share, and the last of a class is taken last.
        keep_last: whether the last of a class is then never taken.

    Returns:
        bool (N,).

    >>> held_out(np.array([7, 8, 9, 7], np.uint64), np.zeros(4, np.int64), 0.5, seed=0).sum() in (1, 2, 3)
    True
    """
    order = np.argsort(identity, kind="stable")  # np.unique would do, with three more columns of all pictures
    ordered = identity[order]
    new = np.append(True, ordered[1:] != ordered[:-1])[: len(order)]
    pictures, group_label = ordered[new], labels[order[new]]
    del ordered
    chosen = np.zeros(len(pictures), dtype=np.bool_)
    if fraction > 0:
        rank = shuffled(pictures, seed)
        _choose(chosen, group_label, rank, fraction, every_class=every_class, keep_last=keep_last)
    taken = np.empty(len(order), dtype=np.bool_)
    taken[order] = chosen[np.cumsum(new, dtype=np.int32) - 1]
    return taken


def _choose(
    chosen: NDArray[np.bool_],
    labels: NDArray[np.int64],
    rank: NDArray[np.uint64],
    fraction: float,
    *,
    every_class: bool,
    keep_last: bool,
) -> None:
    """Set those of the distinct pictures that are held out."""
    by_class = np.lexsort((rank, labels))
    start = np.append(0, np.flatnonzero(np.diff(labels[by_class])) + 1)[: len(labels)]
    count = np.diff(start, append=len(labels))
    wanted = max(round(fraction * len(labels)), 1)
    if every_class or len(count) <= wanted:  # class by class: columns of all pictures are large
        for begin, share in zip(start.tolist(), _shares(count, fraction).tolist(), strict=True):
            chosen[by_class[begin : begin + share]] = True
        return
    within = np.arange(len(by_class)) - np.repeat(start, count)
    last = within == np.repeat(count - 1, count)
    order = np.lexsort((rank[by_class], within, last))  # from every class its first one first
    chosen[by_class[order[: min(wanted, int((~last).sum())) if keep_last else wanted]]] = True


def _shares(pictures: NDArray[np.int64], fraction: float) -> NDArray[np.int64]:
    """How many of each class's distinct pictures are held out."""
    wanted = np.rint(fraction * pictures).astype(np.int64)
    return np.asarray(np.minimum(np.maximum(wanted, 1), pictures - 1))


def shuffled(pictures: NDArray[np.uint64], seed: int | str) -> NDArray[np.uint64]:
    """A number for every picture that looks random and depends on nothing but the picture and the seed."""
    key, content = str(seed).encode(), pictures.astype("<u8", copy=False).view(np.uint8).data
    digests = (blake2b(content[at : at + 8], digest_size=8, key=key) for at in range(0, len(content), 8))
    ranks = (int.from_bytes(digest.digest()) for digest in digests)
    return np.fromiter(ranks, dtype=np.uint64, count=len(pictures))


def united(pictures: NDArray[np.uint64], groups: NDArray[np.uint64]) -> NDArray[np.uint64]:
    """Identities (N,), equal for all pictures of a group and of groups that have a picture in common.

    Args:
        pictures: uint64 (N,), equal for equal pictures.
        groups: uint64 (N,), equal for pictures that belong together.

    >>> united(np.array([1, 2, 2, 3], np.uint64), np.array([7, 7, 8, 9], np.uint64)).tolist()
    [7, 7, 7, 9]
    """
    found = groups
    while True:
        wider = merged(groups, merged(pictures, found))
        if (wider == found).all():
            return found
        found = wider


def merged(coarse: NDArray[np.uint64], fine: NDArray[np.uint64]) -> NDArray[np.uint64]:
    """``fine`` identities, where pictures of one ``coarse`` identity get the smallest of theirs.

    >>> merged(np.array([1, 1, 2], np.uint64), np.array([30, 20, 10], np.uint64)).tolist()
    [20, 20, 10]
    """
    _, member = np.unique(coarse, return_inverse=True)
    smallest = np.full(member.max(initial=-1) + 1, np.iinfo(np.uint64).max, dtype=np.uint64)
    np.minimum.at(smallest, member, fine)
    return np.asarray(smallest[member])
