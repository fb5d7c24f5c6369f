"""A time to train in becomes a number of epochs before the first step, and bounds the training while it runs.

    some steps on some of the pictures --> seconds a step --+
    some pictures answered ------------> seconds a picture -+--> seconds an epoch --> epochs that fit

The epochs are written to settings.json. Where the machine is slower than it was when they were measured, the
end of the training is moved while it runs (``pace``), and kept in the checkpoint.
"""

from collections.abc import Callable
from itertools import chain, count
from time import perf_counter

import numpy as np
import torch

from striate.data.batches.loader import Loader
from striate.data.checks.statistics import sample
from striate.data.dataset import Dataset, Splits
from striate.errors import SettingError
from striate.tasks.evaluate import evaluate
from striate.train.run.settings import Settings
from striate.train.session.pace import Pace
from striate.train.session.session import TrainingSession

SAFETY = 0.9
"""Share of the time that is planned with: checkpoints are written too, and a machine may be busier later."""

WARM, LEAST_STEPS, MEASURED = 2, 2, 1.5
"""Steps that are not counted; steps that are, at least; and for how many seconds."""

BATCHES = 4
"""Batches that the steps go through, again and again."""

JUDGED = 128
"""Pictures that are answered to see how long it takes."""


def within_budget(
    settings: Settings, splits: Splits, set_up: Callable[[Splits, Settings], TrainingSession]
) -> Settings:
    """The settings with as many of their epochs as fit into their budget; as they are without one.

    Args:
        settings: decided ones.
        splits: the data.
        set_up: model, engine and loaders for some data.

    Raises:
        SettingError: not even one epoch fits, or several devices share the work.
    """
    if settings.budget_seconds is None:
        return settings
    if settings.devices * settings.nodes > 1:
        raise SettingError(
            f"budget is {settings.budget!r} on several devices", "one device", "epochs instead of a budget"
        )
    random_state = torch.get_rng_state()
    try:
        seconds = seconds_of_an_epoch(settings, splits, set_up)
    finally:
        torch.set_rng_state(random_state)
    epochs = int(SAFETY * settings.budget_seconds / seconds)
    if epochs < 1:
        needed = written(seconds / SAFETY)
        raise SettingError(
            f"budget is {settings.budget!r}, and one epoch of {settings.model} takes longer here",
            f"{needed} or more",
            f"budget {needed}, or a smaller network or size",
        )
    return settings.model_copy(update={"epochs": min(epochs, settings.epochs or epochs)})


def bound_time(work: TrainingSession, began: float) -> None:
    """Let a training with a budget end in time.

    Args:
        work: a training that was set up.
        began: the time of ``perf_counter`` from which on its budget counts.
    """
    seconds = work.settings.budget_seconds
    if seconds is not None:
        work.pace = Pace(work.steps, len(work.train), SAFETY * seconds, began)
        work.prepare.position = work.pace.position


def seconds_of_an_epoch(
    settings: Settings, splits: Splits, set_up: Callable[[Splits, Settings], TrainingSession]
) -> float:
    """Measured on this machine: all steps, and the validation after them."""
    batch = settings.batch or 1
    few = {name: _some(part, max(JUDGED, BATCHES * batch)) for name, part in splits.items()}
    work = set_up(Splits(few, splits.format, splits.root), settings)
    data = work.engine.task.prepared(splits["train"])
    whole = Loader(data, work.train.preprocess, batch, shuffle=True, workers=settings.workers)
    shown = work.train if whole.cached or work.train.replaced else whole
    steps = seconds_of_a_step(work, shown) * len(whole)
    pictures = len(splits.parts.get("val", ()))
    return steps + (seconds_of_an_answer(work) * pictures if pictures else 0.0)


def seconds_of_a_step(work: TrainingSession, loader: Loader) -> float:
    """Fetching, preparing and learning one batch of pictures in full size; the weights are spoiled."""
    loader.load()
    began, done = perf_counter(), 0
    for batch in chain.from_iterable(map(loader.batches, count())):
        loss = work.engine.loss(work.prepare(batch, work.steps - 1))
        work.engine.update(loss, 0.0)
        loss.item()  # wait for a GPU
        done += 1
        if done == WARM:
            began = perf_counter()
        elif done >= WARM + LEAST_STEPS and perf_counter() - began > MEASURED:
            break
    return (perf_counter() - began) / (done - WARM)


def seconds_of_an_answer(work: TrainingSession) -> float:
    """Answering one picture of the validation."""
    assert work.validation is not None
    work.validation.load()
    began = perf_counter()
    evaluate(work.engine.task, work.validation, work.engine.arithmetic())
    return (perf_counter() - began) / len(work.validation.dataset)


def _some(part: Dataset, most: int) -> Dataset:
    """Up to so many of the pictures, evenly spread; of pictures by identity all those of some identities."""
    whom = part.annotations.identities()
    chosen = sample(len(part), most) if whom is None else np.argsort(whom, kind="stable")[:most]
    return part.subset(chosen)


def written(seconds: float) -> str:
    """A time that a budget may be, rounded up.

    >>> written(0.2), written(61), written(125), written(4000)
    ('1s', '62s', '3m', '67m')
    """
    whole = int(seconds) + 1
    return f"{whole}s" if whole < 120 else f"{-(-whole // 60)}m"
