"""A network as a table: what comes out of every layer, what it costs, and what it sees of the image.

    layer   kind          activation    size   parameters   multiplications   sees   stride
    Input                    32x32x1   1,024            0                 0      1        1
    conv1   conv 5x5         28x28x6   4,704          156           117,600      5        1
    pool1   max pool 2x2     14x14x6   1,176            0                 0      6        2

A row is a layer with weights, or one that changes the size of the map. A normalization stands with the
convolution that it follows. Multiplications are those of convolutions and matrix products, for one image.
"""

from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from html import escape
from itertools import chain
from math import prod
from typing import TYPE_CHECKING, Any

from torch import nn

from striate.arguments import checked_methods
from striate.draw.charts import costs
from striate.errors import SettingError
from striate.layers.backbone import Backbone
from striate.layers.image_network import ImageNetwork
from striate.tasks.model import TaskModel
from striate.zoo.cost.op_rules import ATTENTIONS, INTERPOLATIONS, PRODUCTS
from striate.zoo.cost.trace import Step, trace

if TYPE_CHECKING:
    from matplotlib.figure import Figure

HEADINGS = ("layer", "kind", "activation", "size", "parameters", "multiplications", "sees", "stride")
LEFT = 2
"""Columns of text; the others hold numbers."""

KINDS = {
    "addmm": "linear",
    "mm": "linear",
    "cat": "concatenate",
    "mean": "global average",
    "amax": "global max",
    "max": "global max",
}


@dataclass(frozen=True)
class LayerRow:
    """One layer.

    Args:
        name: short where that is clear, such as conv1.
        path: of the module in the model.
        kind: what the layer does.
        shape: of the activation, (H, W, C) or (C,); () for a layer that did not run.
        size: numbers of the activation.
        parameters: that were used here first; a layer that runs twice counts them once.
        multiplications: of convolutions and matrix products, for one image; biases and additions cost none.
        receptive_field: pixels along the longer axis that one unit sees; padding counts.
        stride: pixels from one unit to the next; None for a layer that sees everything at once.
    """

    name: str
    path: str
    kind: str
    shape: tuple[int, ...]
    size: int
    parameters: int
    multiplications: int
    receptive_field: float | None
    stride: float | None

    def cells(self) -> tuple[str, ...]:
        """Its text, column by column."""
        shape = "x".join(str(side) for side in self.shape) or "-"
        numbers = (f"{number:,}" for number in (self.size, self.parameters, self.multiplications))
        return self.name, self.kind, shape, *numbers, _number(self.receptive_field), _number(self.stride)


@dataclass(frozen=True)
class Total:
    """The sums of the rows. ``parameters`` are all of the model's, whether they were used or not."""

    size: int
    parameters: int
    multiplications: int


