"""Nearly the same picture under two identities: saved again, made smaller, or a little lighter.

picture --grey, 24 x 24, mean 0, length 1--> vector; a product of 0.99 or more: nearly the same

Such pairs decide a figure of verification: they are the hardest of all, and their answer is wrong. Pictures
without contrast are passed over.
"""

from collections.abc import Iterator

import numpy as np
import torch
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

BLOCK = 2_048


def near_identical(splits: Splits) -> Iterator[Finding]:
    """Pairs of nearly the same picture under two identities; nothing for other kinds of data."""
    parts = [part for part in splits.values() if part.annotations.identities() is not None]
    places = [(part, index) for part in parts for index in range(len(part))]
    if len(places) > MOST:
        places = [places[index] for index in np.linspace(0, len(places) - 1, MOST).astype(int)]
    if not places:
        return
    with decoding_threads() as pool:
        rows = torch.stack(list(pool.map(lambda place: small(*place), places)))
    whom = torch.tensor([int(part.labels[index]) for part, index in places])
    found = Findings()
    for start in range(0, len(rows), BLOCK):
        block = rows[start : start + BLOCK]
        near = (block @ rows.T >= LEAST) & (whom[start : start + BLOCK, None] != whom)
        for first, second in near.nonzero().tolist():
            if start + first < second:
                (one, a), (other, b) = places[start + first], places[second]
                names = (
                    f"{one.annotations.words(a)!r} is nearly {other.name(b)}, {other.annotations.words(b)!r}"
                )
                found.add("near-identical", one.name(a), names)
    yield from found


def small(part: Dataset, index: int) -> Tensor:
    """(SIDE * SIDE,): grey, mean 0 and length 1; zeros where it cannot be read or shows nothing."""
    try:
        image = part.image(index).float().mean(0)
    except ImageError:
        return torch.zeros(SIDE * SIDE)
    flat = F.interpolate(image[None, None], [SIDE, SIDE], mode="bilinear", antialias=True).flatten()
    flat = flat - flat.mean()
    return F.normalize(flat, dim=0) if flat.std() >= CONTRAST else torch.zeros_like(flat)
