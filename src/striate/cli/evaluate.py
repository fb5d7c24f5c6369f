"""``striate evaluate``: how good a model is."""

from collections.abc import Callable
from typing import TYPE_CHECKING, Annotated, Any

import typer

from striate.cli.console import err, out, percent, print_json, table
from striate.cli.flags import Data, Format, Json, Model, Proposals
from striate.cli.pictures import model_first
from striate.formatting import percent_range, plural

if TYPE_CHECKING:
    from striate.tasks.classification.metrics import ClassificationMetrics
    from striate.tasks.metric import Metrics

SHOWN = 30
"""Classes in the table; with more, the weakest."""


def evaluate(
    model: Model,
    data: Data,
    split: Annotated[
        str | None,
        typer.Option(
            metavar="train|val|test|all",
            help="Part of the data (default: test, else val, of its own; all of others).",
        ),
    ] = None,
    format: Format = None,
    accept: Annotated[
        list[str] | None,
        typer.Option(metavar="KIND", help="unreadable: leave out what cannot be decoded."),
    ] = None,
    proposals: Proposals = None,
    json: Json = False,
) -> None:
    """Measure a model on a data set: accuracy, top-5, calibration, and every class."""
    model, (data,) = model_first(model, [data])
    from striate.api.evaluate import given_pictures, measured, opened, pictures_for
    from striate.train.run.headline import role

    classifier = opened(model)
    pictures = pictures_for(classifier, data, split, format=format, accept=accept or ())
    part, notes = given_pictures(classifier, pictures, proposals)
    for sentence in (*pictures.splits.notes, *classifier.cautions, *notes):
        err().print(sentence)
    known = role(pictures.split) if pictures.trained_on else ""
    err().print(f"measured on: {pictures.sentence}{known}")
    metrics = measured(classifier, pictures, part)
    for sentence in part.annotations.notes:
        err().print(sentence)
    if json:
        print_json(metrics.to_dict())
    else:
        SHOWS.get(type(metrics).__name__, show_plain)(metrics)


def show_plain(metrics: "Metrics") -> None:
    """Print the numbers of any task, the primary one with its interval."""
    console, primary = out(), metrics.primary
    console.print(plural(metrics.count, "picture"))
    known, others = primary.range_text(metrics.interval), metrics.others_in_words()
    wide = max(18, *map(len, others), len(primary.name))
    console.print(
        f"{primary.name:{wide}} {primary.text():>9}" + (f"  95 % interval {known}" if known else "")
    )
    for name, value in others.items():
        console.print(f"{name:{wide}} {value:>9}")


def show_classes(metrics: "ClassificationMetrics") -> None:
    """Print metrics for people, the weakest classes first."""
    console = out()
    console.print(f"{plural(metrics.count, 'picture')}, {plural(len(metrics.classes), 'class')}")
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
        console.print(f"... and {plural(len(order) - SHOWN, 'class')} that are better known; --json has all")


SHOWS: dict[str, Callable[[Any], None]] = {"ClassificationMetrics": show_classes}
"""By the kind of metrics: what prints them, where ``show_plain`` is not enough."""
