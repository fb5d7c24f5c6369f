"""The parts of a page: tiles with one number each, and sections. Each task fills them in by its functions.

Measured(run, splits, evaluation) --section functions of the task--> Section, ... --page--> report.html
"""

from collections.abc import Callable
from dataclasses import dataclass

from markupsafe import Markup

from striate.data.dataset import Splits
from striate.tasks.evaluate import Evaluation
from striate.train.run.run import Run


@dataclass(frozen=True)
class Measured:
    """What a page is about.

    Args:
        run: what was trained.
        splits: the data that it was trained on.
        evaluation: the answers to the images of ``run.split``, and their metrics.
    """

    run: Run
    splits: Splits
    evaluation: Evaluation


@dataclass(frozen=True)
class Tile:
    """A number at the top of the page.

    Args:
        name: what it is.
        value: the number, with its unit.
        note: its interval, or what else it needs to be understood.
        share: 0..1, drawn as a bar; None for no bar.
    """

    name: str
    value: str
    note: str = ""
    share: float | None = None


@dataclass(frozen=True)
class Section:
    """A card of the page.

    Args:
        anchor: that links name.
        name: in the list of links.
        body: HTML, with everything in it escaped.
    """

    anchor: str
    name: str
    body: Markup


Card = Callable[[Measured], Section | None]


@dataclass(frozen=True)
class Curve:
    """The metric that chose the best epoch, as a column of metrics.csv.

    Args:
        column: its name there.
        title: above the curve, with the unit.
        factor: from the column to that unit.
    """

    column: str
    title: str
    factor: float


@dataclass(frozen=True)
class Contents:
    """What the page of a task holds.

    Args:
        curve: the metric by epoch; None for the primary number that was measured.
        lead: the sentences below the heading.
        tiles: the task's headline numbers; parameters and training time follow on every page.
        before: the task's cards above the curves of the training; None of one that says nothing of this run.
        after: those below; data, network and settings follow on every page.
    """

    curve: Curve | None
    lead: Callable[[Measured], Markup]
    tiles: Callable[[Measured], list[Tile]]
    before: tuple[Card, ...]
    after: tuple[Card, ...]
