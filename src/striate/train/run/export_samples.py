"""Pictures on which a model is checked before it leaves the house: real ones, as near as they can be had.

named by the user  >  those that its run did not train on  >  handwritten digits that ship with scikit-learn
"""

from collections.abc import Sequence
from itertools import islice
from pathlib import Path
from typing import Any

from torch import Tensor

from striate.data.batches.cache import prepared
from striate.data.dataset import Dataset
from striate.data.inputs import Input, input_batches
from striate.data.read_dataset import read
from striate.data.trained_data import data_to_measure
from striate.errors import DataError, RunError, SettingError
from striate.tasks.model import TaskModel
from striate.train.run.run_folder import RunFolder
from striate.train.run.stored import stored_data

CHECKED = 16
"""Pictures of a run, or digits, that are looked at; a user may name more."""


def pictures_to_check(
    file: Path, model: TaskModel[Any], named: Sequence[Input] | None = None
) -> tuple[Tensor, str]:
    """uint8 (N, C, H, W), prepared, and words for what they are.

    Args:
        file: of the model; if it lies in the folder of a run, that run's data are looked for.
        model: read from it.
        named: pictures of the user, which come first.

    Raises:
        ImageError: one of the user's cannot be read.
        SettingError: the user named none.
    """
    preprocess = model.preprocess
    if named is not None:
        if not len(named):
            raise SettingError("no pictures were named to check", "one or more", "leave it out")
        return next(iter(input_batches(named, preprocess, len(named)))), "named pictures"
    found, words = _of_the_run(file.parent, model), "pictures of its run"
    if found is None:
        found, words = read("digits")["test"], "handwritten digits"
    chosen = range(0, len(found), max(1, len(found) // CHECKED))
    return prepared(found.subset(list(islice(chosen, CHECKED))), preprocess), words


def _of_the_run(folder: Path, model: TaskModel[Any]) -> Dataset | None:
    """The data of a run, if this is its folder and they are still where they were."""
    try:
        root, _ = stored_data(RunFolder(folder))
        return data_to_measure(root, model.trained_on, kinds=model.learns_from).pictures
    except (RunError, DataError, SettingError):
        return None
