"""Which anchors, and which images, a training looks at, so that the rare ones are seen often enough."""

from collections.abc import Sequence
from typing import NamedTuple

import torch
from torch import Tensor

from striate.errors import SettingError


class Sampled(NamedTuple):
    """Indices, int64, of the anchors of an image that the loss looks at."""

    positive: Tensor
    negative: Tensor


def sample_balanced(
    labels: Tensor, count: int, positive_fraction: float, generator: torch.Generator | None = None
) -> Sampled:
    """Draw positives and negatives; where positives are few, negatives fill up.

    Args:
        labels: (A,), above 0 for an object, 0 for background, below 0 for what is ignored.
        count: how many in all, at most.
        positive_fraction: 0..1, share of positives, at most.
        generator: draws, on the CPU.

    Returns:
        Indices of positives and of negatives, sorted. The same numbers as torchvision's
        BalancedPositiveNegativeSampler, which draws others.

    >>> labels = torch.tensor([0, 0, 1, 0, -1])
    >>> [len(x) for x in sample_balanced(labels, 4, 0.5, torch.Generator().manual_seed(0))]
    [1, 3]
    """
    if labels.dim() != 1 or not 0 <= positive_fraction <= 1 or count < 0:
        raise SettingError(
            f"labels {tuple(labels.shape)}, count {count}, positive_fraction {positive_fraction}",
            "labels (A,), a count, and a share 0..1",
            "count=256, positive_fraction=0.5",
        )
    positive, negative = (labels > 0).nonzero().squeeze(1), (labels == 0).nonzero().squeeze(1)
    few = _drawn(positive, int(count * positive_fraction), generator)
    return Sampled(few, _drawn(negative, count - len(few), generator))


def repeat_factors(classes: Sequence[Sequence[int]], threshold: float) -> Tensor:
    """How often each image is shown in an epoch, so that rare classes are seen.

    Args:
        classes: the classes in each image.
        threshold: a class in a smaller share of images is repeated.

    Returns:
        float64 (images,): the largest of its classes' sqrt(threshold / share), at least 1.

    Source: Gupta, Dollar, Girshick 2019, appendix B, https://arxiv.org/abs/1908.03195.

    >>> repeat_factors([[0], [0], [0], [0, 1]], 0.5).tolist()
    [1.0, 1.0, 1.0, 1.4142135623730951]
    """
    seen: dict[int, int] = {}
    for names in classes:
        for name in set(names):
            seen[name] = seen.get(name, 0) + 1
    factor = {name: (threshold * len(classes) / count) ** 0.5 for name, count in seen.items()}
    return torch.tensor([max([1.0, *(factor[n] for n in names)]) for names in classes], dtype=torch.float64)


def _drawn(indices: Tensor, count: int, generator: torch.Generator | None) -> Tensor:
    """Some of the indices, sorted."""
    order = torch.randperm(len(indices), generator=generator)[:count]
    return indices[order.sort().values.to(indices.device)]
