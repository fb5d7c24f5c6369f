"""Losses of images as sums, and by what they are divided.

A loss of a batch is the sum over its images, divided by the sum of what each image counts.
"""

from collections.abc import Iterable, Mapping, Sequence
from types import MappingProxyType
from typing import NamedTuple

import torch
from torch import Tensor


class LossSums(NamedTuple):
    """Of N images.

    Args:
        sums: {name: (N,)}.
        positives: (N,), priors that learn an object: what losses are divided by.
        counts: {name: (N,)}, for losses that are divided by something else.
    """

    sums: dict[str, Tensor]
    positives: Tensor
    counts: Mapping[str, Tensor] = MappingProxyType({})

    def divisor(self, name: str) -> Tensor:
        """(N,): what each image counts for a loss."""
        return self.counts.get(name, self.positives)


def total_of(found: LossSums) -> dict[str, Tensor]:
    """{name: scalar}: the sums of all images, divided by what they count, 1 at least.

    >>> one = torch.ones(2)
    >>> total_of(LossSums({"class": one, "box": one}, 2 * one, {"box": 4 * one}))
    {'class': tensor(0.5000), 'box': tensor(0.2500)}
    """
    return {
        name: values.sum() / found.divisor(name).sum().clamp(min=1) for name, values in found.sums.items()
    }


def shares_of_images(found: LossSums) -> Tensor:
    """(N,): the losses of each image, divided by its own counts."""
    shares = [values / found.divisor(name).clamp(min=1) for name, values in found.sums.items()]
    return torch.stack(shares).sum(0)


def of_images(images: Iterable[tuple[dict[str, Tensor], int]]) -> LossSums:
    """Losses that share a divisor, of one image after the other.

    Args:
        images: for each its sums, scalars, and what it counts.

    >>> of_images([({"box": torch.tensor(3.0)}, 4)])
    LossSums(sums={'box': tensor([3.])}, positives=tensor([4]), counts={'box': tensor([4])})
    """
    rows = list(images)
    sums = {name: torch.stack([row[name] for row, _ in rows]) for name in rows[0][0]}
    counted = torch.tensor([count for _, count in rows], device=next(iter(sums.values())).device)
    return LossSums(sums, counted, dict.fromkeys(sums, counted))


def together(parts: Sequence[LossSums]) -> LossSums:
    """The losses of several parts of a network, each with its own divisors."""
    sums = {name: values for part in parts for name, values in part.sums.items()}
    counts = {name: part.divisor(name) for part in parts for name in part.sums}
    return LossSums(sums, parts[-1].positives, counts)
