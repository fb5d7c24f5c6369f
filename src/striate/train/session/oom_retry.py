"""Train, and where a batch does not fit into memory, once more with one that does.

train(batch 512) --OutOfMemory: 96 should fit--> Fitted --> train(batch 96) ... Finished
"""

from collections.abc import Generator
from pathlib import Path

from striate.data.dataset import Splits
from striate.errors import OutOfMemory
from striate.train.run.run import train
from striate.train.run.run_folder import RunFolder
from striate.train.run.settings import Settings
from striate.train.session.events import Event, Fitted


def train_fitting(
    splits: Splits,
    settings: Settings,
    folder: str | Path | RunFolder,
    *,
    resume: bool = False,
    force: bool = False,
) -> Generator[Event]:
    """As ``striate.train.run.run.train``; a new run whose batch does not fit begins again with one that does.

    Args:
        splits, settings, folder, resume, force: as there. A run that goes on keeps its batch.

    Raises:
        OutOfMemory: no batch fits.
    """
    try:
        yield from train(splits, settings, folder, resume=resume, force=force)
        return
    except OutOfMemory as error:
        if resume or not error.batch:
            raise
        reason, batch = error.wrong, error.batch
    yield Fitted(reason, batch)
    yield from train_fitting(splits, settings.model_copy(update={"batch": batch}), folder, force=force)
