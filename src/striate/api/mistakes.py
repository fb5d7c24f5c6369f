"""Every mistake in sight: pictures by loss, what in the data is likely wrong, and a corrected copy."""

import re
from collections.abc import Callable, Collection
from pathlib import Path
from typing import Any

from torch import nn

from striate.api.evaluate import opened, pictures_for
from striate.api.networks import Model
from striate.arguments import checked
from striate.compare.mistakes import Mistakes, Part, find_mistakes
from striate.compare.state import STATE, read_state
from striate.data.class_mapping import ALL
from striate.data.trained_data import MeasuredData
from striate.data.writers.correct import Corrected
from striate.data.writers.correct import correct as correct_data
from striate.errors import DataError, RunError
from striate.tasks.model import TaskModel
from striate.train.run.input_data import Data
from striate.train.run.run import Run

__all__ = ["correct", "mistakes"]

FOLD = re.compile(r"(.+)-fold(\d+)")


@checked
def mistakes(
    model: Model | Run,
    data: Data,
    split: str = ALL,
    *,
    network: str | None = None,
    format: str | None = None,
    accept: Collection[str] = (),
    builder: Callable[[], nn.Module] | None = None,
) -> Mistakes:
    """Answer every picture, sort them by loss, and list what in the data is likely wrong.

    A network that learned a wrong label repeats it. Answers of ``cross_validate`` are by networks that never
    saw the picture: give its folder in the place of a model.

    Args:
        model: a model, a saved file, a run or its folder; or the folder of a cross-validation, or of a
            comparison with folds.
        data: as for ``train``.
        split: ``train``, ``val``, ``test`` or ``all``; of a model alone.
        network: of a comparison of several with folds, the one that answers.
        format: of the data; recognised by looking when left out.
        accept: kinds of findings, as for ``evaluate``.
        builder: as for ``load``, where the networks of the folds are your own.

    Returns:
        ``.suspects``, ``.order()``, ``.to_csv()``; a row for each picture.

    Raises:
        DataError: the data cannot be read, or are annotated for another task.
        RunError: the folder holds no complete folds.
        SettingError: the data have no such split.
    """
    folder = Path(model) if isinstance(model, str | Path) else None
    if folder is not None and (folder / STATE).exists():
        models = [opened(run, builder) for run in fold_runs(folder, network)]
        found = [pictures_for(one, data, format=format, accept=accept) for one in models]
        if not all(measured.trained_on for measured in found):
            root = read_state(folder)["root"]
            raise DataError(
                f"the folds in {folder} answered {root}, and {data} holds other pictures",
                "the data of the folds",
                "name them, or a model in the place of the folds",
            )
        pairs = enumerate(zip(models, found, strict=True), 1)
        parts = [_part(one, measured, f"fold {number}") for number, (one, measured) in pairs]
        return find_mistakes(parts, str(found[0].splits.root), seen=0)
    alone = opened(model, builder)
    measured = pictures_for(alone, data, split, format=format, accept=accept)
    alone.require(measured.pictures.annotations)
    seen = (
        len(measured.splits.parts.get("train", ())) if measured.trained_on and split in (ALL, "train") else 0
    )
    return find_mistakes([_part(alone, measured)], str(measured.splits.root), seen)


def _part(model: TaskModel[Any], measured: MeasuredData, name: str | None = None) -> Part:
    """The pictures that a model answers, with the names of their splits."""
    pictures = measured.pictures
    if name is not None or measured.split != ALL:
        names = [name or measured.split] * len(pictures)
    else:
        names = [split for split, part in measured.splits.items() for _ in range(len(part))]
    return Part(model, pictures.remap(model.classes), names)


def fold_runs(folder: Path, network: str | None = None) -> list[Path]:
    """The runs of all folds of a network.

    Raises:
        RunError: there are no folds, some are not complete, or several networks have some and none is named.
    """
    folds = read_state(folder)["settings"].get("folds", 0)
    found = dict[str, dict[int, Path]]()
    for path in sorted(folder.iterdir()):
        named = FOLD.fullmatch(path.name)
        if named and (path / "model.safetensors").exists() and (path / "metrics.json").exists():
            found.setdefault(named[1], {})[int(named[2])] = path
    if network is not None or len(found) == 1:
        runs = found.get(network or next(iter(found)), {})
        if folds and len(runs) == folds:
            return [runs[number] for number in sorted(runs)]
    wrong = f"{folder} holds folds of {', '.join(found)}" if found else f"{folder} holds no folds"
    missing = [f"{name} ({len(runs)} of {folds})" for name, runs in found.items() if len(runs) != folds]
    if missing:
        wrong = f"{folder} holds folds that are not complete: {', '.join(missing)}"
    attempt = "name one of them" if len(found) > 1 and not missing else "the command that began them, again"
    raise RunError(wrong, "the complete folds of one network", attempt)


@checked
def correct(
    data: str | Path,
    corrections: str | Path,
    out: str | Path,
    *,
    format: str | None = None,
    accept: Collection[str] = (),
) -> Corrected:
    """Apply a list of corrections to a copy of a data set. The original is never touched.

    Args:
        data: folders of classes, a table, or boxes of COCO, Pascal VOC or YOLO.
        corrections: a CSV file, as the page of ``mistakes`` gives it.
        out: a new folder.
        format: of the data; recognised by looking when left out.
        accept: kinds of findings that do not stop it.

    Raises:
        DataError: the list cannot be read, is of other data, or no such data can be corrected.
        FileError: the folder exists, or cannot be written.
    """
    return correct_data(Path(data), Path(corrections), Path(out), format, accept)
