"""Networks beside each other: what each reached on the same data, and what it costs. Prints as a table.

accuracy |        . b        a, b, c lie on the frontier: whoever is better is slower.
         |   . a     x d     d does not: b is better and faster.
         +------------> time
"""

import csv
import io
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from statistics import fmean, stdev
from typing import TYPE_CHECKING, Any

from striate.draw.pareto import Point, frontier, scatter
from striate.ops.intervals import wilson
from striate.train.profile.profile import BATCHES, Cost, Costs

if TYPE_CHECKING:
    from matplotlib.figure import Figure

HEADINGS = (
    "network",
    "accuracy",
    "spread",
    *(f"ms, batch {batch}" for batch in BATCHES),
    *(f"MiB, batch {batch}" for batch in BATCHES),
    "parameters",
    "multiplications",
    "size",
    "epochs",
)
MIB = 2**20

SAME_TIME = 0.95
"""A share of another time from which on both count as the same: single runs differ by as much."""


@dataclass(frozen=True)
class ComparisonRow:
    """One network.

    Args:
        model: its name.
        costs: None if they could not be measured.
        accuracies: 0..1, one for each seed that is done.
        count: pictures that each of them was measured on.
        folders: of the runs, in the same order.
        epochs: that fitted into the budget, in the first run; 0 without one.
        batch: pictures in a step of training.
        seconds: that the first run learned for.
        failed: why something is missing; "" if nothing is.
    """

    model: str
    costs: Costs | None = None
    accuracies: tuple[float, ...] = ()
    count: int = 0
    folders: tuple[str, ...] = ()
    epochs: int = 0
    batch: int = 0
    seconds: float = 0.0
    failed: str = ""

    @property
    def accuracy(self) -> float | None:
        """Mean over the seeds; None if none is done."""
        return fmean(self.accuracies) if self.accuracies else None

    @property
    def interval(self) -> tuple[float, float] | None:
        """Of several seeds the mean minus and plus their standard deviation; of one a 95 % interval."""
        if self.accuracy is None:
            return None
        if len(self.accuracies) == 1:
            return wilson(round(self.accuracy * self.count), self.count)
        return max(0.0, self.accuracy - self.deviation), min(1.0, self.accuracy + self.deviation)

    @property
    def deviation(self) -> float:
        """Standard deviation over the seeds; 0 for one."""
        return stdev(self.accuracies) if len(self.accuracies) > 1 else 0.0

    @property
    def file(self) -> str | None:
        """The model of the first seed."""
        return str(Path(self.folders[0]) / "model.safetensors") if self.folders else None

    def at(self, batch: int) -> Cost | None:
        """What answering so many pictures at once takes."""
        return self.costs.at(batch) if self.costs else None

    def cells(self) -> tuple[str, ...]:
        """Its text, column by column."""
        low, high = self.interval or (0.0, 0.0)
        answers = [self.at(batch) for batch in BATCHES]
        costs = self.costs
        return (
            self.model,
            "-" if self.accuracy is None else f"{100 * self.accuracy:.2f} %",
            "-" if self.accuracy is None else f"{100 * low:.1f}-{100 * high:.1f}",
            *("-" if one is None else milliseconds(one.seconds) for one in answers),
            *("-" if one is None else f"{one.memory / MIB:,.0f}" for one in answers),
            f"{costs.parameters:,}" if costs else "-",
            f"{costs.multiplications:,}" if costs else "-",
            f"{costs.size[0]}x{costs.size[1]}" if costs else "-",
            str(self.epochs or "-"),
        )

    def to_dict(self) -> dict[str, Any]:
        """Plain values, ready for JSON."""
        return {**asdict(self), "accuracy": self.accuracy, "interval": self.interval, "file": self.file}


