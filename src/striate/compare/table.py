"""Networks beside each other: what each reached on the same data, and what it costs. Prints as a table.

better |        . b        a, b, c lie on the frontier: whoever is better is slower.
       |   . a     x d     d does not: b is better and faster.
       +------------> time
"""

import csv
import io
import math
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from statistics import fmean, stdev
from typing import TYPE_CHECKING, Any

import torch

from striate.arguments import checked_methods
from striate.compare.conclusion import conclusion
from striate.draw.charts import dots
from striate.draw.pareto import Point, frontier, scatter
from striate.draw.parts_chart import parts_chart
from striate.formatting import milliseconds, words_of
from striate.layers.image_network import PARTS
from striate.ops.intervals import Interval, PairedDifference, paired_difference
from striate.tasks.metric import Primary
from striate.train.profile.profile import BATCHES, Cost, Costs

if TYPE_CHECKING:
    from matplotlib.figure import Figure

COSTS = (
    f"ms, batch {BATCHES[0]}",
    *(f"{part} ms" for part in PARTS),
    *(f"ms, batch {batch}" for batch in BATCHES[1:]),
    *(f"MiB, batch {batch}" for batch in BATCHES),
    "parameters",
    "multiplications",
    "size",
    "epochs",
)
MIB = 2**20

LEFT_OUT = (*(f"{what}, batch {batch}" for what in ("ms", "MiB") for batch in BATCHES[1:]), "multiplications")
"""Columns that stand in the page and in the CSV table alone where rows differ in choices, which need room."""

LABELLED = 16
"""Rows whose choices fit beside their marks; of more the number of each in the table is written."""
ACCURACY = Primary("accuracy")
"""What is written above a column without any score."""


@checked_methods
@dataclass(frozen=True)
class ComparisonRow:
    """One network.

    Args:
        model: its name.
        costs: None if they could not be measured.
        scores: the primary number of the task, one for each seed that is done.
        count: pictures that each of them was measured on.
        folders: of the runs, in the same order.
        epochs: that fitted into the budget, in the first run; 0 without one.
        batch: pictures in a step of training.
        seconds: that the first run learned for.
        failed: why something is missing; "" if nothing is.
        primary: what the scores are, without a value.
        known: (low, high), the 95 % interval of the score of the first seed; None where nobody can say.
        network: the name of the network, where the row is one of several of it; "" for nothing known.
        choices: (name, value) of what was chosen for it, as text.
        timed_trained: whether costs are those of the trained model, on pictures of the data.
        pooled: with folds, the primary number of all pictures, each answered by a network that never saw it;
            the scores are those of the folds then.
    """

    model: str
    costs: Costs | None = None
    scores: tuple[float, ...] = ()
    count: int = 0
    folders: tuple[str, ...] = ()
    epochs: int = 0
    batch: int = 0
    seconds: float = 0.0
    failed: str = ""
    primary: Primary = ACCURACY
    known: Interval | None = None
    network: str = ""
    choices: tuple[tuple[str, str], ...] = ()
    timed_trained: bool = False
    pooled: float | None = None

    @property
    def score(self) -> float | None:
        """The pooled number of folds, or the mean over the seeds; None if none is done."""
        if self.pooled is not None:
            return self.pooled
        return fmean(self.scores) if self.scores else None

    def rank(self) -> float:
        """The larger the better; minus infinity without a score."""
        return self.primary.of(self.score).rank()

    def text(self) -> str:
        """The score for people."""
        return self.primary.of(self.score).text()

    @property
    def interval(self) -> Interval | None:
        """Of several seeds the mean minus and plus their standard deviation; else that of 95 %."""
        if self.score is None or len(self.scores) == 1 or (self.pooled is not None and self.known):
            return self.known
        low, high = self.score - self.deviation, self.score + self.deviation
        return (max(0.0, low), min(1.0, high)) if self.primary.share else (low, high)

    @property
    def deviation(self) -> float:
        """Standard deviation over the seeds; 0 for one."""
        return stdev(self.scores) if len(self.scores) > 1 else 0.0

    def spread(self) -> str:
        """How sure the score is: of several seeds plus and minus, of one its interval; "" for neither.

        >>> ComparisonRow("a", scores=(0.9, 0.92)).spread()
        '± 1.4, 2 seeds'
        >>> ComparisonRow("a", scores=(0.5,), known=(0.404, 0.596)).spread()
        '40.4 to 59.6 %'
        """
        if len(self.scores) > 1:
            width = f"{100 * self.deviation:.1f}" if self.primary.share else f"{self.deviation:.2g}"
            if self.pooled is not None:
                range_text = self.primary.range_text(self.known)
                return f"{range_text}, {len(self.scores)} folds" if range_text else f"± {width} between folds"
            return f"± {width}, {len(self.scores)} seeds"
        return self.primary.range_text(self.interval)

    @property
    def file(self) -> str | None:
        """The model of the first seed."""
        return str(Path(self.folders[0]) / "model.safetensors") if self.folders else None

    def at(self, batch: int) -> Cost | None:
        """What answering so many pictures at once takes."""
        return self.costs.at(batch) if self.costs else None

    @property
    def parts(self) -> dict[str, float]:
        """{part: seconds} of an answer to one picture."""
        return dict(self.costs.parts) if self.costs else {}

    def cells(self, choices: Sequence[str] = ()) -> tuple[str, ...]:
        """Its text, column by column.

        Args:
            choices: names of what rows differ in; each has a column, and the first one is the network then.
        """
        answers = [self.at(batch) for batch in BATCHES]
        costs, known, parts = self.costs, dict(self.choices), self.parts
        return (
            self.network if choices else self.model,
            *(known.get(name, "-") for name in choices),
            "-" if self.score is None else self.text(),
            self.spread() or "-",
            *("-" if one is None else milliseconds(one.seconds) for one in answers[:1]),
            *(milliseconds(parts[part]) if part in parts else "-" for part in PARTS),
            *("-" if one is None else milliseconds(one.seconds) for one in answers[1:]),
            *("-" if one is None else f"{one.memory / MIB:,.0f}" for one in answers),
            f"{costs.parameters:,}" if costs else "-",
            f"{costs.multiplications:,}" if costs else "-",
            f"{costs.size[0]}x{costs.size[1]}" if costs else "-",
            str(self.epochs or "-"),
        )

    def to_dict(self) -> dict[str, Any]:
        """Plain values, ready for JSON."""
        values = {name: value for name, value in asdict(self).items() if name not in ("primary", "known")}
        score = {self.primary.name: self.score, "interval": self.interval}
        own = {"choices": dict(self.choices), "parts": self.parts, "file": self.file}
        return {**values, **score, **own}


