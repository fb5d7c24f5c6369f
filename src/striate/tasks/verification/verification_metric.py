"""How well the distance of two pictures tells whether they show the same, on identities that are measured.

vectors, identities --all pairs--> ROC --> EER, TAR at FAR 1 % and 0.1 %, area, accuracy in ten folds
                    --episodes---> one-shot accuracy of 20 ways (fewer, if there are fewer identities)
                    --search-----> recall at 1 and 5, mean average precision, each picture against all others
"""

from dataclasses import dataclass, field
from typing import Any, ClassVar, Self, final

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from striate.errors import ShapeError
from striate.formatting import percent
from striate.ops.intervals import Interval, bootstrap
from striate.ops.retrieval_metrics import retrieval
from striate.ops.verification_scores import FOLDS, Roc, fold_accuracy, one_shot_accuracy, recall_at, roc
from striate.records import Batch, IdentityTargets
from striate.tasks.metric import Metric, Metrics, Primary
from striate.tasks.raw_outputs import Raw
from striate.tasks.suspect import Suspect
from striate.tasks.verification.identity_suspects import identity_suspects
from striate.tasks.verification.pair_sample import Pairs, pairs_of

EER = Primary("EER", higher_is_better=False)

FARS = (0.01, 0.001)
WAYS, RECALLS = 20, (1, 5)

SEARCHED = 5_000
"""Pictures that are searched among, at most: a draw of them where there are more."""

POINTS, BINS, BLOCK = 200, 100, 512
"""Of a curve that is kept; of a histogram; pairs and queries at once."""


@final
@dataclass(frozen=True)
class VerificationMetrics(Metrics):
    """What was measured on N pictures. A number is None where there are too few pairs to tell.

    Args:
        count: N.
        identities: that they show.
        eer: share of wrong answers at the threshold where both kinds of errors are equally frequent.
        tar: {FAR: share of the pairs of one identity that are accepted there}.
        thresholds: {FAR: the largest distance that is accepted there}, and that of the EER, ``eer``.
        auc: area below the ROC.
        pair_accuracy: mean over ten folds, with the threshold of the other nine; both kinds weigh the same.
        one_shot: share of right answers among ``ways`` identities, each known from one picture.
        ways: identities of an episode.
        recall: {k: share of pictures with one of their identity among the k nearest}.
        mean_average_precision: of that search.
        curve: ``far`` and ``tar``, up to 200 points of the ROC.
        histograms: ``edges`` of distances, and how many pairs of ``same`` and ``other`` lie between.
        between: (low, high) of the EER, 95 %, over identities.
        measured_on: what the pictures are to the model, a sentence; empty if nobody said.
        per_image: float64 (N,), share of wrong answers to the pairs of each picture at that threshold.
    """

    count: int
    identities: int = 0
    eer: float | None = None
    tar: dict[str, float | None] = field(default_factory=dict)
    thresholds: dict[str, float | None] = field(default_factory=dict)
    auc: float | None = None
    pair_accuracy: float | None = None
    one_shot: float | None = None
    ways: int = 0
    recall: dict[str, float | None] = field(default_factory=dict)
    mean_average_precision: float | None = None
    curve: dict[str, list[float]] = field(default_factory=dict, repr=False)
    histograms: dict[str, list[float]] = field(default_factory=dict, repr=False)
    between: Interval | None = None
    measured_on: str = field(default="", compare=False)
    per_image: Tensor | None = field(default=None, repr=False, compare=False)

    @property
    def primary(self) -> Primary:
        """The equal error rate; the smaller the better."""
        return EER.of(self.eer)

    @property
    def interval(self) -> Interval | None:
        """(low, high) of the EER, 95 %."""
        return self.between

    @property
    def values(self) -> dict[str, float | None]:
        """All numbers by name, the EER first."""
        tar = {f"tar_at_far_{far}": value for far, value in self.tar.items()}
        recall = {f"recall_at_{k}": value for k, value in self.recall.items()}
        pairs = {"auc": self.auc, "pair_accuracy": self.pair_accuracy, "one_shot": self.one_shot}
        return {"EER": self.eer, **tar, **pairs, **recall, "map": self.mean_average_precision}

    def others_in_words(self) -> dict[str, str]:
        """All numbers but the EER, in per cent."""
        names = {
            **{f"tar_at_far_{far}": f"TAR at FAR {percent(float(far))}" for far in self.tar},
            **{f"recall_at_{k}": f"recall at {k}" for k in self.recall},
            "auc": "area below the ROC",
            "pair_accuracy": f"pairs right ({FOLDS} folds)",
            "one_shot": f"{self.ways}-way one-shot",
            "map": "mean average precision",
        }
        known = {name: value for name, value in self.values.items() if name != "EER" and value is not None}
        return {names[name]: percent(value, 2) for name, value in known.items()}

    def headline(self, pictures: str) -> str:
        """``EER 2.10 % on 100 val pictures of 10 identities (95 % interval ...)``."""
        known = self.primary.range_text(self.interval)
        sure = f" (95 % interval {known})" if known else ""
        return f"EER {self.primary.text()} on {pictures} of {self.identities} identities{sure}"

    def summary(self) -> dict[str, Any]:
        """All numbers."""
        return {"count": self.count, "identities": self.identities, **self.values}


