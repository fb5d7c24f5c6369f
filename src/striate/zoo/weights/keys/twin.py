"""A twin: the same network in torchvision or timm, and what its tensors are called there.

    ours                          rules                                   theirs
    stages.0.1.conv2.weight  -->  ("^stages", "layers"), ...  -->  layers.0.1.conv2.weight

A rule is a regular expression and what stands in the place of every match: a text as in ``re.sub``, or a
function of the match where a number has to be computed. The rules of a family are applied in order, each to
what the one before made of the name. Tensors of the same numbers in another shape, (C,) for (C, 1, 1) or a
linear layer written as a convolution over the whole map, need no rule: loading reshapes them.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal, get_args

Source = Literal["torchvision", "timm"]
SOURCES: tuple[Source, ...] = get_args(Source)
Rules = tuple[tuple[str, str | Callable[[re.Match[str]], str]], ...]
"""Regular expression and replacement, from our name of a tensor to theirs."""


@dataclass(frozen=True)
class Twin:
    """Where a network of ours is found elsewhere.

    Args:
        torchvision: its name there; None where they do not have it.
        timm: its name there; None where they do not have it.
        torchvision_rules: from our names of its tensors to torchvision's.
        timm_rules: from our names of its tensors to timm's.
        timm_epsilon: of its norms in timm, where that is not ours.
    """

    torchvision: str | None = None
    timm: str | None = None
    torchvision_rules: Rules = ()
    timm_rules: Rules = ()
    timm_epsilon: float | None = None


def translated(key: str, rules: Rules) -> str:
    """The name after every rule.

    >>> translated("head.output.weight", (("^head.output", "fc"),))
    'fc.weight'
    """
    for pattern, replacement in rules:
        key = re.sub(pattern, replacement, key)
    return key