@checked_methods
@dataclass(frozen=True)
class Summary:
    """The rows of a network and their totals; prints as a table.

    Args:
        rows: the layers.
        blocks: dotted names of what holds several layers: the stem, the stages, the head.
    """

    rows: tuple[LayerRow, ...]
    blocks: tuple[str, ...] = ()

    @property
    def total(self) -> Total:
        """Activations, parameters and multiplications of the whole network."""
        columns = zip(*((row.size, row.parameters, row.multiplications) for row in self.rows), strict=True)
        return Total(*(sum(column) for column in columns))

    def __str__(self) -> str:
        """A table for the terminal."""
        cells = self._cells()
        widths = [max(len(row[column]) for row in cells) for column in range(len(HEADINGS))]
        lines = [_line(row, widths) for row in cells]
        rule = "-" * max(len(line) for line in lines)
        named = [f"blocks: {', '.join(self.blocks)}"] if self.blocks else []
        return "\n".join([lines[0], rule, *lines[1:-1], rule, lines[-1], *named])

    def _repr_html_(self) -> str:
        """A table for notebooks."""
        headings, *rows = self._cells()
        lines = [_html_line(headings, "th"), *(_html_line(row, "td") for row in rows)]
        return f"<table>{''.join(lines)}</table>"

    def shares(self, most: int = 40) -> list[tuple[str, int, int]]:
        """(part, parameters, multiplications) from the image to the scores.

        Args:
            most: parts; layers are put together by the modules that hold them until there are no more.
        """
        costly = [row for row in self.rows if row.parameters or row.multiplications]
        for depth in range(max((row.path.count(".") for row in costly), default=0) + 1, 0, -1):
            sums: dict[str, tuple[int, int]] = {}
            for row in costly:
                part = ".".join((row.path or row.name).split(".")[:depth])
                before = sums.get(part, (0, 0))
                sums[part] = before[0] + row.parameters, before[1] + row.multiplications
            if len(sums) <= most:
                break
        return [(part, *numbers) for part, numbers in sums.items()]

    def picture(self, title: str) -> "Figure":
        """Bars by layer: where the parameters sit, and where the multiplications are made."""
        names, parameters, multiplications = zip(*self.shares(), strict=True)
        return costs(names, parameters, multiplications, title)

    def to_dict(self) -> dict[str, Any]:
        """Plain Python values, ready for JSON."""
        return {
            "rows": [asdict(row) for row in self.rows],
            "total": asdict(self.total),
            "blocks": list(self.blocks),
        }

    def _cells(self) -> list[tuple[str, ...]]:
        """Text: the headings, the rows, the totals."""
        sums = (f"{number:,}" for number in asdict(self.total).values())
        return [HEADINGS, *(row.cells() for row in self.rows), ("total", "", "", *sums, "", "")]


def summary(model: nn.Module, input_size: Sequence[int] | None = None) -> Summary:
    """The table of a network. Nothing is computed: tensors have shapes only, and the model stays as it is.

    Args:
        model: any module, or a classifier.
        input_size: (C, H, W) of one image. Left out: the paper's for one of our networks, and what
            the preprocessing gives for a classifier.

    Raises:
        SettingError: the input size is not known or not made of positive numbers, or shapes alone cannot run
            the model.
        ShapeError: the model cannot take such an image.

    >>> from striate.zoo.networks import create
    >>> [row.receptive_field for row in summary(create("lenet5", classes=10, in_channels=1)).rows]
    [1, 5, 6, 14, 16, 32, 32, 32]
    """
    size = _input_size(model, input_size)
    network = model.network if isinstance(model, TaskModel) else getattr(model, "_orig_mod", model)
    steps = trace(network, size)
    counts = {name: parameter.numel() for name, parameter in network.named_parameters()}
    unused = counts.keys() - set(chain.from_iterable(step.parameters for step in steps))
    rows = [_input_row(size), *(_row(step, counts) for step in steps), *_unused_rows(counts, unused)]
    return Summary(tuple(_shorten(rows)), tuple(_blocks(network)))


def _blocks(network: nn.Module) -> list[str]:
    """The stem, the stages and the head of one of our networks; of others their parts that have parts."""
    if isinstance(network, Backbone):
        return network.blocks()
    return [name for name, part in network.named_children() if any(True for _ in part.children())]


def _input_size(model: nn.Module, given: Sequence[int] | None) -> tuple[int, ...]:
    """The size that was given, or that the model knows."""
    attempt = "input_size=(3, 224, 224)"
    if given is not None:
        size = tuple(given)
        if len(size) < 1 or not all(isinstance(side, int) and side > 0 for side in size):
            raise SettingError(f"input_size is {given!r}", "(C, H, W), each 1 or more", attempt)
        return size
    if isinstance(model, TaskModel):
        return (model.preprocess.channels, *model.preprocess.size)
    if isinstance(model, ImageNetwork):
        return (model.input_channels, *model.input_size)
    raise SettingError(f"the input size of {type(model).__name__} is not known", "(C, H, W)", attempt)


def _input_row(size: tuple[int, ...]) -> LayerRow:
    """The image: every pixel sees itself."""
    return LayerRow("Input", "Input", "", (*size[1:], size[0]), prod(size), 0, 0, 1, 1)


