"""Train a network, and look for its learning rate."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

from torch import nn

from striate.api.run_events import finished, report
from striate.arguments import checked
from striate.data.python_data.from_python import once
from striate.train.profile.lr_finder import RateCurve
from striate.train.profile.lr_finder import find_rate as rate_curve
from striate.train.run.input_data import Data, to_train_on
from striate.train.run.run import Run
from striate.train.run.run import train as train_once
from striate.train.run.run_folder import RunFolder
from striate.train.run.run_names import last_folder, own_folder, restarted_in
from striate.train.run.settings import Settings
from striate.train.session.events import Event
from striate.train.session.oom_retry import train_fitting

__all__ = ["find_rate", "train"]


@checked
def train(
    data: Data | None = None,
    *,
    model: str | nn.Module | None = None,
    out: str | Path | None = None,
    resume: bool = False,
    force: bool = False,
    fit_batch: bool = False,
    on_event: Callable[[Event], None] | None = None,
    **settings: Any,
) -> Run:
    """Train a network, and write a run folder with the best model and a report.

    Args:
        data: a folder, a .csv, .npz or idx file, ``"digits"``, or splits; a resumed run knows it. Or a Python
            object, which it does not know: a torch ``Dataset`` or ``DataLoader`` of (picture, target), arrays
            (pictures, targets), a list of ``Sample``, or splits of these, as ``(train, val)``.
        model: one of ``models()``; chosen from the data when left out. Or a module of your own that gives
            scores (N, K), or (N, K, H, W) for segmentation; a copy of it learns.
        out: the run folder; ``runs/<data>-<model>`` when left out, with a number if that exists.
        resume: go on with an interrupted run, or start it if there is none.
        force: replace the run folder.
        fit_batch: if the batch does not fit into memory, begin again with one that does.
        on_event: called with every event of the training.
        settings: fields of ``striate.train.run.settings.Settings``, which are the flags of ``striate train``;
            and for a module of your own ``builder``, as ``"module:function"``, which its file will name, and
            ``preprocess``, a ``Preprocess``. ``augment`` may also be a function of a ``Sample`` or of a
            picture, or a transform of torchvision.transforms.v2; ``loss`` a function of (raw, targets) -> a
            scalar or (N,); ``metric`` a function of (raw, targets) -> a number, or (function, ``"lower"``).
            A resumed run is given these again.

    Returns:
        the run: ``.model``, ``.metrics``, ``.history`` by epoch, ``.folder``.

    Raises:
        SettingError: there is no such setting, or it has no such value.
        DataError: the data cannot be read, or would silently spoil the training.
        RunError: the run folder exists, or cannot be written.
        TrainingError: the loss is not a number.
        Interrupted: a signal ended the run; it can be resumed.
    """
    user_settings = Settings(**settings) if model is None else Settings(model=model, **settings)
    data, folder = once(data), None if out is None else Path(out)
    resume = resume or restarted_in(folder)
    folder = folder or (last_folder(data, user_settings) if resume else None)
    splits = to_train_on(data, user_settings, folder if resume else None)
    files = RunFolder(folder) if folder else own_folder(splits, user_settings)
    training = train_fitting if fit_batch else train_once
    events = training(splits, user_settings, files, resume=resume, force=force)
    run: Run = finished(events, on_event).run
    report(run, splits)
    return run


@checked
def find_rate(data: Data, *, model: str | nn.Module | None = None, **settings: Any) -> RateCurve:
    """The loss by learning rate, and a good highest one. Nothing is trained for good, and no folder made.

    Args:
        data: as for ``train``.
        model: one of ``models()``; chosen from the data when left out.
        settings: those of the training to come.

    Returns:
        ``.suggestion``, to be passed to ``train`` as ``lr``; ``.rates`` and ``.losses``.

    Raises:
        SettingError: there is no such setting, or it has no such value.
        DataError: the data cannot be read, or would silently spoil the training.
        TrainingError: the loss does not fall at any rate.
    """
    user_settings = Settings(**settings) if model is None else Settings(model=model, **settings)
    return rate_curve(to_train_on(data, user_settings, None), user_settings)
