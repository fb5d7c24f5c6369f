"""Nearly the same picture twice: saved again, made smaller, or a little lighter.

picture --grey, 24 x 24, mean 0, length 1--> vector; a product of 0.99 or more: nearly the same

Under two identities such pairs decide a figure of verification: they are the hardest of all, and their answer
is wrong. Pictures without contrast are passed over.
"""

from collections.abc import Iterator, Sequence

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.nn import functional as F

from striate.data.checks.findings import Finding, Findings
from striate.data.dataset import Dataset, Splits
from striate.data.decoding.threads import decoding_threads
from striate.errors import ImageError

SIDE, LEAST = 24, 0.99
"""Pixels of a side of the small picture; product of two from which on they are nearly the same."""

CONTRAST = 2.0
"""Levels of 255: standard deviation below which a picture shows nothing."""

MOST = 20_000
"""Pictures that are compared with each other; of more, so many evenly spread ones."""

BLOCK = 512
"""Pictures that are compared with all at once: 41 MB of products."""


def near_identical(splits: Splits) -> Iterator[Finding]:
    """Pairs of nearly the same picture under two identities; nothing for other kinds of data."""
    parts = [part for part in splits.values() if part.annotations.identities() is not None]
    places = [(part, index) for part in parts for index in range(len(part))]
    whom = torch.tensor([int(part.labels[index]) for part, index in places]).reshape(-1, 1)
    found = Findings()
    for first, second, _ in near_pairs(places, whom):
        (one, a), (other, b) = places[first], places[second]
        names = f"{one.annotations.words(a)!r} is nearly {other.name(b)}, {other.annotations.words(b)!r}"
        found.add("near-identical", one.name(a), names)
    yield from found


def near_pairs(places: Sequence[tuple[Dataset, int]], keys: Tensor) -> Iterator[tuple[int, int, float]]:
    """Pairs of pictures that are nearly the same, though one of their keys differs.

    Args:
        places: a data set and the picture in it, N of them; of more than ``MOST`` evenly spread ones count.
        keys: int64 (N, k), such as the class and the split of each.

    Returns:
        positions in ``places``, the first one first, and the product of both, ``LEAST`` to 1.
    """
    if not places:
        return
    chosen = spread(len(places))
    with decoding_threads() as pool:
        rows = torch.stack(list(pool.map(lambda index: small(*places[index]), chosen)))
    whose = keys[torch.from_numpy(chosen)]
    for start in range(0, len(rows), BLOCK):
        products = rows[start : start + BLOCK] @ rows[start:].T
        for a, b in (products >= LEAST).nonzero().tolist():
            if a < b and bool((whose[start + a] != whose[start + b]).any()):
                yield int(chosen[start + a]), int(chosen[start + b]), float(products[a, b])


def spread(count: int) -> NDArray[np.int64]:
    """Numbers of the pictures that are compared, of ``count``: all, or ``MOST`` evenly spread ones."""
    return np.linspace(0, count - 1, min(count, MOST)).astype(np.int64)


def small(part: Dataset, index: int) -> Tensor:
    """(SIDE * SIDE,): grey, mean 0 and length 1; zeros where it cannot be read or shows nothing."""
    try:
        image = part.image(index).float().mean(0)
    except ImageError:
        return torch.zeros(SIDE * SIDE)
    flat = F.interpolate(image[None, None], [SIDE, SIDE], mode="bilinear", antialias=True).flatten()
    flat = flat - flat.mean()
    return F.normalize(flat, dim=0) if flat.std() >= CONTRAST else torch.zeros_like(flat)
