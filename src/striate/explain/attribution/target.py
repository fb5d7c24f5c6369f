"""What is explained: the score of a class for every image, an objective, or a function of the output.

output (N, K) --target: a name, a number, one for each image, or none--> scores (N,)
output, layers --objective or function---------------------------------> scores (N,)
"""

from collections.abc import Callable, Iterable, Sequence
from operator import index
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from striate.errors import SettingError, ShapeError
from striate.explain.attribution.layer_names import never_reached
from striate.explain.synthesis.objectives import Objective, Reading
from striate.records import class_number

Target = str | int | Sequence[str | int] | Tensor | Objective | Callable[[Any], Tensor] | None
"""A class for all images, one for each, an objective, a function of the output, or None for the model's own
answer."""


class TargetSelector:
    """Which score of every image is explained.

    Args:
        model: its ``classes``, if it has them, are names that a target may use.
        target: see ``Target``.
        count: N images.

    Attributes:
        numbers: of the classes, once an output was seen; empty for a function.
        layers: that an objective reads.
        seen: what they gave.

    Raises:
        ShapeError: there are more or fewer targets than images.
    """

    def __init__(self, model: nn.Module, target: Target, count: int) -> None:
        self._names: Sequence[str] | None = getattr(model, "classes", None)
        self._function = target if callable(target) and not isinstance(target, Tensor) else None
        self._wanted = [None] * count if self._function else one_target_each(target, count)  # type: ignore[arg-type]
        self.numbers: list[int] = []
        self.layers = target.layers if isinstance(target, Objective) else ()
        self.seen: dict[str, Any] = {}

    @property
    def is_open(self) -> bool:
        """Whether the model's own answer must be known first."""
        return not self.numbers and None in self._wanted and self._function is None

    def part(self, start: int, end: int) -> "TargetSelector":
        """The choice for some of the images."""
        part = object.__new__(TargetSelector)
        part._names, part._function = self._names, self._function
        part._wanted, part.numbers = self._wanted[start:end], []
        part.layers, part.seen = self.layers, self.seen
        return part

    def __call__(self, output: Any) -> Tensor:
        """Output -> the explained scores (N,).

        Raises:
            LabelError: there is no such class.
            ShapeError: the output is not one row of scores for each image.
        """
        count = len(self._wanted)
        if isinstance(self._function, Objective):
            self._require_reached()
            output = Reading(output, dict(self.seen), self._names)
        if self._function is not None:
            return finite(_one_each(self._function(output), count))
        scores = _rows(output, count)
        if not self.numbers:
            classes = self._names or [str(number) for number in range(scores.shape[1])]
            self.numbers = [
                best if name is None else class_number(classes, name)
                for name, best in zip(self._wanted, scores.argmax(1).tolist(), strict=True)
            ]
        return finite(scores[torch.arange(count), self.numbers])

    def _require_reached(self) -> None:
        for name in self.layers:
            if name not in self.seen:
                raise never_reached(name)


def one_target_each(
    target: str | int | Sequence[str | int] | Tensor | None, count: int
) -> list[str | int | None]:
    """One class for each of ``count`` images, None where the model shall choose.

    >>> one_target_each("cat", 2)
    ['cat', 'cat']
    """
    if isinstance(target, Tensor | np.ndarray | np.generic):
        target = target.tolist()
    if target is None or isinstance(target, str | int):
        return [target] * count
    targets = [_class(name) for name in target] if isinstance(target, Iterable) else [_class(target)]
    if len(targets) != count:
        raise ShapeError(
            f"there are {len(targets)} targets for {count} images",
            "one class for all images, or one for each",
            "leave target out for the class that the model predicts",
        )
    return [*targets]


def _class(name: Any) -> str | int:
    """A name or a number of a class, of any kind of integer.

    Raises:
        SettingError: it is neither.
    """
    if isinstance(name, str):
        return name
    try:
        return index(name)
    except TypeError as reason:
        raise SettingError(
            f"the target is {name!r}",
            "the name or the number of a class, one for each picture, or a function of the output",
            "leave target out for the class that the model predicts",
        ) from reason


def finite(values: Tensor) -> Tensor:
    """The values, if all are numbers.

    Raises:
        SettingError: some are not.
    """
    if bool(torch.isfinite(values.detach()).all()):
        return values
    raise SettingError(
        "the scores, or what was found of them, are not finite",
        "finite numbers",
        "look for numbers that are not finite in the weights of the model, and in the pixels",
    )


def _one_each(scores: Any, count: int) -> Tensor:
    """What a target function gave: one number for each image, or one for all of them."""
    if not isinstance(scores, Tensor) or scores.shape not in ((), (count,)):
        given = f"the shape {tuple(scores.shape)}" if isinstance(scores, Tensor) else type(scores).__name__
        raise ShapeError(
            f"the target function gave {given} for {count} images",
            f"a tensor ({count},), one number for each image, or a single number",
            "target=lambda output: output[:, 3]",
        )
    return scores


def _rows(output: Any, count: int) -> Tensor:
    """Class scores (N, K)."""
    if isinstance(output, Tensor) and output.ndim == 2 and output.shape[0] == count and output.shape[1]:
        return output
    shape = (
        f"scores of the shape {tuple(output.shape)}" if isinstance(output, Tensor) else type(output).__name__
    )
    raise ShapeError(
        f"the model gives {shape} for {count} images",
        f"({count}, K), one row of class scores for each image",
        "explain a classifier, or say what is explained: target=lambda output: ...",
    )
