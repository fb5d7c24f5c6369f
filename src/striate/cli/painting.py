"""What the verbs that paint share: progress, lists of numbers, and what they leave."""

import signal
from typing import TYPE_CHECKING

import typer

from striate.cli.console import err, out
from striate.errors import SettingError

if TYPE_CHECKING:
    from striate.style.events import Event
    from striate.style.painting.optimize import Painting

EVERY = 10
"""Steps from one line to the next."""


class Narrator:
    """Listens to the events of a painting and prints them to stderr.

    Args:
        quiet: print nothing.

    Attributes:
        interrupted: whether Ctrl-C ended a training early.
    """

    def __init__(self, *, quiet: bool) -> None:
        self._quiet = quiet
        self.interrupted = False

    def __call__(self, event: "Event") -> None:
        """Print one event."""
        from striate.style.events import Planned, TrainingInterrupted

        if isinstance(event, TrainingInterrupted):
            self.interrupted = True
            err().print(
                f"interrupted after step {event.step:,} of {event.steps:,}: the network is kept as it is"
            )
            return
        if self._quiet:
            return
        if isinstance(event, Planned):
            for sentence in event.notes:
                err().print(sentence)
        elif event.step == 1 or event.step % EVERY == 0 or event.step == event.steps:
            costs = "  ".join(f"{name} {value:.4g}" for name, value in event.costs.items())
            err().print(f"step {event.step:>{len(str(event.steps))}}/{event.steps}  {costs}")


def numbers(text: str) -> list[float]:
    """``2,1`` as numbers.

    Raises:
        SettingError: it is none.
    """
    try:
        return [float(word) for word in text.split(",")]
    except ValueError as reason:
        raise SettingError(f"{text!r} is no list of numbers", "as in 2,1", "check the spelling") from reason


def leave(painting: "Painting", file: str) -> None:
    """Write the picture; 130 when it was ended early."""
    path = painting.save(file)
    out().print(f"painted: {path}")
    if painting.interrupted:
        err().print(f"interrupted after {len(painting.costs)} steps: this is the best until then")
        raise typer.Exit(128 + signal.SIGINT)
