"""Losses of segmentations, image by image: pixels that nobody has named do not count.

    cross_entropy   the mean over pixels of  -w log p              p: of the true class, w: its weight
    focal           the mean over pixels of  -w (1 - p)^2 log p
    dice            1 - the mean over the classes of an image of  2 sum(p t) / (sum p + sum t)

A loss of an image is a sum and what it is divided by, so that the loss of a batch is the mean over its pixels
(or classes), not over its images; where nothing counts it is 0.

Sources: Lin et al. 2017, section 3 (focal); Milletari, Navab, Ahmadi 2016, section 3 (Dice).
"""

from collections.abc import Callable
from typing import NamedTuple

from torch import Tensor
from torch.nn import functional as F

from striate.errors import SettingError

FOCUS = 2.0
"""The exponent of the focal loss."""

LEAST = 1e-6


class Parts(NamedTuple):
    """A loss of N images: sums (N,), and by what they are divided (N,)."""

    sums: Tensor
    counts: Tensor


Loss = Callable[[Tensor, Tensor, Tensor | None], Parts]
"""Scores (N, K, H, W), labels (N, H, W) with -1 where nothing counts, weights (K,) -> parts."""


def cross_entropy(scores: Tensor, labels: Tensor, weights: Tensor | None) -> Parts:
    """The sum over pixels, and the sum of their weights.

    >>> scores = torch.tensor([[[[0.0, 9.0]], [[0.0, 0.0]]]])
    >>> sums, counts = cross_entropy(scores, torch.tensor([[[1, -1]]]), None)
    >>> round((sums / counts).item(), 4)
    0.6931
    """
    losses = F.cross_entropy(scores, labels, weights, ignore_index=-1, reduction="none")
    return Parts(losses.flatten(1).sum(1), _weights(labels, weights).flatten(1).sum(1))


def focal(scores: Tensor, labels: Tensor, weights: Tensor | None) -> Parts:
    """The same, each pixel times (1 - p)^2: what is known well counts little."""
    losses = F.cross_entropy(scores, labels, ignore_index=-1, reduction="none")
    share = _weights(labels, weights)
    return Parts((share * (1 - (-losses).exp()) ** FOCUS * losses).flatten(1).sum(1), share.flatten(1).sum(1))


def dice(scores: Tensor, labels: Tensor, weights: Tensor | None) -> Parts:
    """1 - Dice of the classes that an image shows, and their number; weights do not matter to it."""
    known, classes = (labels >= 0).flatten(1), labels.clamp(min=0).flatten(1)
    likely = scores.softmax(1).flatten(2)
    right = likely.gather(1, classes[:, None])[:, 0] * known  # never a table (N, K, H, W) of zeros and ones
    nothing = likely.new_zeros(likely.shape[:2])
    both = nothing.scatter_add(1, classes, right)
    true = nothing.scatter_add(1, classes, known.to(likely))
    answered = (likely * known[:, None]).sum(2)
    there = (true > 0).to(likely)
    missed = 1 - 2 * both / (answered + true).clamp(min=LEAST)
    return Parts((there * missed).sum(1), there.sum(1))


LOSSES: dict[str, Loss] = {"cross_entropy": cross_entropy, "dice": dice, "focal": focal}


def losses_named(text: str) -> dict[str, Loss]:
    """The losses of a sum such as ``cross_entropy+dice``.

    Raises:
        SettingError: there is no such loss, or one stands twice.

    >>> list(losses_named("cross_entropy+dice"))
    ['cross_entropy', 'dice']
    """
    names = [name.strip() for name in text.split("+")]
    if any(name not in LOSSES for name in names) or len(set(names)) < len(names):
        expected = "one of " + ", ".join(LOSSES) + ", or a sum of them, as in cross_entropy+dice"
        raise SettingError(f"pixel_loss is {text!r}", expected, "pixel_loss cross_entropy")
    return {name: LOSSES[name] for name in names}


def total(parts: Parts) -> Tensor:
    """The loss of a batch: 0 where nothing counts."""
    return parts.sums.sum() / parts.counts.sum().clamp(min=LEAST)


def of_images(parts: Parts) -> Tensor:
    """(N,): the loss of each image."""
    return parts.sums / parts.counts.clamp(min=LEAST)


def rare_class_weights(pixels: Tensor) -> Tensor:
    """float32 (K,): weights by which rare classes count more; their mean over all pixels is 1.

    w = 1 / log(1.02 + share): a class without pixels has 50 times the weight of one alone, before scaling.

    Source: Paszke, Chaurasia, Kim, Culurciello 2016 (ENet), section 5.2.

    Args:
        pixels: (K,), pixels of each class.

    >>> rare_class_weights(torch.tensor([99, 1])).round(decimals=2).tolist()
    [0.84, 17.21]
    """
    share = pixels.double() / pixels.sum().clamp(min=1)
    weights = 1 / (1.02 + share).log()
    return (weights / (share * weights).sum().clamp(min=LEAST)).float()


def _weights(labels: Tensor, weights: Tensor | None) -> Tensor:
    """(N, H, W): the weight of each pixel, 0 where it does not count."""
    known = labels >= 0
    return known.float() if weights is None else weights[labels.clamp(min=0)] * known
