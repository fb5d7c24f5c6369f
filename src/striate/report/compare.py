"""The page of a comparison, to be shown to others: what was best, what was nearly as good and quicker.

comparison, data --headline, charts, table, pictures that one alone got right--> compare.html
"""

import shlex
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from markupsafe import Markup

from striate.compare.choices import PROPOSALS, PROPOSER
from striate.compare.table import MIB, Comparison
from striate.data.dataset import Dataset, Splits
from striate.data.folds import in_order
from striate.draw.heatmap import picture
from striate.formatting import milliseconds, plural
from striate.layers.image_network import PARTS
from striate.report import page_data as facts
from striate.report.inline_images import data_uri, drawn
from striate.report.templates import rendered, style
from striate.report.text_files import AGAIN, write_texts
from striate.train.profile.profile import BATCHES
from striate.train.run.settings import Settings

NAME, TABLE = "compare.html", "compare.csv"
LINKS = {
    "chart": "Chart",
    "parts": "Parts",
    "table": "Table",
    "alone": "Alone right",
    "measured": "Method",
    "again": "Repeat",
}
EACH, ALL = 8, 32
"""Pictures of one network, and of all, that are shown."""


@dataclass(frozen=True)
class Alone:
    """A picture that one network alone named rightly.

    Args:
        image: as data.
        truth: what it is.
        others: what each of the others said, once.
        source: the file it came from.
    """

    image: str
    truth: str
    others: tuple[str, ...]
    source: str


@dataclass(frozen=True)
class Alones:
    """How many pictures one network alone named rightly, and some of them."""

    model: str
    count: int
    shown: tuple[Alone, ...]


def write_comparison(comparison: Comparison, splits: Splits) -> Path:
    """Write ``compare.html`` and ``compare.csv`` into the folder of a comparison.

    Args:
        comparison: what was found.
        splits: the data, as the first seed split them.

    Returns:
        the path of the page.

    Raises:
        RunError: the folder cannot be written to.
    """
    texts = {NAME: page(comparison, splits), TABLE: comparison.to_csv()}
    return write_texts(Path(comparison.folder), texts, AGAIN)


def page(comparison: Comparison, splits: Splits) -> str:
    """The page as text."""
    charts = _charts(comparison)
    placed = [row for row in comparison.rows if row.costs or row.score is not None]
    shown, best = alone(comparison, splits), comparison.best()
    parts = comparison.parts_chart()
    count = max((row.count for row in comparison.rows), default=0)
    has = {"chart": bool(charts), "parts": bool(parts), "alone": shown["all_right"] is not None}
    return rendered(
        NAME,
        style=style(),
        kind="comparison",
        links=[(anchor, name) for anchor, name in LINKS.items() if has.get(anchor, True)],
        comparison=comparison,
        what=_what(comparison),
        headline=comparison.headline(),
        best=best,
        equals={row.model for row in comparison.as_good_as(best)} if best else set(),
        charts=charts,
        parts_chart=drawn(parts, "how the time of one picture divides") if parts else None,
        divided=[part for part in PARTS if any(part in row.parts for row in placed)],
        choices=comparison.choices,
        numbered=comparison.numbered,
        ranks={row.model: number for number, row in enumerate(comparison.rows, 1)},
        rows=placed,
        failed=[row for row in comparison.rows if row.failed],
        kept={row.model for row in comparison.frontier()},
        largest=_largest(comparison),
        batches=BATCHES,
        mib=MIB,
        milliseconds=milliseconds,
        splits=splits,
        name=splits.root.name or str(splits.root),
        parts=facts.parts(splits),
        count=count,
        given=_given(comparison),
        versions=facts.software(),
        command=command(comparison),
        **shown,
    )


def _what(comparison: Comparison) -> str:
    """What is compared, in words."""
    count = len(comparison.rows)
    if comparison.sweep:
        return f"{count} values of {comparison.sweep}"
    if comparison.choices:
        networks = {row.network for row in comparison.rows}
        return f"{plural(len(networks), 'network')} in {plural(count, 'way')}"
    return plural(count, "network")


def _charts(comparison: Comparison) -> list[tuple[int, str, Markup]]:
    """(batch, label, chart): the score against time for each batch; of a sweep, the score by value."""
    if comparison.sweep:
        return [
            (0, comparison.metric, drawn(comparison.chart(), f"{comparison.metric} by {comparison.sweep}"))
        ]
    timed = [batch for batch in BATCHES if any(row.at(batch) for row in comparison.rows)]
    labels = {1: "one picture at a time"}
    return [
        (
            batch,
            labels.get(batch, f"{batch} at a time"),
            drawn(comparison.chart(batch), f"{comparison.metric} against time"),
        )
        for batch in timed
    ]


