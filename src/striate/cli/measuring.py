"""``striate evaluate`` and ``striate summary``: how good a model is, and what it is made of."""

from pathlib import Path
from typing import TYPE_CHECKING

from striate.cli.console import as_json as print_json
from striate.cli.console import err, out, percent, some, table
from striate.errors import SettingError
from striate.formatting import percent_range

if TYPE_CHECKING:
    from striate.tasks.classification.metrics import Metrics

SHOWN = 30
"""Classes in the table; with more, the weakest."""


def evaluate(model: str, data: str, split: str | None, format: str | None, *, as_json: bool) -> None:
    """Measure a model and print the metrics."""
    from striate import api
    from striate.train.run.headline import role, unseen

    splits = api.splits_for(model, data, format=format)
    for sentence in splits.said:
        err().print(sentence)
    part = split or unseen(splits)
    err().print(f"measured on: {part}{role(part)}")
    metrics = api.evaluate(model, splits, part)
    if as_json:
        print_json(metrics.to_dict())
    else:
        tell(metrics)


def tell(metrics: "Metrics") -> None:
    """Print figures for people, the weakest classes first."""
    console = out()
    console.print(f"{some(metrics.count, 'picture')}, {some(len(metrics.classes), 'class')}")
    headlines = {
        "accuracy": (metrics.accuracy, metrics.interval),
        "top-5 accuracy": (metrics.top5, metrics.top5_interval),
        "calibration error": (metrics.calibration_error, metrics.calibration_interval),
    }
    for name, (share, interval) in headlines.items():
        if share is not None:
            console.print(f"{name:18} {percent(share):>9}  95 % interval {percent_range(interval)}")
    order = sorted(range(len(metrics.classes)), key=lambda k: (metrics.support[k] == 0, metrics.f1[k] or 0))
    rows = table("class", "precision", "recall", "F1", "pictures")
    for k in order[:SHOWN]:
        measured = (metrics.precision[k], metrics.recall[k], metrics.f1[k])
        rows.add_row(metrics.classes[k], *map(percent, measured), f"{metrics.support[k]:,}")
    console.print()
    console.print(rows)
    if len(order) > SHOWN:
        console.print(f"... and {some(len(order) - SHOWN, 'class')} that are better known; --json has all")


def summary(
    model: str | None,
    input: str | None,
    plot: str | None,
    *,
    as_json: bool,
    classes: int | None,
    arguments: list[str],
) -> None:
    """Print the table of a network's layers, and draw it if a file is named."""
    from striate import api
    from striate.cli.pictures import save_figure
    from striate.files.atomic import PLOTS, writable
    from striate.zoo.network_arguments import written

    if model is None:
        raise SettingError(
            "no model was named", "a network's name, a file or a run", "striate summary lenet5"
        )
    size = None if input is None else shape(input)
    if plot is not None:
        writable(plot, PLOTS)
    made = api.summary(model, size, classes=classes, set=written(arguments))
    if plot is not None:
        save_figure(made.picture(model), Path(plot))
        err().print(f"drawn: {plot}")
    if as_json:
        print_json(made.to_dict())
    else:
        print(made)


def blocks(
    model: str | None, texts: list[str], input: str | None, plot: str | None, *, as_json: bool
) -> None:
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
    if as_json:
        print_json(made.to_dict())
    else:
        print(made)


def shape(text: str) -> tuple[int, ...]:
    """``3x32x32`` as numbers.

    >>> shape("3x32x32")
    (3, 32, 32)
    """
    sides = text.lower().replace("×", "x").split("x")
    if len(sides) != 3 or not all(side.isdecimal() and int(side) for side in sides):
        raise SettingError(
            f"input is {text!r}", "channels x height x width, as in 3x32x32", "--input 3x32x32"
        )
    channels, height, width = map(int, sides)
    return channels, height, width
