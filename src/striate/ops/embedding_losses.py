"""Losses that bring the vectors of one identity together and those of different ones apart.

    siamese_scores        b - sum_i w_i |x_i - y_i|, for a sigmoid  Koch and others 2015, section 3.1
    contrastive_loss      pairs, with a margin                      Hadsell, Chopra, LeCun 2006, equation 4
    triplet_losses        max(d(a, p) - d(a, n) + margin, 0)        Schroff and others 2015, equation 2
    softmax_losses        which of the batch is the same?           Sohn 2016; Khosla and others 2020 (SupCon)
    cosine_margin_losses  a softmax over identities                 Wang and others 2018 (CosFace), equation 4

All of them are 0, with a gradient of 0, where a batch has no such pairs.
"""

import torch
from torch import Tensor
from torch.nn import functional as F

from striate.errors import SettingError, ShapeError
from striate.ops.triplet_mining import require_pairs, same_and_other


def siamese_scores(first: Tensor, second: Tensor, weights: Tensor, bias: Tensor | float = 0.0) -> Tensor:
    """(N,): bias - sum of weighted absolute differences; their sigmoid is the chance of one identity.

    Koch writes the sum with weights of any sign; a distance needs weights of 0 or more.

    Args:
        first, second: float (N, D), pairs.
        weights: float (D,).
        bias: the score of two equal vectors.

    >>> first, second = torch.tensor([[1.0, 5.0]]), torch.tensor([[2.0, 3.0]])
    >>> siamese_scores(first, second, torch.tensor([1.0, 0.5])).tolist()
    [-2.0]
    """
    if first.shape != second.shape or first.shape[-1:] != weights.shape:
        wrong = f"vectors are {tuple(first.shape)} and {tuple(second.shape)}, weights {tuple(weights.shape)}"
        raise ShapeError(wrong, "(N, D), (N, D) and (D,)", "one weight for each number of a vector")
    return bias - (first - second).abs() @ weights


def contrastive_loss(
    distances: Tensor,
    labels: Tensor,
    positive_margin: float = 0.0,
    negative_margin: float = 1.0,
    power: int = 1,
) -> Tensor:
    """The mean over pairs of one identity, plus the mean over pairs of two, each of those with a loss.

    Args:
        distances: float (N, N).
        labels: int64 (N,), identities.
        positive_margin: distance that pairs of one identity may have.
        negative_margin: distance from which pairs of two identities have no loss.
        power: 2 squares what is beyond the margins, as published; 1 does not.

    Raises:
        ShapeError: distances and labels do not belong together.
        SettingError: the margins are not 0 <= positive < negative.

    >>> distances = torch.tensor([[0.0, 0.5, 0.25], [0.5, 0.0, 2.0], [0.25, 2.0, 0.0]])
    >>> contrastive_loss(distances, torch.tensor([0, 0, 1])).item()  # 0.5, and 1 - 0.25
    1.25
    """
    require_pairs(distances, labels)
    if not 0 <= positive_margin < negative_margin:
        raise SettingError(
            f"margins are {positive_margin} and {negative_margin}",
            "0 <= positive < negative: else equal vectors have no loss",
            "negative_margin 1",
        )
    same, other = same_and_other(labels)
    near = (distances - positive_margin).clamp(min=0) ** power
    apart = (negative_margin - distances).clamp(min=0) ** power
    return _mean_above_zero(near[same]) + _mean_above_zero(apart[other])


def triplet_losses(distances: Tensor, triplets: Tensor, margin: float = 0.2) -> Tensor:
    """(T,): max(d(a, p) - d(a, n) + margin, 0) of each triplet.

    Args:
        distances: float (N, N); the published loss has squares.
        triplets: int64 (T, 3), anchors, positives, negatives.
        margin: above 0. With 0 all vectors may be equal without a loss.

    Raises:
        SettingError: the margin is not above 0.

    >>> distances = torch.tensor([[0.0, 1.0, 1.5], [1.0, 0.0, 3.0], [1.5, 3.0, 0.0]])
    >>> triplet_losses(distances, torch.tensor([[0, 1, 2], [1, 0, 2]]), margin=1.0).tolist()
    [0.5, 0.0]
    """
    if not margin > 0:
        raise SettingError(f"margin is {margin}", "above 0: with 0 equal vectors have no loss", "margin 0.2")
    anchors, positives, negatives = triplets.unbind(1)
    return (distances[anchors, positives] - distances[anchors, negatives] + margin).clamp(min=0)


def softmax_losses(similarities: Tensor, labels: Tensor, temperature: float = 0.1) -> Tensor:
    """(N,): the cross-entropy of finding those of the same identity among all others of the batch.

    Args:
        similarities: float (N, N), cosines.
        labels: int64 (N,), identities; a picture without another one of its identity has no loss.
        temperature: above 0, by which cosines are divided.

    Raises:
        ShapeError: similarities and labels do not belong together.
        SettingError: the temperature is not above 0.

    >>> loss = softmax_losses(torch.ones(4, 4), torch.tensor([0, 1, 0, 1]))  # one of three, all alike
    >>> [round(value, 4) for value in loss.tolist()]
    [1.0986, 1.0986, 1.0986, 1.0986]
    """
    require_pairs(similarities, labels)
    _require_above_zero("temperature", temperature)
    same, other = same_and_other(labels)
    scores = (similarities / temperature).masked_fill(~(same | other), -torch.inf)
    if len(labels) < 2:
        return similarities.sum(1) * 0
    logs = scores.log_softmax(1).masked_fill(~same, 0)
    return -logs.sum(1) / same.sum(1).clamp(min=1)


def cosine_margin_losses(cosines: Tensor, labels: Tensor, margin: float = 0.2, scale: float = 16.0) -> Tensor:
    """(N,): cross-entropy of scaled cosines, of which the right one is lowered by a margin.

    Args:
        cosines: float (N, K), between vectors and the centres of K identities.
        labels: int64 (N,), 0..K-1.
        margin: 0 or more; 0.35 and a scale of 64 for many identities in the paper.
        scale: above 0, by which cosines are multiplied.

    Raises:
        SettingError: the margin is below 0, or the scale not above it.

    >>> loss = cosine_margin_losses(torch.tensor([[1.0, 0.8]]), torch.tensor([0]), margin=0.2)
    >>> round(loss.item(), 4)  # two equal scores
    0.6931
    """
    _require_above_zero("scale", scale)
    if not margin >= 0:
        raise SettingError(f"margin is {margin}", "0 or more", "margin 0.2")
    lowered = cosines - margin * F.one_hot(labels, cosines.shape[1]).to(cosines.dtype)
    return F.cross_entropy(scale * lowered, labels, reduction="none")


def _mean_above_zero(values: Tensor) -> Tensor:
    """The mean of the numbers above 0; 0 with a gradient where there are none."""
    return values.sum() / (values > 0).sum().clamp(min=1)


def _require_above_zero(name: str, value: float) -> None:
    if not value > 0:
        raise SettingError(f"{name} is {value}", "above 0", f"leave {name} out")
