"""Losses of segmentations by name, sums of them, and the weights by which rare classes count more.

"cross_entropy+dice" --> {"cross_entropy": ..., "dice": ...}        pixels of each class --> weights (K,)
"""

from collections.abc import Callable

import torch
from torch import Tensor

from striate.errors import SettingError
from striate.ops.mask_losses import dice_loss, jaccard_loss, lovasz_softmax, pixel_cross_entropy, pixel_focal

Loss = Callable[[Tensor, Tensor, Tensor | None, int], Tensor]
"""Scores (N, K, H, W), labels (N, H, W), weights (K,) or None, the ignored value -> a number."""

LOSSES: dict[str, Loss] = {
    "cross_entropy": pixel_cross_entropy,
    "focal": pixel_focal,
    "dice": lambda scores, labels, weights, ignore: dice_loss(scores, labels, ignore),
    "jaccard": lambda scores, labels, weights, ignore: jaccard_loss(scores, labels, ignore),
    "lovasz": lambda scores, labels, weights, ignore: lovasz_softmax(scores, labels, ignore),
}
"""Those of areas count all classes alike: weights do not matter to them."""


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


def rare_class_weights(pixels: Tensor) -> Tensor:
    """float32 (K,): weights by which rare classes count more; their mean over all pixels is 1.

    w = 1 / log(1.02 + share): a class without pixels has 36 times the weight of one that is alone.

    Source: Paszke, Chaurasia, Kim, Culurciello 2016 (ENet), section 5.2.

    Args:
        pixels: (K,), pixels of each class.

    >>> [round(weight, 2) for weight in rare_class_weights(torch.tensor([99, 1])).tolist()]
    [0.82, 19.26]
    """
    share = pixels.double() / pixels.sum().clamp(min=1)
    weights = 1 / (1.02 + share).log()
    mean = (share * weights).sum()
    return (weights / torch.where(mean > 0, mean, 1)).float()
