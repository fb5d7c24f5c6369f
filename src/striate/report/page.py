"""One page that says how a run went: it needs no network, no script and no other file.

run, data, evaluation --facts, pictures, figures--> page.html filled in, page.css inside --> report.html
"""

import math
from collections.abc import Mapping, Sequence
from functools import lru_cache
from pathlib import Path
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from striate.data.dataset import Splits
from striate.draw import charts
from striate.errors import RunError
from striate.files.atomic import beside
from striate.formatting import brief, duration, grouped, percent, percent_range, plural
from striate.report import page_data as facts
from striate.report import per_class as classes
from striate.report.inline_images import drawn
from striate.report.mistakes import mistakes
from striate.tasks.classification.calibration import JUDGED_FROM, calibration
from striate.train.run.evaluate import Evaluation
from striate.train.run.run import Run
from striate.zoo.cost.summary import HEADINGS, summary

NAME = "report.html"


def write_report(run: Run, splits: Splits, evaluation: Evaluation) -> Path:
    """Write ``report.html`` into the folder of a run, beside and renamed.

    Args:
        run: what was trained; its model is not changed.
        splits: the data that it was trained on.
        evaluation: what the model said to the images of ``run.split``.

    Returns:
        the path of the page.

    Raises:
        RunError: the folder cannot be written to.
        SettingError: the data have no such split.
        ImageError: a picture that is shown can no longer be read.
    """
    path = Path(run.folder) / NAME
    page = report(run, splits, evaluation).encode("utf-8", "backslashreplace")
    try:
        with beside(path) as place:
            place.write_bytes(page)
    except OSError as reason:
        raise RunError(
            f"{path} cannot be written: {reason}",
            "a folder with room that you may write to",
            f"make room, then: striate train --resume --out {path.parent}",
        ) from reason
    return path


def report(run: Run, splits: Splits, evaluation: Evaluation) -> str:
    """The page as text."""
    model, measured = run.model, evaluation.metrics
    found = facts.samples(splits["train"])
    text: str = template("page.html").render(
        style=style(),
        split=run.split,
        metrics=measured,
        mistakes=mistakes(model, splits[run.split], evaluation.answers, evaluation.indices),
        curves=curves(run.history),
        epochs=len(run.history),
        seconds=sum(float(row["seconds"]) for row in run.history),
        model=model,
        summary=summary(model),
        headings=HEADINGS,
        splits=splits,
        parts=facts.parts(splits),
        sizes=facts.sizes([one for one, _ in found]),
        examples=facts.examples(found),
        settings=facts.settings_rows(run.settings),
        versions=facts.versions(),
        command=facts.command(str(splits.root), run.settings),
        **_by_class(splits, evaluation),
    )
    return text


def _by_class(splits: Splits, evaluation: Evaluation) -> dict[str, Any]:
    """What the page says class by class."""
    measured = evaluation.metrics
    counts = [dataset.counts().tolist() for dataset in splits.values()]
    answers = evaluation.answers
    bins = calibration(answers.confidence, answers.right) if measured.count else None
    as_table = len(measured.classes) <= classes.CELLS
    drawable = classes.CELLS < len(measured.classes) <= classes.DRAWN
    large = charts.confusion(measured.confusion.dense(), measured.classes) if drawable else None
    small = charts.reliability(bins.confidence, bins.right, bins.count) if bins and bins.judged else None
    return {
        "rows": classes.class_rows(measured, counts),
        "confused": classes.most_confused(measured),
        "cells": classes.shares(measured) if as_table else None,
        "confusion": large and drawn(large, "Confusion matrix, classes by number"),
        "calibration": bins,
        "judged_from": JUDGED_FROM,
        "reliability": small and drawn(small, "Reliability diagram"),
    }


def curves(metrics: Sequence[Mapping[str, Any]]) -> list[Markup]:
    """Loss, accuracy and learning rate by epoch, as far as they were measured."""
    loss = {"train": _column(metrics, "train_loss"), "validation": _column(metrics, "val_loss")}
    accuracy = {"validation": [100 * value for value in _column(metrics, "val_accuracy")]}
    rate = {"rate": _column(metrics, "lr")}
    seen = {name: numbers for name, numbers in loss.items() if any(map(math.isfinite, numbers))}
    made = [("Loss", charts.curves(seen, "Loss", best="min" if "validation" in seen else None))]
    if any(map(math.isfinite, accuracy["validation"])):
        made.append(("Accuracy", charts.curves(accuracy, "Validation accuracy (%)", best="max")))
    made.append(("Learning rate", charts.curves(rate, "Learning rate")))
    return [drawn(figure, f"{name} by epoch") for name, figure in made]


def _column(metrics: Sequence[Mapping[str, Any]], name: str) -> list[float]:
    """One number per epoch; NaN where nothing was measured."""
    return [math.nan if row[name] is None else float(row[name]) for row in metrics]


@lru_cache
def template(name: str) -> Any:
    """A page of this room; whatever it is filled with is escaped."""
    pages = Environment(
        loader=PackageLoader("striate", "report"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    pages.filters |= {"percent": percent, "percent_range": percent_range, "grouped": grouped, "brief": brief}
    pages.filters |= {"duration": duration, "plural": plural}
    return pages.get_template(name)


def style() -> Markup:
    """The look of all pages."""
    return Markup(Path(__file__).with_name("page.css").read_text("utf-8"))
