"""What a network gives: one tensor, or several in tuples, lists and dictionaries; as a flat list and back.

    {"scores": S, "boxes": (B4, B8)}  --flat--> [S, B4, B8], structure  --nested--> the same again

Graphs know flat lists only. The structure is kept beside them as text.
"""

from collections.abc import Callable
from typing import Any

from torch import Tensor
from torch.utils._pytree import (
    tree_flatten,
    tree_leaves,
    tree_map,
    tree_unflatten,
    treespec_dumps,
    treespec_loads,
)

Raw = Any
"""One tensor, or tensors in tuples, lists and dictionaries. Each has the N images as its first axis."""


def flat(raw: Raw) -> tuple[list[Tensor], str]:
    """The tensors in order, and the structure that they had.

    >>> import torch
    >>> tensors, structure = flat({"b": torch.zeros(1), "a": (torch.ones(2),)})
    >>> nested(tensors, structure)
    {'b': tensor([0.]), 'a': (tensor([1., 1.]),)}
    """
    tensors, structure = tree_flatten(raw)
    return tensors, treespec_dumps(structure)


def nested(tensors: list[Tensor], structure: str) -> Raw:
    """The inverse of ``flat``."""
    return tree_unflatten(tensors, treespec_loads(structure))


ONE_TENSOR = treespec_dumps(tree_flatten(0)[1])
"""The structure of a single tensor."""


def each(function: Callable[[Tensor], Tensor], raw: Raw) -> Raw:
    """The same done to every tensor."""
    return tree_map(function, raw)


def mean_of(one: Raw, other: Raw) -> Raw:
    """The mean of two outputs of the same structure, tensor by tensor."""
    return tree_map(lambda a, b: (a + b) / 2, one, other)


def rows_of(raw: Raw) -> int:
    """N, the images.

    >>> import torch
    >>> rows_of({"scores": torch.zeros(3, 2)})
    3
    """
    return len(tree_leaves(raw)[0])
