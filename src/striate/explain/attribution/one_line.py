"""A record in one line: of tensors their shape instead of their numbers.

Explanation(values=(2, 3, 64, 64), method='gradcam', targets=('cat', 'dog'), layer='stages.2', ...)
"""

from dataclasses import fields
from typing import Any

from torch import Tensor

MOST = 4
"""Members of a tuple that are shown."""


def one_line(record: Any) -> str:
    """What a dataclass holds, in one line.

    >>> from dataclasses import make_dataclass
    >>> import torch
    >>> one_line(make_dataclass("Two", ["values", "names"])(torch.zeros(9, 2), tuple("abcdef")))
    "Two(values=(9, 2), names=('a', 'b', 'c', 'd', ... 6 in all))"
    """
    words = [f"{field.name}={_shown(getattr(record, field.name))}" for field in fields(record) if field.repr]
    return f"{type(record).__name__}({', '.join(words)})"


def _shown(value: Any) -> str:
    """One value."""
    if isinstance(value, Tensor):
        return str(tuple(value.shape))
    if isinstance(value, tuple) and len(value) > MOST:
        return f"({', '.join(map(repr, value[:MOST]))}, ... {len(value)} in all)"
    return repr(value)
