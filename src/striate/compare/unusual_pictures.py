"""Pictures that deserve a look without being answered wrongly: nearly the same twice, and like no other.

pixels ------24 x 24, grey, see data/checks/near_identical----> near-duplicates with another class or split
model -------vectors, cosine distance to the nearest ten------> outliers, where a picture is one thing
"""

from collections.abc import Sequence
from itertools import islice
from typing import Any

import torch
from torch import Tensor

from striate.data.checks.near_identical import near_pairs, spread
from striate.data.dataset import Dataset
from striate.explain.embeddings.embed import embed
from striate.explain.embeddings.odd_pictures import searched_in_itself
from striate.tasks.model import TaskModel
from striate.tasks.suspect import LEAK, OUTLIER, TWICE, Suspect

ONE_THING = ("classification", "verification")
"""Tasks whose pictures have one class."""

MOST = 1_000
"""Near-duplicates that are named."""

FAR, FEWEST = 5.0, 30
"""Robust deviations above the median from which on a picture is an outlier, and how many have to be there.

Of a normal distribution 3 in ten million lie so far.
"""

TO_NORMAL = 1.4826
"""Standard deviations of a normal distribution in its median absolute deviation."""


def near_duplicates(
    places: Sequence[tuple[Dataset, int]], split: Sequence[str], truths: Sequence[str]
) -> list[Suspect]:
    """Pictures that are nearly another one, of another class or in another split.

    Args:
        places: the data set and the picture in it of each row.
        split: its split, by name.
        truths: its class; all "" where a picture is more than one thing.
    """
    keys = torch.stack([_numbered(split), _numbered(truths)], dim=1)
    found = []
    for first, second, product in islice(near_pairs(places, keys), MOST):
        own, other = truths[second], truths[first]
        kind, suggested = (TWICE, other) if own != other else (LEAK, "")
        found.append(Suspect(second, kind, product, own, suggested, like=first))
    return found


def outliers(model: TaskModel[Any], pictures: Dataset) -> list[Suspect]:
    """Pictures that are far from all others to a model; of very many some evenly spread ones are compared."""
    if len(pictures) < FEWEST:
        return []
    chosen = spread(len(pictures))
    found = searched_in_itself(embed(model, pictures.subset(chosen)))
    apart = deviations(found.distances.mean(1))
    far = zip(chosen[apart > FAR].tolist(), apart[apart > FAR].tolist(), strict=True)
    return [Suspect(row, OUTLIER, score, pictures.annotations.words(row)) for row, score in far]


def deviations(values: Tensor) -> Tensor:
    """How many robust deviations each of (N,) values lies above their median, as logarithms.

    >>> deviations(torch.tensor([1.0, 2.0, 4.0, 1024.0])).round(decimals=2).tolist()
    [-0.67, 0.0, 0.67, 6.07]
    """
    logs = values.double().clamp(min=1e-9).log()
    middle = logs.median()
    spread = TO_NORMAL * (logs - middle).abs().median()
    return (logs - middle) / spread.clamp(min=1e-9)


def _numbered(words: Sequence[str]) -> Tensor:
    """Equal words get equal numbers, int64 (N,)."""
    numbers = {word: number for number, word in enumerate(dict.fromkeys(words))}
    return torch.tensor([numbers[word] for word in words])
