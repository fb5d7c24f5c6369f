"""The sections that are the same for every task: training, data, network, settings; and their tiles."""

import math
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from markupsafe import Markup

from striate.data.python_data.from_python import FORMAT as PYTHON
from striate.draw import charts
from striate.formatting import brief, duration, plural
from striate.report import page_data
from striate.report.inline_images import drawn
from striate.report.section import Curve, Measured, Section, Tile
from striate.report.templates import rendered
from striate.train.run.run_folder import RunFolder
from striate.zoo.cost.summary import HEADINGS, Summary


def run_tiles(page: Measured, summary: Summary) -> list[Tile]:
    """What the network and its training took."""
    history, total, stages = page.run.history, summary.total, stage_seconds(page.run.folder)
    seconds = sum(float(row["seconds"]) for row in history) + sum(stages.values())
    parts = plural(len(history), "epoch") + (f", then {plural(len(stages), 'stage')}" if stages else "")
    return [
        Tile(
            "Parameters", brief(total.parameters), f"{brief(total.multiplications)} multiplications a picture"
        ),
        Tile("Trained", duration(seconds), parts),
    ]


def stage_seconds(folder: Path) -> dict[str, float]:
    """How long each stage after the descent took, by name."""
    files = RunFolder(folder)
    known = files.read_json(files.metrics) if files.metrics.exists() else {}
    return {name: float(value) for name, value in known.get("stage_seconds", {}).items()}


def learning(page: Measured, curve: Curve) -> Section:
    """The curves of the training."""
    return Section("learning", "Training", rendered("learning.html", curves=curves(page.run.history, curve)))


def data(page: Measured) -> Section:
    """Where the pictures are, how many, of which sizes, and some of them."""
    splits, model = page.splits, page.run.model
    samples = page_data.samples(splits["train"])
    body = rendered(
        "data.html",
        splits=splits,
        model=model,
        parts=page_data.parts(splits),
        sizes=page_data.sizes([sample for sample, _ in samples], len(splits["train"])),
        annotations=splits["train"].annotations,
        examples=page_data.examples(samples),
    )
    return Section("data", "Data", body)


def network(summary: Summary) -> Section:
    """The table of its layers."""
    return Section("network", "Network", rendered("network.html", summary=summary, headings=HEADINGS))


def settings(page: Measured) -> Section:
    """The command that trains the same network again, every setting, and the versions."""
    run, root = page.run, "DATA" if page.splits.format == PYTHON else str(page.splits.root)
    body = rendered(
        "settings.html",
        command=page_data.command(root, run.settings),
        settings=page_data.settings_rows(run.settings, run.model.task),
        versions=page_data.software(),
    )
    return Section("settings", "Settings", body)


def curves(history: Sequence[Mapping[str, Any]], curve: Curve) -> list[Markup]:
    """Loss, the metric of the task and learning rate by epoch, as far as they were measured."""
    loss = {"train": _column(history, "train_loss"), "validation": _column(history, "val_loss")}
    measured = [curve.factor * value for value in _column(history, curve.column)]
    seen = {name: numbers for name, numbers in loss.items() if any(map(math.isfinite, numbers))}
    best = best_epoch(history)
    made = [("Loss", charts.curves(seen, "Loss", best=best if "validation" in seen else None))]
    if any(map(math.isfinite, measured)):
        made.append((curve.title, charts.curves({"validation": measured}, curve.title, best=best)))
    rate = {"rate": _column(history, "lr")}
    made.append(("Learning rate", charts.curves(rate, "Learning rate")))
    return [drawn(figure, f"{name} by epoch") for name, figure in made]


def best_epoch(history: Sequence[Mapping[str, Any]]) -> int | None:
    """The epoch whose model was kept, from 1: the last that was better than all before; None without any.

    >>> best_epoch([{"best": True}, {"best": False}, {"best": True}, {"best": False}])
    3
    """
    return max((epoch for epoch, row in enumerate(history, 1) if row.get("best")), default=None)


def _column(history: Sequence[Mapping[str, Any]], name: str) -> list[float]:
    """One number per epoch; NaN where nothing was measured."""
    return [math.nan if row.get(name) is None else float(row[name]) for row in history]
