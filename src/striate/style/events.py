"""What a painting says while it goes on. Whoever listens shows it; this room prints nothing.

Planned -> Painted, Painted, ... -> Kept?          (Kept: Ctrl-C ended it early)
"""

from collections.abc import Callable
from dataclasses import dataclass

from torch import Tensor


@dataclass(frozen=True)
class Planned:
    """Before the first step.

    Args:
        notes: what was decided, sentences for the user.
        memory: bytes that it will take at most, about.
        steps: in all.
    """

    notes: tuple[str, ...]
    memory: int
    steps: int


@dataclass(frozen=True)
class Painted:
    """After every step.

    Args:
        step: from 1, over all scales.
        steps: in all.
        size: (H, W) of this scale, pixels.
        costs: {total, content, style, variation} of the picture before the step.
        best: float (1, 3, H, W), the best picture of this scale so far.
    """

    step: int
    steps: int
    size: tuple[int, int]
    costs: dict[str, float]
    best: Tensor


@dataclass(frozen=True)
class TrainingStep:
    """After every step of the training of a fast style.

    Args:
        step: from 1.
        steps: in all.
        costs: {total, content, style, variation} of the batch.
    """

    step: int
    steps: int
    costs: dict[str, float]


@dataclass(frozen=True)
class TrainingInterrupted:
    """Ctrl-C ended the training of a style early; the network is written as it is.

    Args:
        step: that was done last.
        steps: in all.
    """

    step: int
    steps: int


Event = Planned | Painted | TrainingStep | TrainingInterrupted
Listener = Callable[[Event], None]
