"""The rows of a training: the same weights answer with each number, and each row's cost is measured.

    <training>-seed0/model.safetensors --proposals=100--> <row>-seed0/  model, metrics, answers
                                       --proposals=300--> <row>-seed0/

The row that says the same as the training has its answers already. Where time depends on weights and pictures
(``TaskModel.time_varies``), as a detector's does, it is measured again when the model is trained, on some of
the pictures that it is judged by.
"""

import json
import math
from collections.abc import Iterator
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

from torch import Tensor, stack

from striate.compare.grid import GridRow
from striate.compare.plan import Plan
from striate.compare.state import ANSWERS, CompareState
from striate.data.batches.loader import Loader
from striate.data.checks.statistics import Facts, sample
from striate.data.dataset import Splits
from striate.data.preprocess import Preprocess
from striate.data.trained_data import unseen
from striate.files.atomic import beside
from striate.tasks.evaluate import Evaluation, evaluate
from striate.tasks.model import TaskModel
from striate.train.profile.profile import PICTURES, Costs, measure
from striate.train.run.headline import headline
from striate.train.run.settings import Settings
from striate.train.session.events import Event, Measuring
from striate.zoo.build import model_of
from striate.zoo.save_load import load, save


def missing_rows(plan: Plan, state: CompareState, found: Facts, training: str, seed: int) -> list[GridRow]:
    """The rows of a complete training that are not answered, or whose cost is not measured."""
    varies = model_of(plan.settings.task or found.task).time_varies and seed == plan.first
    return [
        row
        for row in plan.rows_of(training)
        if not state.answered(row.name, seed) or (varies and state.trained_costs(row) is None)
    ]


def finish_rows(
    plan: Plan, state: CompareState, splits: Splits, found: Facts, training: str, seed: int
) -> Iterator[Event]:
    """Answer and measure what is missing of a complete training."""
    rows = missing_rows(plan, state, found, training, seed)
    for number, row in enumerate(rows, 1):
        yield Measuring(row.name, number, len(rows))
        if not state.answered(row.name, seed):
            answer(state, splits, row, seed)
        varies = model_of(plan.settings.task or found.task).time_varies
        if varies and seed == plan.first and state.trained_costs(row) is None:
            state.keep_trained_costs(row, trained_costs(state, splits, found, row, seed))


def answer(state: CompareState, splits: Splits, row: GridRow, seed: int) -> None:
    """Write the model, the metrics and the answers of a row.

    Raises:
        RunError: the folder cannot be written.
    """
    trained, files = state.run(row.training, seed), state.run(row.name, seed)
    files.path.mkdir(parents=True, exist_ok=True)
    model = load(trained.model)
    same = all(model.arguments.get(name) == value for name, value in row.changed.items())
    for name, value in row.changed.items():
        model.network.change(name, value)  # type: ignore[operator]
        model.arguments[name] = value
    settings = json.loads(trained.settings.read_text())
    save(model, files.model, settings=settings)
    if same:
        copied = [(trained.path / ANSWERS, files.path / ANSWERS), (trained.metrics, files.metrics)]
        for source, target in copied:
            with beside(target) as file:
                file.write_bytes(source.read_bytes())
        return
    split = unseen(splits)
    loader = Loader(splits[split], model.preprocess, model.evaluation_batch, workers=settings.get("workers"))
    found = evaluate(model, loader)
    files.write_json(files.path / ANSWERS, answers_of(found))
    primary = {"primary": asdict(found.metrics.primary), "metrics": found.metrics.to_dict()}
    files.write_json(files.metrics, {"split": split, "headline": headline(found.metrics, split), **primary})


def trained_costs(state: CompareState, splits: Splits, found: Facts, row: GridRow, seed: int) -> Costs:
    """What the trained model of a row costs; of training what was measured before it.

    Raises:
        TrainingError: nothing could be measured.
    """
    settings = Settings(**json.loads(state.run(row.training, seed).settings.read_text()))
    own = settings.model_copy(update={"arguments": {**settings.arguments, **row.changed}})
    shown = shown_pictures(splits, settings, found)
    costs = measure(own, found, file=Path(state.run(row.name, seed).model), shown=shown)
    before = state.costs(row.training)
    return costs if before is None else replace(costs, learning=before.learning, steps=before.steps)


def shown_pictures(splits: Splits, settings: Settings, found: Facts) -> Tensor:
    """uint8 (N, C, H, W): some of the pictures that a network is judged by, as it sees them.

    Args:
        splits: the data.
        settings: decided ones.
        found: of the data.
    """
    part, half = splits[unseen(splits)], (0.5,) * found.channels
    size, mode = settings.height_width or (0, 0), settings.resize_mode or "letterbox"
    preprocess = Preprocess(size, found.channels, half, half, resize_mode=mode)
    return stack([preprocess(part[int(place)].image) for place in sample(len(part), PICTURES)])


def shown_for(splits: Splits, settings: Settings, found: Facts) -> dict[str, Any]:
    """What ``measure`` shows a network before it is trained: pictures if its time depends on them."""
    kind: type[TaskModel[Any]] = model_of(settings.task or found.task)
    return {"shown": shown_pictures(splits, settings, found)} if kind.time_varies else {}


def answers_of(evaluation: Evaluation) -> dict[str, Any]:
    """What a model answered to each image, in words, and what the primary number is for each."""
    known = evaluation.metrics.per_image
    values = [] if known is None else [None if math.isnan(one) else one for one in known.tolist()]
    return {"answers": evaluation.metric.answers(), "per_image": values}