class VerificationMetric(Metric):
    """Measures vectors of pictures by identity.

    Args:
        norm: of the difference of two vectors: 2 is Euclidean, 1 sums absolute differences.
    """

    primary: ClassVar[Primary] = EER
    kind: ClassVar[type[Metrics]] = VerificationMetrics
    pools: ClassVar[bool] = False  # vectors of two networks have no distance

    def __init__(self, norm: float = 2.0) -> None:
        self.norm = norm
        self._vectors: list[Tensor] = []
        self._labels = [torch.empty(0, dtype=torch.int64)]
        self._wrong: Tensor | None = None

    @property
    def vectors(self) -> Tensor:
        """float32 (N, D)."""
        return torch.cat(self._vectors) if self._vectors else torch.empty(0, 1)

    @property
    def labels(self) -> Tensor:
        """int64 (N,)."""
        return torch.cat(self._labels)

    def update(self, raw: Raw, batch: Batch) -> None:
        """Take in vectors (N, D).

        Raises:
            ShapeError: the batch has no identities.
        """
        if not isinstance(raw, Tensor) or not isinstance(batch.targets, IdentityTargets):
            wrong = f"the batch has {type(batch.targets).__name__}"
            raise ShapeError(wrong, "IdentityTargets, whom each picture shows", "data for verification")
        self._vectors.append(raw.float().cpu())
        self._labels.append(batch.targets.labels.cpu())

    def merge(self, other: Self) -> None:
        """Take in what another process measured."""
        self._vectors += other._vectors
        self._labels += other._labels

    def distances(self, pairs: Pairs) -> Tensor:
        """float32 (P,), of pairs of these pictures."""
        vectors = self.vectors
        return pair_norms(vectors, pairs.first, pairs.second, self.norm)

    def suspects(self) -> list[Suspect]:
        """Pictures that another identity lies nearer to than their own."""
        return identity_suspects(self.vectors, self.labels, self.norm) if self._vectors else []

    def compute(self) -> VerificationMetrics:
        """What was measured."""
        found = self._computed()
        self._wrong = found.per_image
        return found

    def _computed(self) -> VerificationMetrics:
        vectors, labels = self.vectors, self.labels
        counts = torch.unique(labels, return_counts=True)[1]
        found: dict[str, Any] = {"count": len(labels), "identities": len(counts)}
        if len(counts) < 2 or not bool((counts > 1).any()) or not bool(vectors.isfinite().all()):
            nothing = torch.full((len(labels),), torch.nan, dtype=torch.float64)
            return VerificationMetrics(**found, per_image=nothing)
        pairs = pairs_of(labels)
        distances = self.distances(pairs)
        curve = roc(distances, pairs.same)
        per_image = wrong_shares(distances <= curve.eer_threshold, pairs, len(labels))
        found |= of_curve(curve) | {"histograms": histograms(distances, pairs.same)}
        if min(int(pairs.same.sum()), int((~pairs.same).sum())) >= 2 * FOLDS:
            found["pair_accuracy"] = fold_accuracy(distances, pairs.same)[0]
        ways = min(WAYS, int((counts > 1).sum()))
        if ways > 1:
            found |= {"ways": ways, "one_shot": one_shot_accuracy(vectors, labels, ways, norm=self.norm)}
        found |= searched(vectors, labels, self.norm)
        return VerificationMetrics(
            **found, between=interval(per_image, labels, curve.eer), per_image=per_image
        )

    def answers(self) -> list[str]:
        """How many of the answers to its pairs are wrong."""
        shares = self._wrong if self._wrong is not None else self.compute().per_image
        assert shares is not None
        return [
            f"{percent(None if share != share else share)} of its pairs wrong" for share in shares.tolist()
        ]


def pair_norms(vectors: Tensor, first: Tensor, second: Tensor, norm: float = 2.0) -> Tensor:
    """(P,): the norms of the differences of rows, a block at a time."""
    size = BLOCK * BLOCK
    blocks = zip(torch.split(first, size), torch.split(second, size), strict=True)
    norms = [torch.linalg.vector_norm(vectors[a] - vectors[b], norm, dim=1) for a, b in blocks]
    return torch.cat(norms) if norms else vectors.new_empty(0)


