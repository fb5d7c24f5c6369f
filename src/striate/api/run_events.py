"""The events of a training, passed on; the report at its end."""

from collections.abc import Callable, Generator
from contextlib import closing
from typing import Any

from striate.data.dataset import Splits
from striate.train.fabric.fabric import rank
from striate.train.run.run import Run
from striate.train.session.events import Event
from striate.train.session.interrupt import Impatience


def finished(events: Generator[Event], on_event: Callable[[Event], None] | None) -> Any:
    """Pass every event on; the last one brings the result."""
    event = None
    try:
        with closing(events):  # also when the listener raises: signals and loggers are given back
            for event in events:
                if on_event:
                    on_event(event)
    except Impatience as late:  # it came while the listener was at work
        raise late.interrupted from None
    return event


def report(run: Run, splits: Splits) -> None:
    """Write the report of a run; of several processes the first one does."""
    if rank() == 0 and run.evaluation is not None:
        from striate.report.page import write_report  # late: its templates and charts are not needed before

        write_report(run, splits, run.evaluation)
