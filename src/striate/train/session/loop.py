"""The training loop, for every task.

batch --> loss --> step --> yield what happened
"""

from collections.abc import Iterator

from striate.train.session.events import Event
from striate.train.session.session import TrainingSession


def fit(work: TrainingSession) -> Iterator[Event]:
    """Train from wherever the work stands to its end.

    Raises:
        TrainingError: the loss is not a number.
        Interrupted: a signal came; the work is saved.
        RunError: a checkpoint cannot be written.
    """
    state = work.state
    while not work.done():
        for batch in work.batches():
            loss = work.engine.loss(work.prepare(batch, state.step))
            work.watch(loss)
            work.engine.update(loss, work.rate())
            work.average.update(state.step)
            state.step, state.place = state.step + 1, state.place + 1
            yield from work.pulse()
        yield from work.end_epoch()
