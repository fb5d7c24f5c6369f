"""What is explained: one number of the output for every image, whatever shape the output has.

output (N, K) ------ a class: a name, a number, one for each image, or none --> scores (N,)
output of any shape -an index: (3, 1), ("points", 3, 1), (7, mask) -----------> scores (N,)
output, layers ------an objective, or a function of the output ---------------> scores (N,)
"""

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from operator import index
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from striate.errors import LabelError, SettingError, ShapeError, StriateError
from striate.explain.attribution.caption_word_target import CaptionWordTarget
from striate.explain.attribution.detection_target import DetectionTarget
from striate.explain.attribution.layer_names import never_reached
from striate.explain.attribution.region_target import RegionTarget
from striate.explain.attribution.supported import require_dense
from striate.explain.attribution.word_target import WordTarget
from striate.explain.synthesis.objectives import ForwardResult, Objective
from striate.records import class_number

Index = tuple[Any, ...]
"""Of numbers in the output of one image: integers, slices, masks, a class name; first of all the key or the
number of a member, where the output is a dictionary or a list. Several numbers count by their mean."""

Target = str | int | Sequence[str | int] | Index | Tensor | Objective | Callable[[Any], Tensor] | None
"""A class for all images, one for each, an index into any other output, an objective, a function of the
output, or None for the model's own answer."""

SHOWN = 20
"""Names that an error lists."""

WRITTEN = re.compile(r"-?\d+(?:,-?\d+)+")
"""An index in a word, as ``3,1``."""


class TargetSelector:
    """Which number of every image's output is explained.

    Args:
        model: its ``classes``, if it has them, are names that a target may use.
        target: see ``Target``; a tuple is an index, unless the output is (N, K).
        count: N images.

    Attributes:
        numbers: of the classes, once an output was seen; empty for a function and for an index.
        layers: that an objective reads.
        seen: what they gave.

    Raises:
        ShapeError: there are more or fewer targets than images.
        SettingError: a target is neither of these, or none was named for numbers that are no classes.
    """

    def __init__(self, model: nn.Module, target: Target, count: int) -> None:
        self._names: Sequence[str] | None = names_of(model)
        self._ranked = self._names is None or [*self._names] == [*getattr(model, "classes", self._names)]
        if isinstance(target, str) and WRITTEN.fullmatch(target) and target not in (self._names or ()):
            target = tuple(map(int, target.split(",")))
        self._index = target if isinstance(target, tuple) else None
        self._function = target if callable(target) and not isinstance(target, Tensor) else None
        self._count = count
        self._classes: list[Any] = [None] * count
        if self._function is None and self._index is None:
            self._classes = one_target_each(target, count)  # type: ignore[arg-type]
        elif self._index is not None and len(self._index) == count:
            self._classes = list(self._index)  # if the output is (N, K), which is not known yet
        self.numbers: list[int] = []
        self.layers = target.layers if isinstance(target, Objective) else ()
        self.seen: dict[str, Any] = {}

    @property
    def is_open(self) -> bool:
        """Whether the model's own answer must be known first."""
        chosen = self.numbers or self._function or self._index
        return not chosen and None in self._classes

    def part(self, start: int, end: int) -> "TargetSelector":
        """The same for some of the images."""
        part = object.__new__(TargetSelector)
        part._names, part._function, part._index = self._names, self._function, self._index
        part._ranked = self._ranked
        part._count, part._classes, part.numbers = self._count, self._classes[start:end], []
        part.layers, part.seen = self.layers, self.seen
        return part

    def __call__(self, output: Any) -> Tensor:
        """Output -> the explained scores (N,).

        Raises:
            LabelError: there is no such class.
            ShapeError: the output is not one row of scores for each image, or the index does not fit it.
        """
        count = len(self._classes)
        if isinstance(self._function, Objective):
            self._require_reached()
            output = ForwardResult(output, dict(self.seen), self._names)
        if self._function is not None:
            return finite(_one_each(_asked(self._function, output), count))
        if self._index is not None and not _is_scores(output, count):
            return finite(pick(output, self._index, count, self._names))
        scores = _rows(output, count)
        if not self.numbers:
            self.numbers = self._numbers(scores)
        return finite(scores[torch.arange(count), self.numbers])

    def _numbers(self, scores: Tensor) -> list[int]:
        """The class of every image; where none is named, that of the highest score."""
        names = self._names or [str(number) for number in range(scores.shape[1])]
        if self._index is not None and len(self._index) != self._count:
            raise _not_as_many(len(self._index), self._count)
        classes = self._classes if self._index is None else one_target_each(self._classes, len(scores))
        if None in classes and not self._ranked:
            raise _nothing_named(names)
        best = scores.argmax(1).tolist()
        return [
            top if name is None else _number_of(names, name) for name, top in zip(classes, best, strict=True)
        ]

    def _require_reached(self) -> None:
        for name in self.layers:
            if name not in self.seen:
                raise never_reached(name)


def _number_of(names: Sequence[str], name: str | int) -> int:
    """The place of a number by its name; of a point its coordinates are named.

    Raises:
        LabelError: there is no such name, or it is that of a point.
    """
    axes = [one for one in names if one in (f"{name}.x", f"{name}.y")] if name not in names else []
    if isinstance(name, str) and axes:
        raise LabelError(f"{name!r} is a point of several numbers", " or ".join(axes), f"--target {axes[0]}")
    return class_number(names, name)


