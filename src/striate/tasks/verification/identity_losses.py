"""The loss of each picture of a batch, by the name of the loss, and how much of the batch taught anything.

Each is the mean over the pairs or triplets of which the picture is the anchor; their mean is what is learned.
"""

from dataclasses import dataclass
from typing import Literal, get_args

import torch
from torch import Tensor
from torch.nn import functional as F

from striate.errors import SettingError
from striate.ops.embedding_losses import cosine_margin_losses, softmax_losses, triplet_losses
from striate.ops.triplet_mining import (
    batch_triplets,
    mine_triplets,
    pair_distances,
    random_triplets,
    same_and_other,
)
from striate.tasks.verification.embedding_network import LOSSES, EmbeddingLoss

Mining = Literal["batch-hard", "semi-hard", "hard", "all", "random"]

MARGINS: dict[str, float] = {"triplet": 0.2, "contrastive": 1.0, "cosine": 0.2}
"""Usual ones: of squared distances (Schroff and others 2015), of distances, of cosines."""

TEMPERATURE, SCALE = 0.1, 16.0
"""Of the softmax over a batch; of that over identities, smaller than the paper's 64 as these are few."""

EQUAL = 1e-3
"""Mean squared distance below which the vectors of a batch are all the same."""


@dataclass(frozen=True)
class IdentityLosses:
    """What a batch teaches.

    Args:
        each: float (N,), the loss of each picture.
        active: share of all triplets of the batch that have a loss, a scalar; None for other losses.
        spread: mean squared distance of all pairs, a scalar.
    """

    each: Tensor
    active: Tensor | None
    spread: Tensor


def require_margin(loss: str, margin: float | None, mining: str) -> None:
    """There is such a loss, and its margin keeps equal vectors from having none.

    Raises:
        SettingError: there is no such loss or mining, or the margin is not above 0.
    """
    for name, value, known in (("embedding_loss", loss, LOSSES), ("mining", mining, get_args(Mining))):
        if value not in known:
            raise SettingError(f"{name} is {value!r}", "one of: " + ", ".join(known), f"{name} {known[0]}")
    if margin is not None and loss in ("triplet", "contrastive") and not margin > 0:
        wrong = f"margin is {margin:g} for the loss {loss}"
        raise SettingError(wrong, "above 0: with 0 equal vectors have no loss", f"margin {MARGINS[loss]}")


def identity_losses(
    vectors: Tensor,
    labels: Tensor,
    extra: Tensor | None,
    loss: EmbeddingLoss,
    margin: float | None = None,
    mining: Mining = "batch-hard",
) -> IdentityLosses:
    """The losses of a batch.

    Args:
        vectors: float (N, D).
        labels: int64 (N,), identities.
        extra: what ``EmbeddingNetwork.learning`` gives with the vectors.
        loss: its name.
        margin: None for the usual one.
        mining: which triplets are learned from, for the loss ``triplet``.
    """
    usual = MARGINS.get(loss, 0.0) if margin is None else margin
    spread = 2 * vectors.detach().var(0, correction=0).sum()
    if loss == "triplet":
        each, active = _triplet(vectors, labels, usual, mining)
        return IdentityLosses(each, active, spread)
    if loss == "cosine" and extra is not None:
        return IdentityLosses(cosine_margin_losses(extra, labels, usual, SCALE), None, spread)
    if loss == "siamese":
        each = _siamese(vectors, labels, extra if extra is not None else vectors.new_zeros(()))
    elif loss == "contrastive":
        each = _contrastive(vectors, labels, usual)
    else:
        each = softmax_losses(vectors @ vectors.T, labels, TEMPERATURE)
    return IdentityLosses(each, None, spread)


def _triplet(vectors: Tensor, labels: Tensor, margin: float, mining: Mining) -> tuple[Tensor, Tensor | None]:
    """Mean of each anchor's triplets, and the share of all triplets of the batch that have a loss."""
    distances = pair_distances(vectors, squared=True)
    known = distances.detach()
    every = mine_triplets(known, labels, "all", margin)
    losses = triplet_losses(known, every, margin) if len(every) else known.new_zeros(0)
    active = (losses > 0).float().mean() if len(every) else None
    chosen = {
        "batch-hard": lambda: batch_triplets(known, labels),
        "random": lambda: random_triplets(labels),
        "all": lambda: every[losses > 0],
        "semi-hard": lambda: mine_triplets(known, labels, "semi-hard", margin),
        "hard": lambda: mine_triplets(known, labels, "hard", margin),
    }[mining]()
    found = triplet_losses(distances, chosen, margin)
    return _mean_by(found, chosen[:, 0], len(labels)) + 0 * vectors.sum(1), active


def _contrastive(vectors: Tensor, labels: Tensor, margin: float) -> Tensor:
    """Of each picture: mean square of the distances to its own, and of what others lack to the margin."""
    distances = pair_distances(vectors)
    same, other = same_and_other(labels)
    near = _row_mean(distances.square(), same)
    lacking = (margin - distances).clamp(min=0)
    return near + _row_mean(lacking.square(), other & (lacking > 0))


def _siamese(vectors: Tensor, labels: Tensor, bias: Tensor) -> Tensor:
    """Of each picture: binary cross-entropy of its pairs, both kinds weighing the same."""
    same, other = same_and_other(labels)
    scores = bias - torch.cdist(vectors, vectors, p=1)
    losses = F.binary_cross_entropy_with_logits(scores, same.to(scores.dtype), reduction="none")
    return (_row_mean(losses, same) + _row_mean(losses, other)) / 2


def _row_mean(values: Tensor, counted: Tensor) -> Tensor:
    """The mean of the counted numbers of each row; 0 where none is."""
    return values.masked_fill(~counted, 0).sum(1) / counted.sum(1).clamp(min=1)


def _mean_by(values: Tensor, rows: Tensor, count: int) -> Tensor:
    """(count,): sums of the values of each row, scaled so that their mean is the mean of all values."""
    total = values.new_zeros(count).index_add(0, rows, values)
    return total * (count / max(len(values), 1))