def _row(step: Step, counts: dict[str, int]) -> LayerRow:
    """A layer that ran."""
    shape = _channels_last(step)
    parameters = sum(counts[name] for name in step.parameters)
    seen = _whole(step.sees.seen)
    kind = " + ".join([_kind(step), *step.followers])
    name = step.name or step.call.name
    stride = _whole(step.sees.stride())
    cost = parameters, step.multiplications
    return LayerRow(name, step.name, kind, shape, prod(shape), *cost, seen, stride)


def _channels_last(step: Step) -> tuple[int, ...]:
    """The shape of one image's activation, (H, W, C) where it is a map."""
    images, *sides = step.call.shape
    if images > 1:
        return step.call.shape
    moving = [step.sees.moves(side) for side in range(1, len(sides) + 1)]
    is_map = not moving[0] and (any(moving) or set(sides[1:]) == {1})
    return (*sides[1:], sides[0]) if is_map else tuple(sides)


def _unused_rows(counts: dict[str, int], unused: set[str]) -> Iterator[LayerRow]:
    """Modules whose parameters no image meets, such as the side branches that only training has."""
    for path in dict.fromkeys(name.rpartition(".")[0] for name in counts if name in unused):
        parameters = sum(counts[name] for name in unused if name.rpartition(".")[0] == path)
        yield LayerRow(path, path, "not used", (), 0, parameters, 0, None, None)


def _kind(step: Step) -> str:
    """What an operation does, in words."""
    call = step.call
    if call.name == "convolution":
        window = "x".join(str(side) for side in call.arguments["weight"].shape[2:])
        groups = call.arguments["groups"]
        depthwise = groups > 1 and groups == call.arguments["input"].shape[1]
        parts = ", depthwise" if depthwise else f", {groups} groups" if groups > 1 else ""
        return f"{'transposed ' if call.arguments['transposed'] else ''}conv {window}{parts}"
    if "pool" in call.name and "kernel_size" in call.arguments:
        window = "x".join(str(side) for side in call.per_axis("kernel_size", len(call.shape) - 2))
        return f"{'max' if 'max' in call.name else 'average'} pool {window}"
    if call.name in ATTENTIONS:
        return "attention"
    if call.name in PRODUCTS and len(call.fields) > 1:
        return "matrix product"
    if "adaptive" in call.name:
        return f"adaptive {'max' if 'max' in call.name else 'average'} pool"
    if call.name in INTERPOLATIONS:
        return "unpool" if "unpool" in call.name else "interpolate"
    return KINDS.get(call.name, step.kind)


def _shorten(rows: list[LayerRow]) -> list[LayerRow]:
    """The last part of every name, if those alone tell the rows apart."""
    short = [row.name.rpartition(".")[2] for row in rows]
    if len(set(short)) < len(short) or any(name.isdigit() for name in short):
        return rows
    return [LayerRow(**(asdict(row) | {"name": name})) for row, name in zip(rows, short, strict=True)]


def _whole(number: float | None) -> float | None:
    """An integer where it is one."""
    return int(number) if number is not None and number == int(number) else number


def _number(value: float | None) -> str:
    """Pixels for people."""
    return "-" if value is None else f"{value:,.4g}" if value < 1 else f"{value:,.0f}"


def _line(cells: tuple[str, ...], widths: list[int]) -> str:
    """Text to the left, numbers to the right."""
    padded = (
        text.ljust(width) if column < LEFT else text.rjust(width)
        for column, (text, width) in enumerate(zip(cells, widths, strict=True))
    )
    return "  ".join(padded).rstrip()


def _html_line(cells: tuple[str, ...], tag: str) -> str:
    """The same for a page."""
    sides = ("left" if column < LEFT else "right" for column in range(len(cells)))
    columns = zip(sides, cells, strict=True)
    parts = (f'<{tag} style="text-align:{side}">{escape(text)}</{tag}>' for side, text in columns)
    return f"<tr>{''.join(parts)}</tr>"
