"""Measure a model on labelled pictures."""

from pathlib import Path
from typing import Any

from striate.api.networks import Model, load, model_file
from striate.arguments import checked
from striate.data.batches.loader import Loader
from striate.data.class_mapping import part_of
from striate.data.dataset import Splits
from striate.data.read_dataset import read
from striate.tasks.evaluate import evaluate as measure
from striate.tasks.metric import Metrics
from striate.tasks.model import TaskModel
from striate.train.run.headline import unseen
from striate.train.run.input_data import Data
from striate.train.run.run import Run
from striate.zoo.save_load import read_header

__all__ = ["evaluate"]

BATCH = 64
"""Images that go through a network at once when nothing is learned."""


@checked
def evaluate(
    model: Model | Run,
    data: Data,
    split: str | None = None,
    *,
    format: str | None = None,
    seed: int | None = None,
    validation: float | None = None,
) -> Metrics:
    """Measure a model on labelled images.

    Args:
        model: a classifier, a saved file, a run or its folder.
        data: as for ``train``; its classes are matched with those of the model by name.
        split: ``train``, ``val``, ``test`` or ``all``; when left out ``test``, or ``val`` if there is none.
        format: of the data; recognised by looking when left out.
        seed: of the split; the one of the training when left out, so that no image of ``val`` was trained on.
        validation: share that is held out; the one of the training when left out.

    Raises:
        SettingError: the data have no such split.
        LabelError: the data have a class that the model does not know.
    """
    classifier, _ = _with_settings(model)
    if not isinstance(data, Splits):
        data = splits_for(model, data, format=format, seed=seed, validation=validation)
    part = part_of(data, split or unseen(data))
    classifier.require(part.annotations)
    dataset = part.remap(classifier.classes)
    return measure(classifier, Loader(dataset, classifier.preprocess, BATCH)).metrics


def splits_for(
    model: Model | Run,
    data: str | Path,
    *,
    format: str | None = None,
    seed: int | None = None,
    validation: float | None = None,
) -> Splits:
    """The splits of data as a model met them in its training; arguments as for ``evaluate``."""
    _, trained = _with_settings(model)
    said = {"seed": seed, "validation": validation}
    kept: dict[str, Any] = {
        name: trained.get(name) if value is None else value for name, value in said.items()
    }
    return read(data, format, **{name: value for name, value in kept.items() if value is not None})


def _with_settings(model: Model | Run) -> tuple[TaskModel[Any], dict[str, Any]]:
    """The classifier, and the settings that it was trained with, if they are known."""
    if isinstance(model, str | Path):
        classifier = load(model)
        known = read_header(model_file(model)).get("settings") if Path(model).exists() else None
        return classifier, known or {}
    return (model, {}) if isinstance(model, TaskModel) else (model.model, model.settings.to_dict())