@dataclass(frozen=True)
class Comparison:
    """Several networks on the same data; prints as a table.

    Args:
        folder: where the runs, the tables and the page are.
        root: the data.
        rows: the most accurate one first; without accuracies the fastest one; what failed last.
        split: that accuracies were measured on; "" if nothing was trained.
        seeds: that every network was trained with.
        settings: as they were given to all.
        machine: what costs were measured on, in words.
        answers: {network: class numbers that it gave to the pictures of the split}, of the first seed.
    """

    folder: Path
    root: str
    rows: tuple[ComparisonRow, ...]
    split: str
    seeds: tuple[int, ...]
    settings: dict[str, Any]
    machine: dict[str, str]
    answers: dict[str, list[int]] = field(default_factory=dict, repr=False, compare=False)

    def frontier(self, batch: int = 1) -> list[ComparisonRow]:
        """The networks that none surpasses in accuracy without being slower, the fastest first."""
        best: list[ComparisonRow] = []
        for row in sorted(
            self._placed(batch), key=lambda row: (self._time(row, batch), -(row.accuracy or 0))
        ):
            if not best or (row.accuracy or 0) > (best[-1].accuracy or 0):
                best.append(row)
        return best

    def chart(self, batch: int = 1) -> "Figure":
        """Accuracy against time with the frontier; without accuracies, time against multiplications."""
        rows = self._placed(batch)
        if rows:
            kept = {row.model for row in self.frontier(batch)}
            points = [
                Point(
                    row.model,
                    1e3 * self._time(row, batch),
                    100 * (row.accuracy or 0),
                    _percents(row),
                    row.model in kept,
                )
                for row in rows
            ]
            return frontier(points, "milliseconds for a picture", f"accuracy on {self.split} (%)")
        costs = [(row.model, row.costs, cost) for row in self.rows if row.costs and (cost := row.at(batch))]
        points = [
            Point(model, whole.multiplications / 1e6, 1e3 * cost.seconds) for model, whole, cost in costs
        ]
        return scatter(points, "million multiplications", "milliseconds for a picture")

    def __str__(self) -> str:
        """A table for the terminal."""
        lines = [HEADINGS, *(row.cells() for row in self.rows)]
        widths = [max(len(line[column]) for line in lines) for column in range(len(HEADINGS))]
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
            "headline": self.headline(),
            "frontier": [row.model for row in self.frontier()],
            "rows": [row.to_dict() for row in self.rows],
        }

    def to_csv(self) -> str:
        """A table for other programs: seconds, bytes and shares as they were measured."""
        text = io.StringIO()
        writer = csv.writer(text, lineterminator="\n")
        per_batch = [f"{what}_{batch}" for batch in BATCHES for what in ("seconds", "bytes")]
        counts = ("parameters", "multiplications", "height", "width", "epochs", "batch")
        writer.writerow(
            ["network", "accuracy", "low", "high", "seeds", *per_batch, *counts, "file", "failed"]
        )
        writer.writerows(map(_values, self.rows))
        return text.getvalue()

    def headline(self) -> str:
        """The comparison in a sentence or two."""
        rows = self._placed(1)
        if not rows:
            failed = any(row.failed for row in self.rows)
            return f"None was trained to its end. {_fastest(self.rows)}" if failed else _fastest(self.rows)
        best = max(rows, key=lambda row: (row.accuracy or 0, -self._time(row, 1)))
        said = f"{best.model} is the most accurate"
        if len(rows) == 1:
            return f"{best.model} names {100 * (best.accuracy or 0):.1f} % of the pictures rightly."
        doubt = " The two most accurate lie within each other's spread." if self.within_spread() else ""
        quicker = self.frontier()[:-1]
        if not quicker:
            return f"{said}, and the fastest.{doubt}"
        other = next((row for row in quicker if _share(row, best) >= 0.95), quicker[-1])
        part = self._time(other, 1) / self._time(best, 1)
        time = f"{fraction(part)} the time" if part < SAME_TIME else "about the same time"
        return f"{said}; {other.model} gives {100 * _share(other, best):.0f} % of it in {time}.{doubt}"

    def within_spread(self) -> bool:
        """Whether the two most accurate networks are not further apart than their spreads."""
        first = [row for row in self.rows if row.accuracy is not None][:2]
        if len(first) < 2:
            return False
        (low, _), (_, high) = (row.interval or (0.0, 0.0) for row in first)
        return low <= high

    def _placed(self, batch: int) -> list[ComparisonRow]:
        """The rows that have an accuracy and a time."""
        return [row for row in self.rows if row.accuracy is not None and row.at(batch)]

    @staticmethod
    def _time(row: ComparisonRow, batch: int) -> float:
        cost = row.at(batch)
        return cost.seconds if cost else float("inf")