@checked_methods
@dataclass(frozen=True)
class Comparison:
    """Several networks on the same data; prints as a table.

    Args:
        folder: where the runs, the tables and the page are.
        root: the data.
        rows: the best one first; without scores the fastest one; what failed last.
        split: that scores were measured on; "" if nothing was trained.
        seeds: that every network was trained with.
        settings: as they were given to all.
        machine: what costs were measured on, in words.
        answers: {network: {"answers": words, "per_image": values}} for each picture, of the first seed.
        sweep: the setting whose values stand in place of networks; "" for none.
        folds: parts of the pictures, each of which was tested once; 0 for none.
    """

    folder: Path
    root: str
    rows: tuple[ComparisonRow, ...]
    split: str
    seeds: tuple[int, ...]
    settings: dict[str, Any]
    machine: dict[str, str]
    answers: dict[str, dict[str, Any]] = field(default_factory=dict, repr=False, compare=False)
    sweep: str = ""
    folds: int = 0

    @property
    def primary(self) -> Primary:
        """What the scores are, without a value."""
        return self.rows[0].primary if self.rows else ACCURACY

    @property
    def choices(self) -> dict[str, tuple[str, ...]]:
        """{what rows differ in, besides the network: the values}, as text."""
        pairs = dict.fromkeys(pair for row in sorted(self.rows, key=_by_choices) for pair in row.choices)
        most = max((row.choices for row in self.rows), key=len, default=())
        names = dict.fromkeys(name for name, _ in (*most, *pairs))
        return {name: tuple(value for own, value in pairs if own == name) for name in names}

    @property
    def metric(self) -> str:
        """Its name in words."""
        return words_of(self.primary.name)

    def frontier(self, batch: int = 1) -> list[ComparisonRow]:
        """The networks that none surpasses in its score without being slower, the fastest first."""
        best: list[ComparisonRow] = []
        for row in sorted(self._placed(batch), key=lambda row: (self._time(row, batch), -row.rank())):
            if not best or row.rank() > best[-1].rank():
                best.append(row)
        return best

    def chart(self, batch: int = 1) -> "Figure":
        """The score against time with the frontier; without scores, time against multiplications.

        Of a sweep: the score by value.
        """
        factor, unit = (100, " (%)") if self.primary.share else (1, "")
        title = f"{self.metric} on {self.split}{unit}"
        if self.sweep:
            done = [row for row in self.rows if row.score is not None]
            names, values = [row.model for row in done], [factor * (row.score or 0) for row in done]
            return dots(values, [_scaled(row, factor) for row in done], names, title)
        rows = self._placed(batch)
        if rows:
            kept = {row.model for row in self.frontier(batch)}
            points = [
                Point(
                    self.label(row),
                    1e3 * self._time(row, batch),
                    factor * (row.score or 0),
                    _scaled(row, factor),
                    row.model in kept,
                    row.network if self.choices else "",
                )
                for row in rows
            ]
            across = "milliseconds for a picture"
            return frontier(points, across, title, higher_is_better=self.primary.higher_is_better)
        costs = [(row.model, row.costs, cost) for row in self.rows if row.costs and (cost := row.at(batch))]
        points = [
            Point(model, whole.multiplications / 1e6, 1e3 * cost.seconds) for model, whole, cost in costs
        ]
        return scatter(points, "million multiplications", "milliseconds for a picture")

    @property
    def numbered(self) -> bool:
        """Whether marks have the numbers of their rows, as there are too many for their choices."""
        return bool(self.choices) and len(self.rows) > LABELLED

    def label(self, row: ComparisonRow) -> str:
        """What stands beside the mark of a row: of few its choices, of many its place in the table."""
        if self.numbered:
            return str(self.rows.index(row) + 1)
        return ", ".join(value for _, value in row.choices) or row.model

    def parts_chart(self) -> "Figure | None":
        """How the time of one picture divides; None where it was not measured."""
        rows = {row.model: row.parts for row in self.rows if row.parts}
        return parts_chart(rows) if rows else None

    def __str__(self) -> str:
        """A table for the terminal."""
        choices = tuple(self.choices)
        headings = (self.sweep or "network", *choices, self.metric, "spread", *COSTS)
        lines = [headings, *(row.cells(choices) for row in self.rows)]
        if self.numbered:
            lines = [(f"{number or '#':>2} {line[0]}", *line[1:]) for number, line in enumerate(lines)]
        shown = [column for column, name in enumerate(headings) if not (choices and name in LEFT_OUT)]
        known = [column for column in shown if any(line[column] != "-" for line in lines[1:])]
        lines = [tuple(line[column] for column in known) for line in lines]
        widths = [max(len(line[column]) for line in lines) for column in range(len(known))]
        text = ["  ".join(_padded(line, widths)).rstrip() for line in lines]
        failed = [f"{row.model}: {row.failed}" for row in self.rows if row.failed]
        return "\n".join([text[0], "-" * max(map(len, text)), *text[1:], *failed])

    def to_dict(self) -> dict[str, Any]:
        """Plain values, ready for JSON."""
        return {
            "folder": str(self.folder),
            "page": str(self.folder / "compare.html"),
            "data": self.root,
            "split": self.split,
            "seeds": list(self.seeds),
            "settings": self.settings,
            "machine": self.machine,
            "sweep": self.sweep,
            "folds": self.folds,
            "choices": {name: list(values) for name, values in self.choices.items()},
            "metric": self.primary.name,
            "higher_is_better": self.primary.higher_is_better,
            "headline": self.headline(),
            "chose_epoch": self.split == "val",
            "frontier": [row.model for row in self.frontier()],
            "rows": [{**row.to_dict(), **self._against_best(row)} for row in self.rows],
        }

    def to_csv(self) -> str:
        """A table for other programs: seconds, bytes and shares as they were measured."""
        text = io.StringIO()
        writer = csv.writer(text, lineterminator="\n")
        per_batch = [f"{what}_{batch}" for batch in BATCHES for what in ("seconds", "bytes")]
        counts = ("parameters", "multiplications", "height", "width", "epochs", "batch")
        choices, parts = (
            tuple(self.choices),
            [part for part in PARTS if any(part in row.parts for row in self.rows)],
        )
        headings = [
            "network",
            self.primary.name,
            "low",
            "high",
            "seeds",
            *per_batch,
            *counts,
            "file",
            "failed",
        ]
        writer.writerow([*headings, *(f"seconds_{part}" for part in parts), *choices])
        for row in self.rows:
            own = dict(row.choices)
            more = [*(row.parts.get(part) for part in parts), *(own.get(name) for name in choices)]
            writer.writerow([*_values(row), *more])
        return text.getvalue()

    def headline(self) -> str:
        """The comparison in a few sentences."""
        return conclusion(self)

    @property
    def failed(self) -> tuple[ComparisonRow, ...]:
        """The networks that could not be measured or trained."""
        return tuple(row for row in self.rows if row.failed)

    def difference(self, first: str, second: str) -> PairedDifference | None:
        """How much the second network is above the first on the same pictures, of the first seed.

        None where the two were not measured on the same pictures.
        """
        values = [self.answers.get(name, {}).get("per_image", []) for name in (first, second)]
        if not values[0] or len(values[0]) != len(values[1]):
            return None
        one, other = (torch.tensor([math.nan if v is None else v for v in part]) for part in values)
        return paired_difference(one, other)

    def told_apart(self, first: ComparisonRow, second: ComparisonRow) -> bool:
        """Whether two networks differ by more than chance does.

        The interval of the difference on the same pictures must leave zero out. With several seeds, one
        network must also be the better one with every seed, but not in every fold, which are other pictures.
        Where nothing is known of single pictures, the intervals of both must not overlap.
        """
        pairs = list(zip(first.scores, second.scores, strict=False))
        if not self.folds and not (all(a > b for a, b in pairs) or all(a < b for a, b in pairs)):
            return False
        difference = self.difference(first.model, second.model)
        if difference is not None:
            return difference.told_apart
        if first.interval is None or second.interval is None:
            return False
        (low, high), (other_low, other_high) = first.interval, second.interval
        return low > other_high or other_low > high

    def as_good_as(self, best: ComparisonRow) -> list[ComparisonRow]:
        """The other networks that cannot be told apart from one."""
        others = [row for row in self.rows if row.score is not None and row.model != best.model]
        return [row for row in others if not self.told_apart(best, row)]

    def best(self) -> ComparisonRow | None:
        """The best network, the fastest of equals; None where nothing was trained."""
        return next((row for row in self.rows if row.score is not None), None)

    def _against_best(self, row: ComparisonRow) -> dict[str, Any]:
        """How far a network is below the best one, and whether they can be told apart."""
        best = self.best()
        if best is None or row.score is None or row.model == best.model:
            return {"difference_to_best": None, "told_apart_from_best": None}
        difference = self.difference(best.model, row.model)
        values = asdict(difference) if difference else None
        return {"difference_to_best": values, "told_apart_from_best": self.told_apart(best, row)}

    def _placed(self, batch: int) -> list[ComparisonRow]:
        """The rows that have a score and a time."""
        return [row for row in self.rows if row.score is not None and row.at(batch)]

    @staticmethod
    def _time(row: ComparisonRow, batch: int) -> float:
        cost = row.at(batch)
        return cost.seconds if cost else float("inf")


