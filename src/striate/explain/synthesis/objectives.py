"""What a picture shall do to a network: raise a class, a neuron, a channel, a direction, or sums of these.

    picture --> [ conv ] --> [ conv ] --> ... --> [ linear ] --> scores
                    |            |                                  |
                    |        +-------+  channel: the mean of a      class_score("cat"): one number,
                    |        |  map  |  whole map                   before the softmax
                    |        +-------+
                +-------+
                |   o   |  neuron: one position of one map, the middle one if none is named
                +-------+
                    v      direction: the maps along a vector, one number for each channel

    class_score("cat") - 0.5 * class_score("dog")      channel("stages.2", 7) * channel("stages.2", 9)

Sources: Erhan, Bengio, Courville, Vincent 2009 (neurons); Simonyan, Vedaldi, Zisserman 2014 (classes);
Olah, Mordvintsev, Schubert 2017, https://distill.pub/2017/feature-visualization (channels, directions, sums).
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor

from striate.arguments import checked
from striate.errors import SettingError, ShapeError
from striate.records import class_number


@dataclass(frozen=True)
class ForwardResult:
    """What a network did with some pictures.

    Args:
        output: of the whole network; None if it was stopped before.
        maps: what the layers gave, by name.
        classes: names of the scores, if the model has any.
    """

    output: Any
    maps: dict[str, Any]
    classes: Sequence[str] | None = None


@dataclass(frozen=True)
class Objective:
    """Something to be made large. Objectives add, subtract and multiply, with each other and with numbers.

    Args:
        measure: what a network did with N pictures -> (N,), a number for each.
        words: the objective in words.
        layers: what must be read.
        output: whether the output of the whole network is needed too.

    >>> both = 2 * class_score("cat") - channel("stem", 3)
    >>> print(both)
    2 * class cat - stem channel 3
    >>> both.layers, both.output
    (('stem',), True)
    """

    measure: Callable[[ForwardResult], Tensor]
    words: str
    layers: tuple[str, ...] = ()
    output: bool = False

    def __call__(self, reading: ForwardResult) -> Tensor:
        """(N,), a number for each picture."""
        return self.measure(reading)

    def __str__(self) -> str:
        return self.words

    def __add__(self, other: "Objective | float") -> "Objective":
        return _together(self, other, torch.add, "+")

    def __sub__(self, other: "Objective | float") -> "Objective":
        return _together(self, other, torch.sub, "-")

    def __mul__(self, other: "Objective | float") -> "Objective":
        return _together(_bracketed(self), _bracketed(other), torch.mul, "*")

    def __radd__(self, number: float) -> "Objective":
        return _together(constant(number), self, torch.add, "+")

    def __rsub__(self, number: float) -> "Objective":
        return _together(constant(number), self, torch.sub, "-")

    def __rmul__(self, number: float) -> "Objective":
        return _together(constant(number), _bracketed(self), torch.mul, "*")

    def __neg__(self) -> "Objective":
        return -1 * self


def constant(number: float) -> Objective:
    """A number as an objective."""
    return Objective(lambda reading: torch.as_tensor(float(number)), f"{number:g}")


@checked
def class_score(name: str | int) -> Objective:
    """The score of a class before the softmax, by its name or number.

    Source: Simonyan, Vedaldi, Zisserman 2014, section 2. The probability also grows by lowering others.
    """

    def measure(reading: ForwardResult) -> Tensor:
        scores = reading.output
        if not isinstance(scores, Tensor) or scores.ndim != 2:
            given = (
                f"the shape {tuple(scores.shape)}" if isinstance(scores, Tensor) else type(scores).__name__
            )
            raise ShapeError(
                f"the model gives {given}", "class scores (N, K)", "take a channel of one of its layers"
            )
        names = reading.classes or [str(number) for number in range(scores.shape[1])]
        return scores[:, class_number(names, name)]

    return Objective(measure, f"class {name}", output=True)


@checked
def channel(layer: str, number: int) -> Objective:
    """The mean of one map of a layer; of a layer that gives vectors, one of their numbers."""

    def measure(reading: ForwardResult) -> Tensor:
        maps = _maps(reading, layer)
        return maps[:, _in(number, maps.shape[1], f"channels of {layer!r}")].mean((1, 2))

    return Objective(measure, f"{layer} channel {number}", (layer,))


@checked
def neuron(layer: str, number: int, position: tuple[int, int] | None = None) -> Objective:
    """One position (row, column) of one map of a layer; the middle one when left out."""

    def measure(reading: ForwardResult) -> Tensor:
        maps = _maps(reading, layer)
        height, width = maps.shape[2:]
        row, column = position or (height // 2, width // 2)
        row, column = _in(row, height, f"rows of {layer!r}"), _in(column, width, f"columns of {layer!r}")
        return maps[:, _in(number, maps.shape[1], f"channels of {layer!r}"), row, column]

    where = f" at {position[0]}, {position[1]}" if position else ""
    return Objective(measure, f"{layer} neuron {number}{where}", (layer,))


@checked
def direction(layer: str, vector: Sequence[float] | Tensor) -> Objective:
    """The mean over all positions of how far the maps of a layer reach along a vector of length C."""
    along = torch.as_tensor(vector, dtype=torch.float64).flatten()

    def measure(reading: ForwardResult) -> Tensor:
        maps = _maps(reading, layer)
        if len(along) != maps.shape[1] or not along.norm() > 0:
            raise SettingError(
                f"the direction has {len(along)} numbers and the length {float(along.norm()):g}",
                f"{maps.shape[1]} numbers, one for each channel of {layer!r}, and not all zero",
                "a difference of two activations of this layer",
            )
        unit: Tensor = (along / along.norm()).to(maps)
        return (maps.mean((2, 3)) * unit).sum(1)

    return Objective(measure, f"{layer} along a direction", (layer,))


def _maps(reading: ForwardResult, layer: str) -> Tensor:
    """What a layer gave, (N, C, H, W); vectors become maps of one position."""
    given = reading.maps[layer]
    if isinstance(given, Tensor) and given.ndim == 2:
        return given[:, :, None, None]
    if not isinstance(given, Tensor) or given.ndim != 4:
        shape = f"the shape {tuple(given.shape)}" if isinstance(given, Tensor) else type(given).__name__
        raise SettingError(f"the layer {layer!r} gives {shape}", "(N, C, H, W) or (N, C)", "another layer")
    return given


def _in(number: int, count: int, what: str) -> int:
    """The number, if it is one of ``count``."""
    if not 0 <= number < count:
        raise SettingError(f"there is no {number} among the {what}", f"0..{count - 1}", "a smaller number")
    return number


def _together(
    left: Objective, right: "Objective | float", join: Callable[[Tensor, Tensor], Tensor], sign: str
) -> Objective:
    other = right if isinstance(right, Objective) else constant(right)
    return Objective(
        lambda reading: join(left(reading), other(reading)),
        f"{left} {sign} {_bracketed(other) if sign == '-' else other}",
        tuple(dict.fromkeys(left.layers + other.layers)),
        left.output or other.output,
    )


def _bracketed(objective: Any) -> Any:
    """A sum gets brackets, so that its words keep their meaning inside a product."""
    if isinstance(objective, Objective) and (" + " in objective.words or " - " in objective.words):
        return Objective(objective.measure, f"({objective.words})", objective.layers, objective.output)
    return objective
