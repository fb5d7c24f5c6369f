"""The page of a cross-validation: the pooled figure, each fold beside it, the pictures of largest loss.

folds, data --tiles, table, sections of the task--> folds.html, answers.csv
"""

import csv
import io
from dataclasses import replace
from pathlib import Path
from typing import Any

from markupsafe import Markup

from striate.compare.cross_validation import CrossValidation, worst
from striate.compare.pooled import HELD_OUT
from striate.data.dataset import Splits
from striate.draw.charts import dots
from striate.draw.heatmap import picture
from striate.ops.intervals import Interval
from striate.report import page_data, plain_page
from striate.report.inline_images import data_uri, drawn
from striate.report.plain_page import SHOWN, WorstPicture
from striate.report.section import Measured, Section, Tile
from striate.report.sections import POOLED
from striate.report.templates import rendered, style
from striate.report.text_files import AGAIN, write_texts
from striate.tasks.user_metric import UserMetric
from striate.train.run.run import Run
from striate.train.run.settings import Settings

NAME, TABLE = "folds.html", "answers.csv"


def write_folds(found: CrossValidation, splits: Splits, builder: Any = None) -> Path:
    """Write ``folds.html`` and ``answers.csv`` into the folder of a cross-validation.

    Args:
        found: what it found.
        splits: the data, as the first fold divides them.
        builder: as of ``load``, for a network of somebody's own.

    Returns:
        the path of the page.

    Raises:
        RunError: the folder cannot be written to.
        ImageError: a picture that is shown can no longer be read.
    """
    return write_texts(Path(found.folder), {NAME: page(found, splits, builder), TABLE: table(found)}, AGAIN)


def page(found: CrossValidation, splits: Splits, builder: Any = None) -> str:
    """The page as text."""
    whole = replace(splits, parts={HELD_OUT: found.pooled.pictures})
    first = Run.open(found.folds[0].folder, builder)
    cards = _of_task(found, whole, first), [_data(whole, first), _settings(found, first)]
    sections = [_folds(found), _worst(found), *cards[0], *cards[1]]
    data = splits.root.name or str(splits.root)
    return rendered(
        "report.html",
        style=style(),
        kind="folds",
        links=[(section.anchor, section.name) for section in sections],
        model_name=found.model,
        data_name=data,
        lead=Markup("{}.").format(found.headline()),
        tiles=[*plain_page.tiles_of(found.metrics), _spread(found)],
        sections=sections,
    )


def table(found: CrossValidation) -> str:
    """A line for each picture: its path, truth, answer, loss and fold."""
    text, pooled = io.StringIO(), found.pooled
    writer, known = csv.writer(text, lineterminator="\n"), pooled.pictures.annotations
    writer.writerow(["picture", "true", "predicted", "loss", "fold"])
    for row, answer in enumerate(pooled.answers):
        own = pooled.pictures.name(row), known.words(row), answer
        writer.writerow([*own, f"{float(pooled.losses[row]):.6g}", int(pooled.folds[row])])
    return text.getvalue()


def _spread(found: CrossValidation) -> Tile:
    """The smallest and the largest number of a fold."""
    ranked = sorted((one.primary for one in found.folds), key=lambda one: one.value or 0.0)
    return Tile("Folds", str(len(found.folds)), f"{ranked[0].text()} to {ranked[-1].text()}")


def _folds(found: CrossValidation) -> Section:
    primary = found.metrics.primary
    factor = 100 if primary.share else 1
    values = [factor * (one.primary.value or 0.0) for one in found.folds]
    unit = " (%)" if primary.share else ""
    names = [f"fold {one.number}" for one in found.folds]
    intervals: list[Interval] = [(value, value) for value in values]
    if primary.value is not None:
        low, high = found.metrics.interval or (primary.value, primary.value)
        names, values = [*names, "all"], [*values, factor * primary.value]
        intervals.append((factor * low, factor * high))
    title = f"{primary.name.replace('_', ' ')}{unit}"
    body = rendered(
        "folds_table.html",
        folds=found.folds,
        name=primary.name.replace("_", " "),
        pools=found.pooled.evaluation is not None,
        chart=drawn(dots(values, intervals, names, title), f"{title} by fold"),
    )
    return Section("folds", "Folds", body)


def _worst(found: CrossValidation) -> Section:
    """The pictures with the largest losses."""
    pooled, shown = found.pooled, []
    for row in worst(pooled, SHOWN):
        sample = pooled.pictures[row]
        value, known = f"loss {float(pooled.losses[row]):.3g}", pooled.pictures.annotations.words(row)
        shown.append(
            WorstPicture(data_uri(picture(sample.image)), value, sample.source, pooled.answers[row], known)
        )
    how = "Those with the largest loss, each by a network that never saw it. All are in answers.csv."
    return plain_page.worst_section(shown, found.metrics.primary, how)


def _of_task(found: CrossValidation, whole: Splits, first: Run) -> list[Section]:
    """What a task says of all answers together, from the answers alone."""
    if found.pooled.evaluation is None or isinstance(found.pooled.evaluation.metric, UserMetric):
        return []
    run = replace(first, split=HELD_OUT, evaluation=found.pooled.evaluation)
    measured = Measured(run, whole, found.pooled.evaluation)
    return [section for card in POOLED.get(found.task, ()) if (section := card(measured)) is not None]


def _data(whole: Splits, first: Run) -> Section:
    pictures = whole[HELD_OUT]
    samples = page_data.samples(pictures)
    body = rendered(
        "data.html",
        splits=whole,
        model=first.model,
        parts=page_data.parts(whole),
        sizes=page_data.sizes([sample for sample, _ in samples], len(pictures)),
        annotations=pictures.annotations,
        examples=page_data.examples(samples),
    )
    return Section("data", "Data", body)


def _settings(found: CrossValidation, first: Run) -> Section:
    """The command that does it again, and the settings of its first fold."""
    given = {name: value for name, value in found.settings.items() if name in Settings.model_fields}
    command = page_data.command(found.root, Settings(**{**given, "model": found.model}))
    body = rendered(
        "settings.html",
        command=f"{command} --folds {len(found.folds)}",
        settings=page_data.settings_rows(first.settings, found.task),
        versions=page_data.software(),
    )
    return Section("settings", "Settings", body)
