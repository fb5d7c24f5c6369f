"""Batches in which several pictures show the same: P identities, K pictures of each.

    batch of 8, K = 2:   A A  B B  C C  D D        pairs of one identity need a second picture,
                                                   negatives are the other identities of the batch

Random identities are easily told apart. With runs, the identities of a batch stand beside each other in the
order of their names, as the characters of one alphabet do: their differences are small.

Source: Hermans, Beyer, Leibe 2017, section 2.
"""

import torch
from torch import Tensor

from striate.data.batches.shuffle import seed_from
from striate.errors import SettingError


def pictures_of_each(labels: Tensor, batch: int, per_identity: int) -> int:
    """K: pictures of an identity in a batch, more than asked for where there are too few identities.

    >>> pictures_of_each(torch.tensor([0, 0, 0, 1, 1, 1]), batch=6, per_identity=2)
    3
    """
    identities = int((labels.bincount() > 1).sum())
    return min(batch, max(per_identity, -(-batch // max(identities, 1))))


def identity_order(
    labels: Tensor, batch: int, per_identity: int, seed: int, epoch: int, *, run: int = 1
) -> Tensor:
    """int64 (S * batch,): the pictures of an epoch's batches, the same for the same arguments.

    An identity with fewer than K pictures gives some twice; one with a single picture is left out. The
    pictures of an identity take turns.

    Args:
        labels: int64 (N,), identities.
        batch: pictures of a batch; the last identity of it has fewer than K where K does not divide it.
        per_identity: K, 2 or more; see ``pictures_of_each``.
        seed: of the order.
        epoch: another epoch is another order.
        run: identities that follow each other in a batch; 1 draws each anew.

    Raises:
        SettingError: K is below 2, or no identity has two pictures.

    >>> labels = torch.tensor([0, 0, 1, 1, 2, 2, 3])
    >>> labels[identity_order(labels, batch=4, per_identity=2, seed=0, epoch=0)].bincount().max().item()
    2
    """
    if per_identity < 2:
        raise SettingError(
            f"per_identity is {per_identity}", "2 or more: pairs are learned", "per_identity 2"
        )
    counts = labels.bincount()
    known = (counts > 1).nonzero()[:, 0]
    if not len(known):
        expected = "two pictures or more of some"
        raise SettingError("every identity has one picture", expected, "`striate check` lists them")
    generator = torch.Generator().manual_seed(seed_from(seed, epoch))
    each = pictures_of_each(labels, batch, per_identity)
    steps = max(len(labels) // batch, 1)
    drawn = _identities(len(known), -(-batch // each) * steps, run, generator)
    pictures = _Turns(labels, known, generator)
    rows = [pictures.next(one, each) for one in drawn.tolist()]
    groups = torch.stack(rows).view(steps, -1)
    return groups[:, :batch].reshape(-1)


def _identities(count: int, wanted: int, run: int, generator: torch.Generator) -> Tensor:
    """int64 (wanted,): identities 0..count-1 in rounds, each once a round, in runs of neighbours."""
    rounds: list[Tensor] = []
    while len(rounds) * count < wanted:
        shift = int(torch.randint(count, (1,), generator=generator)) if run > 1 else 0
        blocks = torch.split((torch.arange(count) + shift) % count, run)
        order = torch.randperm(len(blocks), generator=generator).tolist()
        rounds.append(torch.cat([blocks[one] for one in order]))
    return torch.cat(rounds)[:wanted]


class _Turns:
    """The pictures of each identity in a random order, one after the other, and again from the start."""

    def __init__(self, labels: Tensor, known: Tensor, generator: torch.Generator) -> None:
        shuffled = torch.randperm(len(labels), generator=generator)
        order = shuffled[labels[shuffled].argsort(stable=True)]
        self._pictures, self._counts = order, labels.bincount()[known]
        self._starts = labels.bincount().cumsum(0)[known] - self._counts
        self._place = torch.zeros(len(known), dtype=torch.int64)

    def next(self, identity: int, count: int) -> Tensor:
        """The next pictures of an identity, different ones as far as there are any."""
        turn = (int(self._place[identity]) + torch.arange(count)) % self._counts[identity]
        self._place[identity] += count
        return self._pictures[self._starts[identity] + turn]
