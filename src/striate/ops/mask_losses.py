"""Losses of scores of pixels: plain tensors in, one number out, and 0 where every pixel is ignored.

    cross-entropy    mean over counted pixels of  -w_t log p_t     p: softmax of the scores, t: the true class
    focal            mean over counted pixels of  -w_t (1 - p_t)^gamma log p_t
    Dice             1 - mean over classes of  2 sum(p y) / (sum p + sum y)     y: 1 where the class is true
    Jaccard          1 - mean over classes of  sum(p y) / (sum p + sum y - sum(p y))
    Lovasz-softmax   mean over classes of the Lovasz extension of 1 - IoU, at the errors |y - p|

Dice, Jaccard and Lovasz count over the whole batch, and take the mean over the classes that it shows.

Sources: Lin et al. 2017, section 3 (focal), https://arxiv.org/abs/1708.02002; Milletari, Navab, Ahmadi 2016,
section 3 (Dice), https://arxiv.org/abs/1606.04797; Berman, Triki, Blaschko 2018, algorithm 1 (Lovasz),
https://arxiv.org/abs/1705.08790.
"""

import torch
from torch import Tensor
from torch.nn import functional as F

from striate.errors import LabelError, SettingError, ShapeError
from striate.ops.boxes import wide
from striate.ops.pixel_confusion import IGNORE


def pixel_cross_entropy(
    scores: Tensor,
    labels: Tensor,
    weights: Tensor | None = None,
    ignore: int = IGNORE,
    smoothing: float = 0.0,
) -> Tensor:
    """The mean over counted pixels, weighted by their classes.

    Args:
        scores: (N, K, ...), raw.
        labels: whole numbers (N, ...), 0..K-1, or ``ignore``.
        weights: (K,), of the classes; None for 1.
        ignore: pixels with this value do not count.
        smoothing: share of the truth that is spread evenly over all classes, 0..1.

    Raises:
        ShapeError: the tensors do not fit each other.
        LabelError: a label is neither a class nor ``ignore``.
        SettingError: smoothing is not 0..1.

    >>> round(pixel_cross_entropy(torch.zeros(1, 2, 3), torch.tensor([[0, 1, 255]])).item(), 4)  # log 2
    0.6931
    """
    truth, counted = _counted(scores, labels, ignore)
    if not 0 <= smoothing <= 1:
        raise SettingError(f"smoothing is {smoothing}", "0..1", "smoothing=0.1")
    share = _shares(truth, counted, weights)
    losses = F.cross_entropy(wide(scores), truth, reduction="none")
    if smoothing:
        own = 1.0 if weights is None else weights.to(losses).view(-1, *(1,) * (scores.dim() - 2))
        spread = -(wide(scores).log_softmax(1) * own).mean(1) * counted
        return ((1 - smoothing) * share * losses + smoothing * spread).sum() / _least(share.sum())
    return (share * losses).sum() / _least(share.sum())


def pixel_focal(
    scores: Tensor, labels: Tensor, weights: Tensor | None = None, ignore: int = IGNORE, gamma: float = 2.0
) -> Tensor:
    """Cross-entropy in which pixels that are known well count little; errors as ``pixel_cross_entropy``.

    Args:
        scores: (N, K, ...), raw.
        labels: whole numbers (N, ...), 0..K-1, or ``ignore``.
        weights: (K,), of the classes; None for 1.
        ignore: pixels with this value do not count.
        gamma: 0 or more; 0 is cross-entropy.

    >>> round(pixel_focal(torch.zeros(1, 2, 1), torch.tensor([[0]])).item(), 4)  # log 2 / 4
    0.1733
    """
    truth, counted = _counted(scores, labels, ignore)
    if not gamma >= 0:
        raise SettingError(f"gamma is {gamma}", "0 or more", "gamma=2")
    share = _shares(truth, counted, weights)
    losses = F.cross_entropy(wide(scores), truth, reduction="none")
    return (share * (1 - (-losses).exp()) ** gamma * losses).sum() / _least(share.sum())


def dice_loss(scores: Tensor, labels: Tensor, ignore: int = IGNORE, smooth: float = 0.0) -> Tensor:
    """1 - the mean Dice of the classes that the batch shows; errors as ``pixel_cross_entropy``.

    Args:
        scores: (N, K, ...), raw.
        labels: whole numbers (N, ...), 0..K-1, or ``ignore``.
        ignore: pixels with this value do not count.
        smooth: added above and below the line, pixels.

    >>> round(dice_loss(torch.zeros(1, 2, 2), torch.tensor([[0, 0]])).item(), 4)  # 1 - 2 / (1 + 2)
    0.3333
    """
    both, guessed, true = _soft_areas(scores, labels, ignore)
    return _missed(2 * both + smooth, guessed + true + smooth, true)


