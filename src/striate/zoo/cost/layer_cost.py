"""What a few layers cost, written as a line: the arithmetic behind bottlenecks and separable convolutions.

    "5x5x32"           192x28x28 --5x5, 32 maps--> 32x28x28                        120,422,400
    "1x1x16,5x5x32"    192x28x28 --1x1, 16 maps--> 16x28x28 --5x5--> 32x28x28       12,443,648

A convolution shares each of its weights among all positions of the map, and each of its outputs is connected
to a few inputs only; the table says how often and how few. A fully connected layer shares nothing, sees all.

    FxFxN    convolution of side F, N maps          FxF     depthwise convolution of side F
    fcN      fully connected, N outputs             after a space: valid (no padding), /S (stride S)
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from math import prod
from typing import Any

from striate.errors import SettingError, ShapeError
from striate.ops.geometry import Padding, output_size
from striate.ops.multiplications import (
    conv_multiplications,
    conv_parameters,
    linear_multiplications,
    linear_parameters,
)

HEADINGS = (
    "layer",
    "activation",
    "parameters",
    "multiplications",
    "weight used",
    "inputs seen",
    "of the first",
)
LAYER = re.compile(
    r"(?P<f>\d+)x(?P=f)(x(?P<maps>\d+))?(?P<valid> valid)?( /(?P<stride>\d+))?|fc(?P<full>\d+)"
)


@dataclass(frozen=True)
class Layer:
    """One layer of a block.

    Args:
        text: as it was written.
        shape: of the activation, (C, H, W) or (D,).
        parameters: weights and biases.
        multiplications: for one image.
        shared: how often each weight is used.
        seen: share of the layer's inputs that one output is connected to, 0..1.
    """

    text: str
    shape: tuple[int, ...]
    parameters: int
    multiplications: int
    shared: int
    seen: float


@dataclass(frozen=True)
class LayerSequence:
    """Layers one after the other, and what they cost together."""

    text: str
    layers: tuple[Layer, ...]

    @property
    def parameters(self) -> int:
        """Weights and biases of all layers."""
        return sum(layer.parameters for layer in self.layers)

    @property
    def multiplications(self) -> int:
        """For one image."""
        return sum(layer.multiplications for layer in self.layers)


@dataclass(frozen=True)
class Blocks:
    """Blocks side by side; prints as a table in which each is compared with the first."""

    blocks: tuple[LayerSequence, ...]

    def to_dict(self) -> dict[str, Any]:
        """Plain Python values, ready for JSON."""
        sums = [{"parameters": one.parameters, "multiplications": one.multiplications} for one in self.blocks]
        return {"blocks": [asdict(one) | total for one, total in zip(self.blocks, sums, strict=True)]}

    def __str__(self) -> str:
        """A table for the terminal."""
        rows = [HEADINGS, *(row for block in self.blocks for row in self._rows(block))]
        widths = [max(len(row[column]) for row in rows) for column in range(len(HEADINGS))]
        first, *rest = (_line(row, widths) for row in rows)
        return "\n".join([first, "-" * max(map(len, (first, *rest))), *rest])

    def _rows(self, block: LayerSequence) -> Iterator[tuple[str, ...]]:
        """Its layers, and what they cost together if there are several."""
        share = f"{block.multiplications / self.blocks[0].multiplications:.3f}"
        alone = len(block.layers) == 1
        for layer in block.layers:
            costs = (f"{layer.parameters:,}", f"{layer.multiplications:,}")
            connections = (f"{layer.shared:,} x", f"{layer.seen:.2%}".replace("%", " %"))
            shape = "x".join(map(str, layer.shape))
            yield (layer.text, shape, *costs, *connections, share if alone else "")
        if not alone:
            yield ("  together", "", f"{block.parameters:,}", f"{block.multiplications:,}", "", "", share)


def _line(row: Sequence[str], widths: Sequence[int]) -> str:
    """The layer to the left, numbers to the right."""
    (name, *numbers), (first, *others) = row, widths
    cells = (text.rjust(width) for text, width in zip(numbers, others, strict=True))
    return "  ".join([name.ljust(first), *cells]).rstrip()


def blocks(texts: Sequence[str], input_size: Sequence[int]) -> Blocks:
    """What blocks cost on one image.

    Args:
        texts: one line for each block, layers separated by commas.
        input_size: (C, H, W) of what goes into each.

    Raises:
        SettingError: a layer is not written as above.
        ShapeError: a layer does not fit into its map.

    >>> [block.multiplications for block in blocks(["5x5x32", "1x1x16,5x5x32"], (192, 28, 28)).blocks]
    [120422400, 12443648]
    """
    return Blocks(tuple(_block(text, tuple(input_size)) for text in texts))


def _block(text: str, shape: tuple[int, ...]) -> LayerSequence:
    """The layers of one line."""
    layers = []
    for word in text.split(","):
        layers.append(_layer(" ".join(word.split()), shape))
        shape = layers[-1].shape
    return LayerSequence(text, tuple(layers))


def _layer(text: str, shape: tuple[int, ...]) -> Layer:
    """One layer on what the one before it gives."""
    found = LAYER.fullmatch(text)
    if not found or any(int(number) < 1 for number in re.findall(r"\d+", text)):
        raise SettingError(
            f"the layer is {text!r}",
            "FxFxN (convolution, N maps), FxF (depthwise) or fcN (fully connected), numbers of 1 or more",
            '"1x1x16,5x5x32", "3x3,1x1x64", "5x5x6 valid", "3x3x64 /2" or "fc120"',
        )
    if found["full"]:
        inputs, outputs = prod(shape), int(found["full"])
        costs = linear_parameters(inputs, outputs), linear_multiplications(inputs, outputs)
        return Layer(text, (outputs,), *costs, shared=1, seen=1.0)
    if len(shape) != 3:
        raise ShapeError(f"{text} follows a fully connected layer", "a map", "convolutions first, then fcN")
    return _convolution(text, shape, found)


def _convolution(text: str, shape: tuple[int, ...], found: re.Match[str]) -> Layer:
    """A convolution, depthwise if no maps were named."""
    channels, *sides = shape
    f, stride = int(found["f"]), int(found["stride"] or 1)
    maps, groups = (int(found["maps"]), 1) if found["maps"] else (channels, channels)
    padding: Padding = "valid" if found["valid"] else "same"
    size = [output_size(side, f, stride, padding) for side in sides]
    seen = f * f / prod(sides) / groups
    costs = conv_parameters(f, channels, maps, groups), conv_multiplications(f, channels, maps, size, groups)
    return Layer(text, (maps, *size), *costs, shared=prod(size), seen=min(seen, 1.0))