def ordered(rows: Sequence[ComparisonRow]) -> tuple[ComparisonRow, ...]:
    """The most accurate first, then the fastest; what has neither last."""

    def place(row: ComparisonRow) -> tuple[float, float]:
        cost = row.at(1)
        return -(row.accuracy if row.accuracy is not None else -1.0), cost.seconds if cost else float("inf")

    return tuple(sorted(rows, key=place))


def fraction(share: float) -> str:
    """A share of something, in words that a reader remembers.

    >>> fraction(0.34), fraction(0.52), fraction(0.04), fraction(0.9)
    ('a third of', 'half', '1/25 of', '90 % of')
    """
    words = {
        1 / 2: "half",
        1 / 3: "a third of",
        1 / 4: "a quarter of",
        1 / 5: "a fifth of",
        1 / 10: "a tenth of",
    }
    words |= {2 / 3: "two thirds of", 3 / 4: "three quarters of"}
    nearest = min(words, key=lambda word: abs(share / word - 1))
    if abs(share / nearest - 1) < 0.08:
        return words[nearest]
    return f"1/{1 / share:.0f} of" if share < 0.1 else f"{100 * share:.0f} % of"


def milliseconds(seconds: float) -> str:
    """Three digits.

    >>> milliseconds(0.0001234), milliseconds(0.0123), milliseconds(1.5)
    ('0.123', '12.3', '1,500')
    """
    value = 1e3 * seconds
    return (
        f"{value:,.0f}"
        if value >= 100
        else f"{value:.1f}"
        if value >= 10
        else f"{value:.2f}"
        if value >= 1
        else f"{value:.3f}"
    )


def _fastest(rows: Sequence[ComparisonRow]) -> str:
    """What is said when nothing was trained."""
    timed = sorted((cost.seconds, row.model) for row in rows if (cost := row.at(1)))
    if not timed:
        return "Nothing could be measured."
    (least, first), (most, last) = timed[0], timed[-1]
    said = f"{first} is the fastest: {milliseconds(least)} ms for a picture"
    return f"{said}; {last} takes {most / least:.3g} times as long." if len(timed) > 1 else f"{said}."


def _share(row: ComparisonRow, best: ComparisonRow) -> float:
    """Accuracy as a share of the best one's; rounded down to whole percents."""
    share = (row.accuracy or 0) / (best.accuracy or 1)
    return int(100 * share + 1e-9) / 100


def _percents(row: ComparisonRow) -> tuple[float, float]:
    low, high = row.interval or (0.0, 0.0)
    return 100 * low, 100 * high


def _values(row: ComparisonRow) -> list[Any]:
    """A line of the CSV table."""
    low, high = row.interval or (None, None)
    measured = [(cost.seconds, cost.memory) if cost else (None, None) for cost in map(row.at, BATCHES)]
    costs = row.costs
    counts = (costs.parameters, costs.multiplications, *costs.size) if costs else (None,) * 4
    answers = [value for pair in measured for value in pair]
    runs = row.epochs or None, row.batch or None, row.file, row.failed
    return [row.model, row.accuracy, low, high, len(row.accuracies), *answers, *counts, *runs]


def _padded(cells: Sequence[str], widths: Sequence[int]) -> list[str]:
    """The name to the left, numbers to the right."""
    return [
        cell.rjust(width) if column else cell.ljust(width)
        for column, (cell, width) in enumerate(zip(cells, widths, strict=True))
    ]