def names_of(model: Any) -> Sequence[str] | None:
    """Names of the numbers of an image's output, if the model has any."""
    names: Sequence[str] | None = getattr(model, "output_names", None) or getattr(model, "classes", None)
    return names


def _asked(function: Callable[..., Any], output: Any) -> Any:
    """What a target function makes of an output.

    Raises:
        ShapeError: it fails on it.
    """
    try:
        return function(output)
    except StriateError:
        raise
    except Exception as reason:
        words = (str(reason).strip().splitlines() or [""])[0]
        raise ShapeError(
            f"the target function failed: {type(reason).__name__}: {words}",
            "a function of the model's output that gives a number for each image",
            "target=lambda output: output[:, 3]",
        ) from reason


def pick(output: Any, index: Index, count: int, names: Sequence[str] | None = None) -> Tensor:
    """The number of every image that an index leads to, (N,); the mean where it leads to several.

    Args:
        output: a tensor (N, ...), or dictionaries and lists of such.
        index: see ``Index``.
        count: N.
        names: of the numbers along the first axis of an image's output, if there are any.

    Raises:
        ShapeError: the output has no such number.
        LabelError: there is no such class.

    >>> points = torch.arange(12.0).view(2, 3, 2)  # two images, three points, x and y
    >>> pick(points, (2, 1), 2).tolist(), pick({"points": points}, ("points", 0), 2).tolist()
    ([5.0, 11.0], [0.5, 6.5])
    """
    inner, rest = output, list(index)
    try:
        while isinstance(inner, Mapping | list | tuple):
            inner = inner[rest.pop(0)]
        if not isinstance(inner, Tensor):
            raise TypeError
        if rest and isinstance(rest[0], str):
            rest[0] = class_number(names or [], rest[0])
        numbers = inner[(slice(None), *rest)]
        if len(numbers) != count or not numbers.numel():
            raise IndexError
    except (LookupError, TypeError, ValueError, RuntimeError) as reason:
        raise ShapeError(
            f"the output {_described(output)} of {count} images has no {_written(index)}",
            "an index into the output of one image, as (3, 1), or ('points', 3, 1) for a dictionary",
            "target=(3, 1), or a function: target=lambda output: output[:, 3, 1]",
        ) from reason
    return numbers.flatten(1).mean(1) if numbers.ndim > 1 else numbers


def is_index(target: Target) -> bool:
    """Whether a word is an index, as ``3,1``."""
    return isinstance(target, str) and WRITTEN.fullmatch(target) is not None


def in_words(target: Target) -> str:
    """A target that is no class, for captions and reports.

    >>> in_words((3, 1)), in_words(lambda output: output[:, 0])
    ('output[3, 1]', 'target')
    """
    if isinstance(target, str) and WRITTEN.fullmatch(target):
        target = tuple(map(int, target.split(",")))
    if isinstance(target, tuple):
        return f"output{_written(target)}"
    return (
        str(target)
        if isinstance(target, Objective | DetectionTarget | RegionTarget | WordTarget | CaptionWordTarget)
        else "target"
    )


def one_target_each(
    target: str | int | Sequence[str | int] | Tensor | None, count: int
) -> list[str | int | None]:
    """One class for each of ``count`` images, None where the model shall choose.

    Raises:
        SettingError: something is no class.
        ShapeError: there are more or fewer classes than images.

    >>> one_target_each("cat", 2)
    ['cat', 'cat']
    """
    if isinstance(target, Tensor):
        target = require_dense(target).tolist()
    elif isinstance(target, np.ndarray | np.generic):
        target = target.tolist()
    if target is None or isinstance(target, str | int):
        return [target] * count
    targets = [_class(name) for name in target] if isinstance(target, Iterable) else [_class(target)]
    if len(targets) != count:
        raise _not_as_many(len(targets), count)
    return [*targets]


def _not_as_many(targets: int, images: int) -> ShapeError:
    return ShapeError(
        f"there are {targets} targets for {images} images",
        "one class for all images, or one for each",
        "leave target out for the class that the model predicts",
    )


def _nothing_named(names: Sequence[str]) -> SettingError:
    """The highest of numbers such as coordinates is no answer: somebody has to name one."""
    shown = ", ".join(names[:SHOWN]) + (", ..." if len(names) > SHOWN else "")
    return SettingError(
        f"no target was named, and the model gives {len(names)} numbers, of which the highest is no answer",
        f"one of: {shown}",
        f"--target {names[0]}",
    )


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
            "a class by name or number, one for each picture, an index (3, 1), or a function of the output",
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


def _is_scores(output: Any, count: int) -> bool:
    """Whether the output is (N, K)."""
    return isinstance(output, Tensor) and output.ndim == 2 and len(output) == count and output.shape[1] > 0


def _rows(output: Any, count: int) -> Tensor:
    """Class scores (N, K)."""
    if _is_scores(output, count):
        rows: Tensor = output
        return rows
    raise ShapeError(
        f"the model gives {_described(output)} for {count} images",
        f"({count}, K), one row of class scores for each image",
        "explain a classifier, or say what is explained: target=(3, 1), or target=lambda output: ...",
    )


def _described(output: Any) -> str:
    """The kind of an output, in a few words."""
    if isinstance(output, Tensor):
        return f"scores of the shape {tuple(output.shape)}"
    return type(output).__name__


def _written(index: Index) -> str:
    """``[3, 1]``; of a mask its shape."""
    parts = (f"mask {tuple(one.shape)}" if isinstance(one, Tensor) else repr(one) for one in index)
    return f"[{', '.join(parts)}]"