def ordered(rows: Sequence[ComparisonRow]) -> tuple[ComparisonRow, ...]:
    """The best first, then the fastest; what has neither last."""

    def place(row: ComparisonRow) -> tuple[float, float]:
        cost = row.at(1)
        return -row.rank(), cost.seconds if cost else float("inf")

    return tuple(sorted(rows, key=place))


def _by_choices(row: ComparisonRow) -> tuple[Any, ...]:
    """Numbers by their size, words as they are."""
    return tuple((name, float(value) if value.isdecimal() else 0.0, value) for name, value in row.choices)


def _scaled(row: ComparisonRow, factor: float) -> Interval:
    """The interval in the unit of a chart; of none the score alone."""
    low, high = row.interval or (row.score or 0.0, row.score or 0.0)
    return factor * low, factor * high


def _values(row: ComparisonRow) -> list[Any]:
    """A line of the CSV table."""
    low, high = row.interval or (None, None)
    measured = [(cost.seconds, cost.memory) if cost else (None, None) for cost in map(row.at, BATCHES)]
    costs = row.costs
    counts = (costs.parameters, costs.multiplications, *costs.size) if costs else (None,) * 4
    answers = [value for pair in measured for value in pair]
    runs = row.epochs or None, row.batch or None, row.file, row.failed
    return [row.model, row.score, low, high, len(row.scores), *answers, *counts, *runs]


def _padded(cells: Sequence[str], widths: Sequence[int]) -> list[str]:
    """The name to the left, numbers to the right."""
    return [
        cell.rjust(width) if column else cell.ljust(width)
        for column, (cell, width) in enumerate(zip(cells, widths, strict=True))
    ]
