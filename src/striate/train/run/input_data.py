"""Data as a training takes them: read with its settings, and refused where they would silently spoil it."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from striate.data.checks.check import readable, refuse
from striate.data.checks.content_hash import identities
from striate.data.dataset import Splits
from striate.data.fold import Fold
from striate.data.folds import refolded
from striate.data.python_data.from_python import FORMAT as PYTHON
from striate.data.read_dataset import read
from striate.data.split import held_out
from striate.errors import SettingError
from striate.train.run.run_folder import RunFolder
from striate.train.run.settings import Settings
from striate.train.run.stored import stored_data, stored_settings
from striate.zoo.build import model_of

Data = str | Path | Splits | Any
"""A path, splits, or a Python object as ``striate.data.python_data.from_python`` takes it."""


def to_train_on(data: Data | None, user_settings: Settings, folder: Path | None) -> Splits:
    """The data, read as they were before if a run is resumed; what would spoil the training is refused."""
    files = RunFolder(folder or "")
    goes_on = folder is not None and files.settings.exists()
    if data is None:
        if not goes_on:
            wrong = (
                "no data were named" if folder is None else f"{folder} holds no run that could say which data"
            )
            raise SettingError(wrong, "a folder, a file, or the word digits", "name the data")
        data = stored_data(files)[0]
        if files.read_json(files.splits).get("format") == PYTHON:
            raise SettingError(
                f"{folder} was trained on a Python object, which no file holds",
                "the same data again",
                "train(data, out=..., resume=True)",
            )
    settings = stored_settings(files) if goes_on else user_settings
    if isinstance(data, Splits):
        if settings.fold:
            data = refolded(data, Fold.read(settings.fold), settings.seed, settings.validation)
        return with_proposals(data, settings)
    accept = user_settings.accept or settings.accept
    task = model_of(settings.task) if settings.task else None
    kinds = task.learns_from if task else ()
    options: dict[str, Any] = {"accept": accept, "kinds": kinds, "joints": settings.joints}
    options["shapes"] = bool(task and task.learns_shapes)
    splits = read(data, settings.format, **options, **read_options(settings))
    refuse(splits, accept)
    return with_proposals(readable(splits) if "unreadable" in accept else splits, settings)


def with_proposals(splits: Splits, settings: Settings) -> Splits:
    """The data with the boxes of a file of proposals, if the settings name one.

    Raises:
        SettingError: the task takes none.
        DataError: the file cannot be read, or is of other pictures.
    """
    if settings.proposals_file is None:
        return splits
    parts, notes = model_of(settings.task or splits.task).with_proposals(splits, settings.proposals_file)
    return replace(splits, parts=parts, notes=(*splits.notes, *notes))


def learned_from(splits: Splits, settings: Settings) -> Splits:
    """The data with as many training pictures as are learned from; fewer are part of more."""
    if settings.subset == 1:
        return splits
    whole = splits["train"]
    shown, strata = identities(whole.store, whole.places), whole.annotations.strata()
    each = whole.annotations.each_stratum
    chosen = held_out(shown, strata, settings.subset, settings.seed, every_class=each)
    note = (
        f"learned from {int(chosen.sum()):,} of {len(whole):,} training pictures (subset {settings.subset:g})"
    )
    parts = {**splits.parts, "train": whole.subset(np.flatnonzero(chosen))}
    return replace(splits, parts=parts, notes=(*splits.notes, note))


def read_options(settings: Settings) -> dict[str, Any]:
    """What ``read`` is called with besides the format: a model remembers it, and is measured with it."""
    options = {"seed": settings.seed, "validation": settings.validation, "test": settings.test}
    mended = {} if settings.on_bad_box == "stop" else {"on_bad_box": settings.on_bad_box}
    named = {name: value for name in ("group", "classes", "fold") if (value := getattr(settings, name))}
    return {**options, **mended, **named}
