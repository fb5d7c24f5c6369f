"""Folds of one network, and its learning curve: what few pictures can tell, and whether more would help."""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from torch import nn

from striate.api.compare import Parts, compare
from striate.api.run_events import finished
from striate.arguments import checked
from striate.compare.compare import compare as comparing
from striate.compare.compare import default_folder
from striate.compare.cross_validation import CrossValidation, cross_validation
from striate.compare.plan import Plan
from striate.compare.sweep import Sweep
from striate.compare.table import Comparison
from striate.data.checks.statistics import facts
from striate.data.python_data.from_python import once
from striate.errors import SettingError
from striate.report.folds_page import write_folds
from striate.train.run.defaults import decide
from striate.train.run.input_data import Data, to_train_on
from striate.train.run.settings import Settings
from striate.train.session.events import Event

__all__ = ["cross_validate", "learning_curve"]

SHARES = (0.1, 0.25, 0.5, 1.0)
"""Of the training pictures, for a learning curve."""


@checked
def cross_validate(
    data: Data,
    folds: int = 5,
    *,
    model: str | nn.Module | None = None,
    out: str | Path | None = None,
    fit_batch: bool = False,
    on_event: Callable[[Event], None] | None = None,
    **settings: Any,
) -> CrossValidation:
    """Train a network once for each fold, and measure all answers together; writes folds.html.

    All pictures, whatever splits the data have, are divided into folds, evenly by class. Equal pictures, the
    pictures of one identity and those of one ``group`` stay together. Each training learns from all folds but
    one, holds ``validation`` of their pictures out to choose its best epoch, and is tested on the one.

    Args:
        data: as for ``train``.
        folds: how many, 2 or more.
        model: one of ``models()``; chosen from the data when left out. Or a module of your own, which every
            fold begins with as it is.
        out: a new folder, or that of a cross-validation that shall go on; ``runs/folds-<data>-<model>`` when
            left out.
        fit_batch: where a batch does not fit into memory, go on with one that does.
        on_event: called with every event.
        settings: as for ``train``, the same for all folds.

    Returns:
        ``.metrics`` of all pictures, with their interval; ``.folds``, those of each; ``.answers``.

    Raises:
        SettingError: there is no such setting, or the pictures do not suffice for so many folds.
        RunError: the folder holds something else.
        TrainingError: a fold could not be trained.
        Interrupted: a signal ended it; the same call goes on.
    """
    if folds < 2:
        raise SettingError(f"folds is {folds}", "2 or more", "folds 5")
    data, own = once(data), isinstance(model, nn.Module)
    common = Settings(model=model, **settings) if own else Settings(**settings)
    first = common.model_copy(update={"fold": f"1/{folds}"})
    splits = to_train_on(data, first, None)
    network = str(common.model if own else model or decide(first, facts(splits["train"])).model)
    modules = {network: model} if isinstance(model, nn.Module) else {}
    plan = Plan((network,), common, fit_batch=fit_batch, folds=folds, own=modules)
    parts = Parts(data, plan, splits)
    folder = default_folder(plan, parts.first) if out is None else Path(out)
    compared = finished(comparing(parts, plan, folder), parts.reporting(on_event))
    found = cross_validation(compared.comparison, plan, parts, compared.pooled)
    write_folds(found, parts.first, modules.get(network))
    return found


@checked
def learning_curve(
    data: Data, shares: Sequence[float] = SHARES, *, model: str | nn.Module | None = None, **arguments: Any
) -> Comparison:
    """Train with parts of the training pictures, the same network on the same test: would more pictures help?

    A smaller part lies in every larger one, and holds the same share of each class.

    Args:
        data: as for ``train``.
        shares: of the training pictures, two or more.
        model: one of ``models()``; chosen from the data when left out.
        arguments: others of ``compare``, and settings as for ``train``.

    Returns:
        as ``compare`` of values of ``subset``; ``.headline()`` says whether the score still rises.

    Raises:
        SettingError: as ``compare``.
        Interrupted: a signal ended it; the same call goes on.
    """
    models = () if model is None else (model,)
    return compare(data, models, sweep=Sweep("subset", tuple(shares)), **arguments)
