"""``striate summary``: what a network is made of and what it costs."""

import re
from pathlib import Path
from typing import Annotated

import typer

import striate
from striate.cli.console import err, out, print_json, print_text
from striate.cli.flags import Json
from striate.cli.pictures import save_figure
from striate.errors import SettingError
from striate.files.atomic import PLOTS, writable
from striate.zoo.network_arguments import written


def summary(
    model: Annotated[
        str | None,
        typer.Argument(metavar="[MODEL]", help="A network's name, a .safetensors file or a run."),
    ] = None,
    input: Annotated[
        str | None, typer.Option(metavar="CxHxW", help="Size of the images (default: that of the model).")
    ] = None,
    classes: Annotated[
        int | None, typer.Option(metavar="K", min=1, help="For a network's name (default: its paper's).")
    ] = None,
    block: Annotated[
        list[str] | None,
        typer.Option(
            metavar="LAYERS", help='Instead of a model: what layers cost, as in "1x1x16,5x5x32"; repeatable.'
        ),
    ] = None,
    plot: Annotated[
        str | None, typer.Option(metavar="FILE", help="Draw bars by layer into a .png, .svg or .pdf file.")
    ] = None,
    set: Annotated[
        list[str] | None,
        typer.Option(metavar="NAME=VALUE", help="For a network's name, as in width=0.5; repeatable."),
    ] = None,
    json: Json = False,
) -> None:
    """List a network's layers: activations, parameters, multiplications, receptive field and stride.

    Without a model: the names of all networks, by task.
    With --block: compare a few layers, such as 5x5x32 and 1x1x16,5x5x32 on --input 192x28x28.
    """
    if block:
        blocks(model, block, input, plot, json=json)
        return
    if model is None:
        if input or classes or set or plot:
            wrong = "no model was named"
            raise SettingError(wrong, "a network's name, a file or a run", "striate summary lenet5")
        show_names(json=json)
        return
    size = None if input is None else shape(input)
    if plot is not None:
        writable(plot, PLOTS)
    made = striate.summary(model, size, classes=classes, arguments=written(set or []))
    if plot is not None:
        save_figure(made.picture(model), Path(plot))
        err().print(f"drawn: {plot}")
    if json:
        print_json(made.to_dict())
    else:
        print_text(made)


def show_names(*, json: bool) -> None:
    """The names of all networks by the task that they are made for."""
    from striate.zoo.networks import TABLES

    if json:
        print_json({task: list(table) for task, table in TABLES.items()})
        return
    for task, table in TABLES.items():
        out().print(f"{task}: {', '.join(table)}")


def blocks(model: str | None, texts: list[str], input: str | None, plot: str | None, *, json: bool) -> None:
    """Print what a few layers cost, each line compared with the first."""
    from striate.zoo.cost.layer_cost import blocks

    example = "--block 5x5x32 --input 192x28x28"
    if model is not None or plot is not None:
        other = model or "--plot"
        raise SettingError(
            f"--block was given with {other}", "either --block or a model, which --plot draws", example
        )
    if input is None:
        raise SettingError("no input was named", "the size of what goes into the layers", example)
    made = blocks(texts, shape(input))
    if json:
        print_json(made.to_dict())
    else:
        print_text(made)


def shape(text: str) -> tuple[int, ...]:
    """``3x32x32`` as numbers.

    >>> shape("3x32x32")
    (3, 32, 32)
    """
    sides = text.lower().replace("×", "x").split("x")
    if len(sides) != 3 or not all(side.isdecimal() and int(side) for side in sides):
        numbers = re.findall(r"[1-9]\d*", text)
        attempt = "x".join(numbers) if len(numbers) == 3 else "3x32x32"
        raise SettingError(
            f"input is {text!r}", "channels x height x width, as in 3x32x32", f"--input {attempt}"
        )
    channels, height, width = map(int, sides)
    return channels, height, width
