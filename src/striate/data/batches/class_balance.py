"""Rare classes that count as much as frequent ones: by drawing their pictures more often, or by weights.

cats 900, owls 100  --drawn-->    cats 500, owls 500 an epoch
                    --weighed-->  a cat 0.56, an owl 5
"""

import torch
from numpy.typing import ArrayLike
from torch import Tensor

from striate.data.batches.shuffle import seed_from


def balanced(labels: Tensor, seed: int, epoch: int) -> Tensor:
    """int64 (N,): an order in which every class comes equally often, the same for the same arguments.

    Pictures of rare classes come again and again, those of frequent ones take turns over the epochs; none
    comes once more before all others of its class came as often.

    Args:
        labels: int64 (N,); classes without pictures get no place.

    >>> labels = torch.tensor([0, 0, 0, 0, 0, 1])
    >>> labels[balanced(labels, seed=0, epoch=0)].sum().item()
    3
    """
    generator = torch.Generator().manual_seed(seed_from(seed, epoch))
    counts = labels.bincount()
    classes = torch.tensor_split(labels.argsort(stable=True), counts[counts > 0].cumsum(0)[:-1])
    chosen = []
    for place, own in enumerate(classes):
        wanted = len(labels) // len(classes) + (place < len(labels) % len(classes))
        rounds = [torch.randperm(len(own), generator=generator) for _ in range(-(-wanted // len(own)))]
        chosen.append(own[torch.cat(rounds)[:wanted]])
    every = torch.cat(chosen)
    return every[torch.randperm(len(every), generator=generator)]


def class_weights(counts: ArrayLike) -> Tensor:
    """float32 (K,): weights that give every class the same sum; their mean over all pictures is 1.

    Args:
        counts: (K,), pictures of each class. A class without any has the weight 0.

    >>> class_weights([900, 100]).tolist()
    [0.5555555820465088, 5.0]
    """
    number = torch.as_tensor(counts, dtype=torch.float64)
    weights = number.sum() / (number.count_nonzero() * number)
    return torch.where(number > 0, weights, 0.0).float()
