"""A loss of somebody's own, a function of (raw, targets): a mean over the batch, or a number for each image.

raw      what the network gives, in float32
targets  ``Targets.plain`` of the batch: class numbers (N,), masks (N, H, W), else targets of ours
"""

from collections.abc import Callable
from typing import Any, final

import torch
from torch import Tensor, nn

from striate.errors import SettingError, StriateError
from striate.files.regular import reason_of
from striate.records import Targets
from striate.tasks.raw_outputs import Raw, each, rows_of

EXPECTED = "a scalar tensor, or one number for each image (N,), by operations of torch"


@final
class UserLoss:
    """A loss of somebody's own.

    Args:
        function: of (raw, targets); a module without weights serves too.
        name: for messages and columns.

    Raises:
        SettingError: it has weights to learn, which no optimizer would see.
    """

    def __init__(self, function: Callable[[Any, Any], Any], name: str) -> None:
        self.function, self.name = function, name
        if isinstance(function, nn.Module) and any(one.requires_grad for one in function.parameters()):
            wrong = f"loss {name} has weights to learn"
            raise SettingError(wrong, "a loss without weights", "put them into the network")

    def __call__(self, raw: Raw, targets: Targets) -> Tensor:
        """The loss of a batch, a scalar with a gradient.

        Raises:
            SettingError: the function fails, or gives something else.
        """
        found = self._checked(raw, targets)
        if torch.is_grad_enabled() and not found.requires_grad:
            wrong = f"loss {self.name} does not depend on what the network gives"
            raise SettingError(wrong, EXPECTED, "operations of torch on raw, without .detach() and .item()")
        return found.mean()

    def of_each(self, raw: Raw, targets: Targets) -> Tensor:
        """(N,): the loss of each image; of a function that gives a mean, images are asked for one by one.

        Raises:
            SettingError: the function fails, or gives something else.
        """
        with torch.no_grad():
            found = self._checked(raw, targets)
            if found.ndim or not len(targets):
                return found.reshape(-1)
            rows = range(len(targets))
            alone = [self._checked(each(_row(number), raw), targets.row(number)) for number in rows]
            return torch.stack([one.reshape(()) for one in alone])

    def _checked(self, raw: Raw, targets: Targets) -> Tensor:
        """What the function gives: a scalar, or (N,)."""
        raw = each(lambda part: part.float() if part.is_floating_point() else part, raw)
        try:
            found = self.function(raw, targets.plain)
        except StriateError:
            raise
        except Exception as reason:  # of somebody's own code
            wrong = f"loss {self.name} failed: {type(reason).__name__}: {reason_of(reason)}"
            raise SettingError(wrong, "a function of (raw, targets)", _advice(raw, targets)) from reason
        if isinstance(found, Tensor) and found.shape in ((), (rows_of(raw),)):
            return found
        given = f"a tensor {tuple(found.shape)}" if isinstance(found, Tensor) else f"a {type(found).__name__}"
        raise SettingError(f"loss {self.name} gives {given}", EXPECTED, "the mean over all but the images")


def _row(number: int) -> Callable[[Tensor], Tensor]:
    return lambda part: part[number : number + 1]


def _advice(raw: Raw, targets: Targets) -> str:
    """What the function is called with."""
    shape = tuple(raw.shape) if isinstance(raw, Tensor) else "several tensors"
    plain = targets.plain
    known = f"{plain.dtype} {tuple(plain.shape)}" if isinstance(plain, Tensor) else type(plain).__name__
    return f"raw is {shape}, targets are {known}"