def jaccard_loss(scores: Tensor, labels: Tensor, ignore: int = IGNORE, smooth: float = 0.0) -> Tensor:
    """1 - the mean IoU of the classes that the batch shows; arguments and errors as ``dice_loss``.

    >>> round(jaccard_loss(torch.zeros(1, 2, 2), torch.tensor([[0, 0]])).item(), 4)  # 1 - 1 / 2
    0.5
    """
    both, guessed, true = _soft_areas(scores, labels, ignore)
    return _missed(both + smooth, guessed + true - both + smooth, true)


def lovasz_softmax(scores: Tensor, labels: Tensor, ignore: int = IGNORE) -> Tensor:
    """The mean Lovasz extension of 1 - IoU over the classes that the batch shows; errors as ``dice_loss``.

    Args:
        scores: (N, K, ...), raw.
        labels: whole numbers (N, ...), 0..K-1, or ``ignore``.
        ignore: pixels with this value do not count.

    >>> round(lovasz_softmax(torch.zeros(1, 2, 2), torch.tensor([[0, 0]])).item(), 4)  # both errors are 1/2
    0.5
    """
    truth, counted = _counted(scores, labels, ignore)
    likely, known = wide(scores).softmax(1).movedim(1, -1)[counted], truth[counted]
    parts = [scores.sum() * 0.0]
    shown = torch.unique(known).tolist()
    for one in shown:
        true = (known == one).to(likely)
        errors, order = (true - likely[:, one]).abs().sort(descending=True)
        parts.append(errors @ _lovasz_gradient(true[order]))
    return torch.stack([part.to(likely) for part in parts]).sum() / max(len(shown), 1)


def _lovasz_gradient(true: Tensor) -> Tensor:
    """(P,): by how much 1 - IoU grows with each error, of pixels (P,) in falling order of their errors."""
    union = true.sum() + (1 - true).cumsum(0)
    jaccard = 1 - (true.sum() - true.cumsum(0)) / union
    return torch.cat([jaccard[:1], jaccard[1:] - jaccard[:-1]])


def _soft_areas(scores: Tensor, labels: Tensor, ignore: int) -> tuple[Tensor, Tensor, Tensor]:
    """Of each class (K,): pixels that are true and likely, likely, and true."""
    truth, counted = (one.flatten(1) for one in _counted(scores, labels, ignore))
    likely = wide(scores).softmax(1).flatten(2)
    right = likely.gather(1, truth[:, None])[:, 0] * counted  # no table (N, K, P) of zeros and ones
    both = likely.new_zeros(scores.shape[1]).scatter_add(0, truth.flatten(), right.flatten())
    true = truth[counted].bincount(minlength=scores.shape[1])
    return both, (likely * counted[:, None]).sum((0, 2)), true.to(likely)


def _missed(above: Tensor, below: Tensor, true: Tensor) -> Tensor:
    """1 - the mean of a quotient over the classes with a true pixel; 0 without any."""
    there = (true > 0).to(above)
    missed = 1 - above / torch.where(true > 0, below, torch.ones_like(below))
    return (there * missed).sum() / _least(there.sum())


def _shares(truth: Tensor, counted: Tensor, weights: Tensor | None) -> Tensor:
    """(N, ...): the weight of every pixel, 0 where it does not count."""
    return counted.float() if weights is None else weights[truth] * counted


def _least(total: Tensor) -> Tensor:
    """A divisor that is never 0."""
    return torch.where(total > 0, total, torch.ones_like(total))


def _counted(scores: Tensor, labels: Tensor, ignore: int) -> tuple[Tensor, Tensor]:
    """Labels with 0 in the place of ``ignore``, int64, and which pixels count."""
    if scores.dim() < 2 or labels.shape != (len(scores), *scores.shape[2:]) or labels.is_floating_point():
        raise ShapeError(
            f"scores are {tuple(scores.shape)}, labels {labels.dtype} {tuple(labels.shape)}",
            "scores (N, K, H, W) and whole numbers (N, H, W)",
            "labels of the size of the scores",
        )
    counted = labels != ignore
    truth = torch.where(counted, labels, 0).long()
    if truth.device.type == "cpu" and truth.numel() and not torch.compiler.is_compiling():
        first, last = torch.aminmax(truth)
        if first < 0 or last >= scores.shape[1]:
            strange = [value for value in torch.unique(truth).tolist() if not 0 <= value < scores.shape[1]]
            raise LabelError(
                f"labels hold the values {strange[:8]}",
                f"0..{scores.shape[1] - 1}, or {ignore} for pixels to skip",
                "masks of the classes that the network was made for",
            )
    return truth, counted