def wrong_shares(accepted: Tensor, pairs: Pairs, count: int) -> Tensor:
    """float64 (count,): of each picture the mean of both error rates of its pairs, of those that it has.

    >>> pairs = pairs_of(torch.tensor([0, 0, 1]))
    >>> wrong_shares(torch.tensor([True, True, False]), pairs, 3).tolist()
    [0.5, 0.0, 0.5]
    """
    rates = []
    for kind in (True, False):
        chosen, wrong = pairs.same == kind, (accepted != pairs.same).double()
        total, bad = torch.zeros(2, count, dtype=torch.float64)
        for side in (pairs.first, pairs.second):
            total.index_add_(0, side[chosen], torch.ones_like(wrong[chosen]))
            bad.index_add_(0, side[chosen], wrong[chosen])
        rates.append(bad / total)  # NaN without such pairs
    return torch.stack(rates).nanmean(0)


def interval(per_image: Tensor, labels: Tensor, eer: float) -> Interval | None:
    """(low, high) of the EER: the bootstrap over identities of their pictures' errors, moved to the EER."""
    numbers = torch.unique(labels, return_inverse=True)[1]
    known = ~per_image.isnan()
    sums = torch.zeros(int(numbers.max()) + 1, dtype=torch.float64)
    counts = sums.clone()
    sums.index_add_(0, numbers[known], per_image[known])
    counts.index_add_(0, numbers[known], torch.ones_like(per_image[known]))
    means = (sums / counts)[counts > 0]
    found = bootstrap(means)
    if found is None:
        return None
    shift = eer - means.mean().item()
    return min(max(0.0, found[0] + shift), eer), max(min(1.0, found[1] + shift), eer)


def of_curve(curve: Roc) -> dict[str, Any]:
    """EER, rates and thresholds at some FAR, area, and a curve of few points."""
    known = [far for far in FARS if curve.different * far >= 1]
    at = {far: curve.at_far(far) for far in known}
    kept = np.unique(np.linspace(0, len(curve.far) - 1, POINTS).round().astype(np.int64))
    bends = np.unique(
        np.searchsorted(curve.far, np.geomspace(1e-4, 1, POINTS // 2)).clip(0, len(curve.far) - 1)
    )
    kept = np.union1d(kept, bends)
    return {
        "eer": curve.eer,
        "tar": {f"{far:g}": at[far][1] if far in at else None for far in FARS},
        "thresholds": {
            "eer": curve.eer_threshold,
            **{f"{far:g}": finite(at[far][0]) if far in at else None for far in FARS},
        },
        "auc": curve.auc,
        "curve": {"far": rounded(curve.far[kept]), "tar": rounded(curve.tar[kept])},
    }


def finite(value: float) -> float | None:
    """A number; None for no threshold at all."""
    return value if np.isfinite(value) else None


def rounded(values: NDArray[np.float64]) -> list[float]:
    """Plain numbers of five digits, which serve a chart."""
    return [float(f"{value:.5g}") for value in values]


def histograms(distances: Tensor, same: Tensor) -> dict[str, list[float]]:
    """How many pairs of both kinds lie between which distances."""
    values, known = distances.double().numpy(), same.numpy()
    edges = np.linspace(0, max(float(values.max()), 1e-9), BINS + 1)
    counts = {
        name: np.histogram(values[which], edges)[0] for name, which in (("same", known), ("other", ~known))
    }
    return {"edges": rounded(edges), **{name: count.astype(float).tolist() for name, count in counts.items()}}


def searched(vectors: Tensor, labels: Tensor, norm: float) -> dict[str, Any]:
    """Recall and mean average precision of a search by each picture among all others."""
    if len(labels) > SEARCHED:
        some = torch.randperm(len(labels), generator=torch.Generator().manual_seed(0))[:SEARCHED]
        vectors, labels = vectors[some], labels[some]
    numbers = torch.unique(labels, return_inverse=True)[1]
    counts = numbers.bincount()[numbers] - 1
    asked = (counts > 0).nonzero()[:, 0]
    if not len(asked):
        return {}
    recalls: dict[str, list[float]] = {str(k): [] for k in RECALLS if k < len(labels)}
    precisions = []
    for block in torch.split(asked, BLOCK):
        order = _others_in_order(vectors, block, norm)
        found = numbers[order]
        for k in recalls:
            recalls[k].append(recall_at(found, numbers[block], int(k)) * len(block))
        precisions.append(retrieval(found, numbers[block], counts[block]).mean_average_precision * len(block))
    total = len(asked)
    return {
        "recall": {k: sum(parts) / total for k, parts in recalls.items()},
        "mean_average_precision": sum(precisions) / total,
    }


def _others_in_order(vectors: Tensor, queries: Tensor, norm: float) -> Tensor:
    """int64 (Q, N - 1): the other pictures, the nearest first."""
    apart = torch.cdist(vectors[queries], vectors, p=norm)
    apart[torch.arange(len(queries)), queries] = -1  # itself comes first, and is left out
    return apart.argsort(dim=1, stable=True)[:, 1:]