def _given(comparison: Comparison) -> dict[str, Any]:
    """The settings that were given to all networks, but for seed and budget."""
    settings = {name: value for name, value in comparison.settings.items() if name not in ("seed", "budget")}
    named = {name: value for name, value in settings.items() if name in Settings.model_fields and value}
    return {name: value for name, value in named.items() if not _usual(name, value)}


def _usual(name: str, value: Any) -> bool:
    """Whether a setting has its default."""
    return bool(value == Settings.model_fields[name].default)


def command(comparison: Comparison) -> str:
    """The command that compares the same networks again."""
    names = sorted(row.model for row in comparison.rows)
    settings = {name: value for name, value in comparison.settings.items() if name in Settings.model_fields}
    model = settings.pop("model", None)
    if comparison.sweep:
        values = [name.partition("=")[2] for name in names]
        parts = (";" if any("," in value for value in values) else ",").join(values)
        what = shlex.join([*(["--models", model] if model else []), "--sweep", f"{comparison.sweep}={parts}"])
    else:
        networks = sorted({row.network or row.model for row in comparison.rows})
        file = settings.pop(PROPOSALS, None) if comparison.choices else None
        flags = _flags(comparison.choices, [file] if file else []).items()
        several = [shlex.join([f"--{name}", ",".join(values)]) for name, values in flags]
        what = " ".join([f"--models {','.join(networks)}", *several])
    words = facts.command(comparison.root, Settings(**settings)).removeprefix("striate train ")
    seeds = f" --seeds {len(comparison.seeds)}" if len(comparison.seeds) > 1 else ""
    seeds = f" --folds {comparison.folds}" if comparison.folds else seeds
    return f"striate compare {words} {what}{seeds}{'' if comparison.seeds else ' --costs-only'}"


def _flags(choices: dict[str, tuple[str, ...]], files: Sequence[str]) -> dict[str, tuple[str, ...]]:
    """{flag: values}: what proposes stands before how many."""
    kinds = (*files, *choices.get(PROPOSER, ()))
    found = {name: values for name, values in choices.items() if name != PROPOSER}
    return {**found, PROPOSALS: (*kinds, *found.get(PROPOSALS, ()))} if kinds else found


def alone(comparison: Comparison, splits: Splits) -> dict[str, Any]:
    """The pictures that one network alone named rightly, and how many all of them and none of them did."""
    answers = comparison.answers
    values = [one["per_image"] for one in answers.values()]
    if len(answers) < 2 or any(value not in (0, 1) for one in values for value in one):
        return {"alones": [], "all_right": None, "none_right": None}  # nothing is right or wrong
    right = np.array(values, dtype=bool)
    judged = in_order(splits) if comparison.folds else splits[comparison.split]
    times = right.sum(0)
    each = max(1, min(EACH, ALL // len(answers)))
    found = []
    for row, model in enumerate(answers):
        indices = np.flatnonzero(right[row] & (times == 1)).tolist()
        shown = tuple(_alone(answers, judged, model, index) for index in _spread(indices, each))
        found.append(Alones(model, len(indices), shown))
    everyone, nobody = int((times == len(answers)).sum()), int((times == 0).sum())
    return {"alones": [one for one in found if one.count], "all_right": everyone, "none_right": nobody}


def _spread(indices: Sequence[int], most: int) -> list[int]:
    """Up to so many of them, evenly spread."""
    chosen = np.linspace(0, len(indices) - 1, min(most, len(indices))).round().astype(int)
    return [indices[index] for index in chosen]


def _alone(answers: dict[str, dict[str, Any]], part: Dataset, model: str, index: int) -> Alone:
    sample = part[index]
    others = dict.fromkeys(one["answers"][index] for name, one in answers.items() if name != model)
    shown: torch.Tensor = sample.image
    return Alone(data_uri(picture(shown)), part.annotations.words(index), tuple(others), sample.source)


def _largest(comparison: Comparison) -> dict[str, float]:
    """The largest number of some columns, for bars beside the numbers."""
    rows = comparison.rows
    return {
        "seconds": max((cost.seconds for row in rows if (cost := row.at(1))), default=1.0),
        "memory": max((cost.memory for row in rows if (cost := row.at(1))), default=1),
    }
