"""Where the time of a training goes: images per second, the share spent waiting for data, what is left."""

from collections.abc import Iterator
from time import perf_counter

from striate.records import Batch

SAY_EVERY = 0.25
"""Seconds between two ``Stepped`` events."""


class Interval:
    """What happened since a moment: images, steps, seconds, and those of them without data."""

    def __init__(self) -> None:
        self.begin, self.waited, self.images, self.steps = perf_counter(), 0.0, 0, 0
        self.loss = 0.0

    @property
    def seconds(self) -> float:
        """Since the beginning, never 0."""
        return max(perf_counter() - self.begin, 1e-9)

    @property
    def rate(self) -> float:
        """Images per second."""
        return self.images / self.seconds

    @property
    def waiting(self) -> float:
        """Share of the time, 0..1."""
        return min(1.0, self.waited / self.seconds)


class Clock:
    """Measures a loop over batches.

    Attributes:
        recent: since the last event.
        epoch: since the epoch's beginning.
        session: since this process began to train.
    """

    def __init__(self) -> None:
        self.recent, self.epoch, self.session = Interval(), Interval(), Interval()

    def waits(self, batches: Iterator[Batch], world: int) -> Iterator[Batch]:
        """The same batches, and how long each took to come. ``world`` processes see as many images."""
        while True:
            started = perf_counter()
            batch = next(batches, None)
            waited = perf_counter() - started
            if batch is None:
                return
            for span in (self.recent, self.epoch):
                span.waited += waited
                span.images += len(batch) * world
            yield batch

    def due(self) -> bool:
        """Whether the next event is due."""
        return perf_counter() - self.recent.begin >= SAY_EVERY

    def left(self, steps: int) -> float:
        """Seconds that the remaining steps will take, if they take as long as those of this session."""
        return self.session.seconds / max(self.session.steps, 1) * steps
