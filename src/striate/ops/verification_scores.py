"""How well distances tell pairs of one identity from pairs of two.

    accepted: distance <= threshold
    TAR   share of the pairs of one identity that are accepted      (true accept rate)
    FAR   share of the pairs of two identities that are accepted    (false accept rate)

      TAR                       EER   the error where FAR = 1 - TAR
    1 |    .--------            TAR at FAR 1 %: what is accepted where 1 % of strangers would be
      |  .'
      | /   <- ROC
      |/_____________ FAR
     0               1

Sources: Huang, Ramesh, Berg, Learned-Miller 2007 (LFW), for pairs in ten folds; Koch, Zemel, Salakhutdinov
2015, section 4.3, for N ways and K shots.
"""

from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from striate.errors import DataError, SettingError, ShapeError
from striate.ops.triplet_mining import pair_distances

FOLDS, EPISODES = 10, 400


@dataclass(frozen=True)
class Roc:
    """Rates at every distance that occurs, rising.

    Args:
        thresholds: float64 (T,), distances; the first is below all.
        far: float64 (T,), share of accepted pairs of two identities.
        tar: float64 (T,), share of accepted pairs of one identity.
        different: how many pairs of two identities there are: FAR is known in steps of one by this number.
    """

    thresholds: NDArray[np.float64]
    far: NDArray[np.float64]
    tar: NDArray[np.float64]
    different: int

    @property
    def auc(self) -> float:
        """The area below the curve: how often a pair of one identity is nearer than one of two."""
        return float(np.trapezoid(self.tar, self.far))

    @property
    def eer(self) -> float:
        """The error where both errors are equal, between thresholds on a line."""
        gap = self.far - (1 - self.tar)
        after = int(np.argmax(gap >= 0))
        if after == 0 or gap[after] == gap[after - 1]:
            return float(self.far[after])
        share = -gap[after - 1] / (gap[after] - gap[after - 1])
        return float(self.far[after - 1] + share * (self.far[after] - self.far[after - 1]))

    @property
    def eer_threshold(self) -> float:
        """The smallest distance at which as many pairs of two identities are accepted as of one rejected."""
        return float(self.thresholds[int(np.argmax(self.far >= 1 - self.tar))])

    def at_far(self, far: float) -> tuple[float, float]:
        """(threshold, TAR) of the largest threshold whose FAR is at most ``far``; minus infinity for none.

        Raises:
            SettingError: it is not 0..1.
        """
        if not 0 <= far <= 1:
            raise SettingError(f"far is {far}", "a share, 0..1", "far 0.01")
        last = int(np.searchsorted(self.far, far, side="right")) - 1
        return float(self.thresholds[last]), float(self.tar[last])


def roc(distances: Tensor | NDArray[np.float64], same: Tensor | NDArray[np.bool_]) -> Roc:
    """Rates of pairs at every threshold.

    Args:
        distances: (P,), of pairs, finite.
        same: bool (P,), which pairs are of one identity.

    Raises:
        ShapeError: they do not belong together, or a distance is not finite.
        DataError: there are no pairs of one identity, or none of two.

    >>> found = roc(torch.tensor([1.0, 4.0, 3.0, 9.0]), torch.tensor([True, True, False, False]))
    >>> found.eer, found.auc, found.at_far(0.0)
    (0.5, 0.75, (1.0, 0.5))
    """
    values = np.asarray(distances, dtype=np.float64)
    known = np.asarray(same, dtype=np.bool_)
    if values.shape != known.shape or values.ndim != 1 or not np.isfinite(values).all():
        wrong = f"distances are {values.shape}, same {known.shape}, or a distance is not finite"
        raise ShapeError(wrong, "finite numbers (P,) and bool (P,)", "one of each for every pair")
    positives = int(known.sum())
    if positives in (0, len(known)):
        wrong = f"{positives} of {len(known)} pairs are of one identity"
        raise DataError(
            wrong, "pairs of one identity and pairs of two", "two identities, and two pictures of one"
        )
    order = np.argsort(values, kind="stable")
    values, known = values[order], known[order]
    last = np.append(values[1:] != values[:-1], True)
    accepted = np.cumsum(known)[last]
    count = np.flatnonzero(last) + 1
    thresholds = np.append(-np.inf, values[last])
    tar = np.append(0.0, accepted / positives)
    far = np.append(0.0, (count - accepted) / (len(known) - positives))
    return Roc(thresholds, far, tar, len(known) - positives)


