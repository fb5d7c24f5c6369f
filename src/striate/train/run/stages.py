"""The stages of a training that follow the descent; a task may have some, see ``tasks.stage``."""

from collections.abc import Iterator
from time import perf_counter

from striate.data.dataset import Dataset
from striate.train.run.run_folder import STAGES, guarded
from striate.train.session.events import Event, Staged
from striate.train.session.session import TrainingSession
from striate.zoo.save_load import load

TOLD_EVERY = 0.3
"""Seconds between two events of a stage."""


def stages(work: TrainingSession, data: Dataset) -> Iterator[Event]:
    """Do what the task does after the descent; the best model is saved after every stage.

    Of several processes the first does it, the others wait.

    Raises:
        RunError: there is no room for the files of a stage.
    """
    if work.engine.rank == 0:
        yield from _stages(work, data)
    work.engine.broadcast("")


def _stages(work: TrainingSession, data: Dataset) -> Iterator[Event]:
    model = load(work.folder.model, work.settings.parts.model).to(work.engine.device)
    best = [row for row in work.state.rows if row["best"]][-1]
    folder = work.folder.path / STAGES
    missing = [stage for stage in model.stages() if not (stage.done or stage.written(data, folder))]
    for stage in missing:
        yield Staged(stage.name, stage.says)
        began = last = perf_counter()
        (folder / stage.name).mkdir(parents=True, exist_ok=True)
        with guarded(folder / stage.name):
            for done in stage.run(data, folder):
                if perf_counter() - last > TOLD_EVERY:
                    yield Staged(stage.name, stage.says, *done)
                    last = perf_counter()
        work.save_model(model, best)
        work.stage_seconds[stage.name] = perf_counter() - began
    work.folder.remove_stages()
