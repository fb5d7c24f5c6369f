"""What a network gives: one tensor, or several in tuples, lists and dictionaries; as a flat list and back.

    {"scores": S, "boxes": (B4, B8)}  --flat--> [S, B4, B8], structure  --nested--> the same again

Graphs know flat lists only. The structure is kept beside them as text.
"""

from typing import Any

from torch import Tensor
from torch.utils._pytree import tree_flatten, tree_unflatten, treespec_dumps, treespec_loads

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
