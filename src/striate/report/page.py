"""One page that says how a run went: it needs no network, no script and no other file.

run, data, evaluation --sections of the task, sections of any task--> report.html
"""

from collections.abc import Iterable
from pathlib import Path

from striate.data.dataset import Splits
from striate.report import any_task, plain_page
from striate.report.section import Card, Measured, Section
from striate.report.sections import CONTENTS
from striate.report.templates import rendered, style
from striate.report.text_files import write_texts
from striate.tasks.evaluate import Evaluation
from striate.tasks.user_metric import UserMetric
from striate.train.run.run import Run
from striate.zoo.cost.summary import summary

NAME = "report.html"


def write_report(run: Run, splits: Splits, evaluation: Evaluation) -> Path:
    """Write ``report.html`` into the folder of a run, beside and renamed.

    Args:
        run: what was trained; its model is not changed.
        splits: the data that it was trained on.
        evaluation: what the model answered to the images of ``run.split``.

    Returns:
        the path of the page.

    Raises:
        RunError: the folder cannot be written to.
        SettingError: the data have no such split.
        ImageError: a picture that is shown can no longer be read.
    """
    folder = Path(run.folder)
    again = f"make room, then: striate train --resume --out {folder}"
    return write_texts(folder, {NAME: report(run, splits, evaluation)}, again)


def shown(cards: Iterable[Card], page: Measured) -> list[Section]:
    """The cards that say something of a run."""
    return [section for card in cards if (section := card(page)) is not None]


def report(run: Run, splits: Splits, evaluation: Evaluation) -> str:
    """The page as text."""
    page, layers = Measured(run, splits, evaluation), summary(run.model)
    usual = plain_page.contents(evaluation.metrics.primary)
    own = isinstance(evaluation.metric, UserMetric)
    contents = usual if own else CONTENTS.get(run.model.task) or usual
    curve = contents.curve or usual.curve
    assert curve is not None
    sections = [
        *shown(contents.before, page),
        any_task.learning(page, curve),
        *shown(contents.after, page),
        any_task.data(page),
        any_task.network(layers),
        any_task.settings(page),
    ]
    return rendered(
        "report.html",
        style=style(),
        kind="report",
        links=[(section.anchor, section.name) for section in sections],
        model_name=run.model.name or "a network",
        data_name=splits.root.name or str(splits.root),
        lead=contents.lead(page),
        tiles=[*contents.tiles(page), *any_task.run_tiles(page, layers)],
        sections=sections,
    )