def fold_accuracy(
    distances: Tensor, same: Tensor, folds: int = FOLDS, *, seed: int = 0
) -> tuple[float, float]:
    """(mean, deviation) over folds of the share of right pairs, with the threshold of the other folds.

    Both kinds of pairs count the same, however many there are of each.

    Args:
        distances: float (P,).
        same: bool (P,).
        folds: parts; a pair is in one of them, at random.
        seed: of that.

    Raises:
        DataError: a fold would lack pairs of a kind.

    >>> fold_accuracy(torch.tensor([0.0, 9.0]).repeat(20), torch.arange(40) % 2 == 0, folds=2)[0]
    1.0
    """
    known = same.bool()
    fold, generator = torch.empty(len(same), dtype=torch.int64), torch.Generator().manual_seed(seed)
    for kind in (known, ~known):
        count = int(kind.sum())
        if count < folds:
            wrong = f"{count} pairs of a kind for {folds} folds"
            raise DataError(
                wrong, "a pair of one identity and one of two in each", "fewer folds, or more pairs"
            )
        fold[kind] = torch.randperm(count, generator=generator) % folds
    shares = []
    for number in range(folds):
        inside = fold == number
        curve = roc(distances[~inside], known[~inside])
        best = int(np.argmax(curve.tar + 1 - curve.far))
        threshold = curve.thresholds[best : best + 2].mean()  # half way to the next distance
        accepted = distances[inside].double() <= threshold
        truth = known[inside]
        shares.append((accepted[truth].double().mean() + (~accepted[~truth]).double().mean()) / 2)
    right = torch.stack(shares)
    return right.mean().item(), right.std().item() if folds > 1 else 0.0


def one_shot_accuracy(
    vectors: Tensor,
    labels: Tensor,
    ways: int = 20,
    shots: int = 1,
    episodes: int = EPISODES,
    *,
    norm: float = 2.0,
    seed: int = 0,
) -> float:
    """The share of pictures nearest to the mean of K known ones of their identity, among N identities.

    Args:
        vectors: float (M, D).
        labels: int64 (M,).
        ways: N identities in an episode, drawn anew.
        shots: K known pictures of each; one other picture is asked about.
        episodes: how often; in each, all N identities are asked about.
        norm: of the difference of two vectors, 1 or 2.
        seed: of the draws.

    Raises:
        DataError: fewer than N identities have K + 1 pictures.

    >>> one_shot_accuracy(torch.tensor([[0.0], [0.1], [5.0], [5.1]]), torch.tensor([0, 0, 1, 1]), ways=2)
    1.0
    """
    groups = [(labels == label).nonzero()[:, 0] for label in torch.unique(labels)]
    groups = [group for group in groups if len(group) > shots]
    if len(groups) < ways or ways < 2 or shots < 1:
        wrong = f"{len(groups)} identities have {shots + 1} pictures or more, for {ways} ways"
        raise DataError(wrong, "as many identities as ways, 2 or more", "fewer ways or shots")
    draws, right = torch.Generator().manual_seed(seed), 0
    for _ in range(episodes):
        chosen = torch.randperm(len(groups), generator=draws)[:ways].tolist()
        some = [groups[one][torch.randperm(len(groups[one]), generator=draws)[: shots + 1]] for one in chosen]
        picked = torch.stack(some)
        known, asked = vectors[picked[:, :-1]].float().mean(1), vectors[picked[:, -1]].float()
        apart = pair_distances(asked, known) if norm == 2 else torch.cdist(asked, known, p=norm)
        right += int((apart.argmin(1) == torch.arange(ways)).sum())
    return right / (episodes * ways)


def recall_at(found: Tensor, wanted: Tensor, k: int) -> float:
    """The share of queries with their label among the first k.

    Args:
        found: (Q, k or more), labels of the neighbours, the nearest first.
        wanted: (Q,), labels of the queries.
        k: 1 or more.

    >>> recall_at(torch.tensor([[1, 2], [2, 1]]), torch.tensor([1, 1]), k=1)
    0.5
    """
    if found.ndim != 2 or len(found) != len(wanted) or not 1 <= k <= found.shape[1]:
        wrong = f"found labels are {tuple(found.shape)} for {len(wanted)} queries, k is {k}"
        raise ShapeError(wrong, "(Q, k) and (Q,)", "more neighbours, or a smaller k")
    return float((found[:, :k] == wanted[:, None]).any(1).double().mean())
