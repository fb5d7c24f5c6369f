"""Folds of one network, together: the figure that few pictures can bear, and an answer to each picture.

fold 1   78.2 %      pooled 81.6 % (95 % interval 77.5 to 85.1 %)
fold 2   84.0 %      every picture answered by a network that never saw it
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from striate.arguments import checked_methods
from striate.compare.plan import Plan
from striate.compare.pooled import HELD_OUT, Pooled, pooled
from striate.compare.state import CompareState
from striate.compare.table import Comparison
from striate.data.dataset import Splits
from striate.errors import TrainingError
from striate.formatting import plural
from striate.tasks.metric import Metrics, Primary
from striate.train.run.run_folder import RunFolder


@dataclass(frozen=True)
class FoldResult:
    """What one fold reached on the pictures that it was tested on.

    Args:
        number: 1..K.
        learned: pictures that its network learned from.
        tested: pictures that it was tested on.
        primary: the number that the task is judged by.
        epochs: of its training.
        folder: its run.
    """

    number: int
    learned: int
    tested: int
    primary: Primary
    epochs: int
    folder: str


@checked_methods
@dataclass(frozen=True)
class CrossValidation:
    """What the folds of one network reached; prints as a table.

    Args:
        folder: where the runs and the page are.
        root: the data.
        model: name of the network.
        task: what it learned.
        folds: one for each.
        pooled: the answers to all pictures.
        settings: as they were given to all folds.
    """

    folder: Path
    root: str
    model: str
    task: str
    folds: tuple[FoldResult, ...]
    pooled: Pooled = field(repr=False, compare=False)
    settings: dict[str, Any] = field(default_factory=dict, repr=False)

    @property
    def metrics(self) -> Metrics:
        """Of all pictures, each answered by a network that never saw it."""
        return self.pooled.metrics

    @property
    def answers(self) -> list[str]:
        """To each picture, in words, in the order of the data."""
        return self.pooled.answers

    def headline(self) -> str:
        """The figure of all pictures, and how far the folds lie apart."""
        metrics, values = self.metrics, [one.primary for one in self.folds if one.primary.value is not None]
        if metrics.primary.value is None or not values:
            return "nothing could be measured"
        said = metrics.headline(plural(metrics.count, f"{HELD_OUT} picture"))
        low, high = (one(values, key=lambda primary: primary.value or 0.0) for one in (min, max))
        return f"{said}; the {len(self.folds)} folds lie between {low.text()} and {high.text()}"

    def __str__(self) -> str:
        """A table for the terminal."""
        lines = [("fold", "learned", "tested", self.metrics.primary.name.replace("_", " "), "epochs")]
        lines += [
            (str(one.number), f"{one.learned:,}", f"{one.tested:,}", one.primary.text(), str(one.epochs))
            for one in self.folds
        ]
        lines.append(("all", "", f"{self.metrics.count:,}", self.metrics.primary.text(), ""))
        widths = [max(map(len, column)) for column in zip(*lines, strict=True)]
        return "\n".join("  ".join(map(str.rjust, line, widths)).rstrip() for line in lines)

    def to_dict(self) -> dict[str, Any]:
        """Plain values, ready for JSON."""
        folds = [
            {"fold": one.number, "learned": one.learned, "tested": one.tested, "folder": one.folder}
            | {one.primary.name: one.primary.value, "epochs": one.epochs}
            for one in self.folds
        ]
        return {
            "folder": str(self.folder),
            "page": str(self.folder / "folds.html"),
            "data": self.root,
            "model": self.model,
            "task": self.task,
            "headline": self.headline(),
            "metrics": self.metrics.to_dict(),
            "folds": folds,
        }


def cross_validation(
    comparison: Comparison, plan: Plan, read: Callable[[int], Splits], known: Pooled | None = None
) -> CrossValidation:
    """What a comparison of folds of one network found.

    Args:
        comparison: complete, or not.
        plan: of it.
        read: the splits of the data for a fold.
        known: what all folds answered; they answer again when left out.

    Raises:
        TrainingError: a fold could not be trained.
    """
    row = comparison.rows[0]
    if row.failed:
        wrong, expected = (
            f"a fold could not be trained: {row.failed}",
            "a network that learns from every fold",
        )
        raise TrainingError(wrong, expected, "mend it, then the same command: complete folds are kept")
    state = CompareState(comparison.folder, plan, read(plan.first))
    found = known or pooled(plan, state, read, plan.rows[0])
    runs = [state.run(row.model, fold) for fold in plan.repeats()]
    return CrossValidation(
        folder=comparison.folder,
        root=comparison.root,
        model=row.network or row.model,
        task=runs[0].read_json(runs[0].settings)["task"],
        folds=tuple(map(_fold, plan.repeats(), runs)),
        pooled=found,
        settings=comparison.settings,
    )


def _fold(number: int, files: RunFolder) -> FoldResult:
    """What lies in the folder of a run."""
    judged, splits = files.read_json(files.metrics), files.read_json(files.splits)["splits"]
    primary, tested = Primary(**judged["primary"]), judged["metrics"]["count"]
    learned, epochs = len(splits["train"]), len(files.read_history())
    return FoldResult(number, learned, tested, primary, epochs, str(files.path))


def worst(found: Pooled, count: int) -> list[int]:
    """Positions of the pictures with the largest losses, the largest first."""
    known = (~found.losses.isnan()).nonzero().flatten()
    order = found.losses[known].sort(descending=True, stable=True).indices
    return [int(known[place]) for place in order[:count]]
