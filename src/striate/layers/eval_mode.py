"""Looking at a network without changing it: evaluation mode for a while, then every part as it was."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from threading import Lock

from torch import nn


@dataclass
class _Use:
    """Who uses a module in evaluation mode, and the mode it had before."""

    training: bool
    users: int = 0


_LOCK = Lock()
_USES: dict[int, _Use] = {}  # by the id of a module, which lives while it is used


@contextmanager
def evaluating(model: nn.Module) -> Iterator[None]:
    """Evaluation mode inside; afterwards each module is in its own mode again, also when some were frozen.

    Several threads may be inside with one model, or with models that share parts: the last one to leave puts
    the modes back.

    >>> net = nn.Sequential(nn.Dropout(), nn.BatchNorm2d(1).eval())
    >>> with evaluating(net):
    ...     [part.training for part in net]
    [False, False]
    >>> [part.training for part in net]
    [True, False]
    """
    parts = list(model.modules())
    with _LOCK:
        for part in parts:
            _USES.setdefault(id(part), _Use(part.training)).users += 1
    try:
        with _LOCK:
            if any(part.training for part in parts):
                model.eval()
        yield
    finally:
        with _LOCK:
            for part in parts:
                _leave(part)


def _leave(part: nn.Module) -> None:
    """One user less; the last one puts the mode back."""
    use = _USES[id(part)]
    use.users -= 1
    if not use.users:
        del _USES[id(part)]
        if part.training != use.training:
            part.training = use.training
