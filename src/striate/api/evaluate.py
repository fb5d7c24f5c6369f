"""Measure a model on labelled pictures."""

from collections.abc import Callable, Collection
from dataclasses import replace
from pathlib import Path
from typing import Any

from torch import nn

from striate.api.networks import Model, load
from striate.arguments import checked
from striate.data.batches.loader import Loader
from striate.data.checks.findings import refusal
from striate.data.dataset import Dataset, Splits
from striate.data.python_data.from_python import PythonData, once
from striate.data.trained_data import MeasuredData, data_to_measure
from striate.errors import DataError, SettingError
from striate.tasks.evaluate import evaluate as measure
from striate.tasks.metric import Metrics
from striate.tasks.model import TaskModel
from striate.tasks.user_metric import Make
from striate.train.run.input_data import Data
from striate.train.run.own_parts import metric_around
from striate.train.run.run import Run

__all__ = ["evaluate"]


@checked
def evaluate(
    model: Model | Run,
    data: Data,
    split: str | None = None,
    *,
    format: str | None = None,
    seed: int | None = None,
    validation: float | None = None,
    test: float | None = None,
    accept: Collection[str] = (),
    proposals: Any = None,
    metric: Any = None,
) -> Metrics:
    """Measure a model on labelled images; ``.measured_on`` of the metrics says on which.

    The data of its training are read as they were then, and measured on pictures that it did not train on.
    Other data are measured whole.

    Args:
        model: a classifier, a saved file, a run or its folder.
        data: as for ``train``; its classes are matched with those of the model by name.
        split: ``train``, ``val``, ``test`` or ``all``; when left out, of the data of the training ``test``,
            or ``val`` if there is none; of other data ``all``.
        format: of the data; when left out that of the training, for its data, or else recognised by looking.
        seed: of the split; the one of the training when left out.
        validation: share that is held out; the one of the training when left out.
        test: share that is held out as a test split, likewise.
        accept: ``unreadable`` leaves out pictures that cannot be decoded; what the training accepted in its
            own data is accepted.
        proposals: who gives a detector with two stages the boxes that it looks at, in the place of its first
            stage: ``selective``, ``quality``, ``windows``, a .jsonl file of boxes, or a ``Proposer``.
        metric: as for ``train``, a function of your own; that of the training when left out.

    Raises:
        SettingError: the data have no such split, or the model takes no proposals; or the metric fails.
        LabelError: the data have a class that the model does not know.
        DataError: the file of proposals cannot be read, or is of other pictures; or Python objects hold boxes
            that are NaN, without an area, outside of their picture or with swapped corners.
    """
    if isinstance(data, TaskModel | Run):
        raise SettingError("the data are a model", "data for the second argument", "evaluate(model, data)")
    classifier, data = opened(model), once(data)
    options = {"seed": seed, "validation": validation, "test": test}
    found = pictures_for(classifier, data, split, format=format, accept=accept, **options)
    if isinstance(data, PythonData):
        _require_boxes(found.splits)
    around = None if metric is None else metric_around(metric)
    return measured(classifier, found, given_pictures(classifier, found, proposals)[0], around)


def _require_boxes(splits: Splits) -> None:
    """Boxes of Python objects can be measured with, as they can be trained on."""
    bad = [finding for finding in splits.findings if finding.kind == "bad-box"]
    if bad:
        error = refusal(bad)
        raise DataError(error.wrong, error.expected, "mend them, or leave them out, in the data set")


def opened(model: Model | Run, builder: Callable[[], nn.Module] | None = None) -> TaskModel[Any]:
    """The model that is meant, read once; ``builder`` as for ``load``."""
    if isinstance(model, str | Path):
        return load(model, builder=builder)
    return model if isinstance(model, TaskModel) else model.model


def pictures_for(
    classifier: TaskModel[Any],
    data: Data,
    split: str | None = None,
    *,
    format: str | None = None,
    accept: Collection[str] = (),
    **options: Any,
) -> MeasuredData:
    """The pictures that a classifier is measured on; arguments as for ``evaluate``."""
    options = {name: value for name, value in options.items() if value is not None}
    options["kinds"] = classifier.learns_from
    options["shapes"] = classifier.learns_shapes
    return data_to_measure(data, classifier.trained_on, split, format=format, accept=accept, **options)


def given_pictures(
    model: TaskModel[Any], data: MeasuredData, proposals: Any = None
) -> tuple[Dataset, tuple[str, ...]]:
    """The pictures that are meant, with the proposals that somebody names, and sentences on these.

    Raises:
        DataError: the pictures are annotated for another task, or the file of proposals is of others.
        SettingError: the model takes no proposals.
    """
    part = data.pictures
    model.require(part.annotations)
    if proposals is not None:
        model.require_taking()
    parts, notes = model.with_proposals({data.split: part}, proposals, model.preprocess)
    return parts[data.split], notes


def measured(model: TaskModel[Any], data: MeasuredData, part: Dataset, around: Make | None = None) -> Metrics:
    """The metrics of a model on some of the pictures of the data, and a sentence about them."""
    loader = Loader(part.remap(model.classes), model.preprocess, model.evaluation_batch)
    found = measure(model, loader, around=around).metrics
    return replace(found, measured_on=data.sentence)  # type: ignore[type-var]
