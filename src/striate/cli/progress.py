"""What a training says while it runs: one live line in a terminal, plain lines elsewhere. To stderr.

epoch 3/8  ━━━━━━━━━╺━━━━━  loss 0.1234  5,321 images/s  waiting 2 %  18 s left
epoch 2/8  loss 0.2011  val 97.85 %  6 s  best so far
"""

from collections.abc import Callable
from functools import partial
from time import monotonic
from types import TracebackType
from typing import TYPE_CHECKING, Any

from rich.console import Console
from rich.progress import BarColumn, DownloadColumn, Progress, TaskID, TextColumn

from striate.cli.console import err
from striate.formatting import plural, time_left

if TYPE_CHECKING:
    from striate.train.session.events import (
        EpochEnded,
        Event,
        Failed,
        Fitted,
        Loading,
        Measuring,
        Noted,
        Staged,
        Started,
        Stepped,
        Training,
    )


LINE_EVERY = 10.0
"""Seconds from one line of a stage to the next, where no line can be live."""


class Narrator:
    """Listens to the events of a training and tells them.

    Args:
        quiet: tell nothing.
    """

    def __init__(self, *, quiet: bool = False) -> None:
        self._console: Console = err()
        self._quiet = quiet
        self._live: Progress | None = None
        self._task = TaskID(0)
        self._epochs = 0
        self._last_line = monotonic()

    def __enter__(self) -> "Narrator":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, where: TracebackType | None
    ) -> None:
        self._end()

    def __call__(self, event: "Event") -> None:
        """Tell one event."""
        handler = {
            "Started": self._started,
            "Loading": self._loading,
            "Staged": self._staged,
            "Stepped": self._stepped,
            "EpochEnded": self._epoch_ended,
            "Fitted": self._fitted,
            "Measuring": self._measuring,
            "Training": self._training,
            "Failed": self._failed,
            "Noted": self._noted,
        }.get(type(event).__name__)
        if handler and not self._quiet:
            handler(event)  # type: ignore[operator]

    def say(self, line: str) -> None:
        """One line above the live one."""
        if not self._quiet:
            self._console.print(line)

    def _started(self, event: "Started") -> None:
        for sentence in event.notes:
            self.say(sentence)
        counts = ", ".join(f"{name} {count:,}" for name, count in event.counts.items())
        self.say(f"pictures: {counts}")
        where = f" from step {event.resumed:,}" if event.resumed else ""
        learning = plural(event.parameters, "parameter")
        if event.parameters < event.parameters_in_all:
            learning = f"{event.parameters:,} of {event.parameters_in_all:,} parameters learn"
        steps = f"{learning}, {plural(event.steps, 'step')} on {event.device}{where}"
        self.say(f"{event.settings['model']}: {steps}")
        self.say(f"run folder: {event.folder}")
        self._epochs = int(event.settings["epochs"])
        self._begin(event)

    def _fitted(self, event: "Fitted") -> None:
        self._end()
        self.say(f"{event.reason}: going on with {event.batch}")

    def _measuring(self, event: "Measuring") -> None:
        self.say(f"measuring time and memory {event.number}/{event.of}: {event.model}")

    def _training(self, event: "Training") -> None:
        self._end()
        which = f"fold {event.fold}" if event.fold else f"seed {event.seed}"
        self.say(f"\nrun {event.number}/{event.of}: {event.model}, {which}")

    def _failed(self, event: "Failed") -> None:
        self._end()
        self.say(f"{event.model} failed: {event.reason}")

    def _noted(self, event: "Noted") -> None:
        self.say(event.note)

    def _begin(self, event: "Started") -> None:
        if not self._console.is_terminal:
            return
        fields: dict[str, Any] = {"words": "", "what": ""}
        self._live = Progress(
            TextColumn("{task.fields[what]}"),
            BarColumn(bar_width=30),
            TextColumn("{task.fields[words]}"),
            console=self._console,
            transient=True,
            redirect_stdout=False,
            redirect_stderr=False,
        )
        self._task = self._live.add_task(
            "", total=event.steps, completed=event.resumed, visible=False, **fields
        )
        self._live.start()

    def _loading(self, event: "Loading") -> None:
        if event.images and not event.done:
            self.say(f"decoding {plural(event.images, 'picture')} into memory")
        if event.done and self._live:
            words = f"{event.done:,} of {event.images:,}"
            self._live.update(
                self._task,
                completed=event.done,
                total=event.images,
                visible=True,
                what="decoding",
                words=words,
            )

    def _staged(self, event: "Staged") -> None:
        if not event.of:
            self.say(f"{event.stage}: {event.says}")
            self._last_line = monotonic()
        elif not self._live and monotonic() - self._last_line >= LINE_EVERY:
            self.say(f"{event.stage}: {event.done:,} of {event.of:,}")
            self._last_line = monotonic()
        elif self._live:
            self._live.update(
                self._task,
                completed=event.done,
                total=event.of,
                visible=True,
                what=event.stage,
                words=f"{event.done:,} of {event.of:,}",
            )

    def _stepped(self, event: "Stepped") -> None:
        self._epochs = event.epochs  # as many as fit, with a budget
        words = f"loss {event.loss:.4f}  {event.rate:,.0f} images/s  waiting {100 * event.waiting:.0f} %"
        if self._live:
            self._live.update(
                self._task,
                completed=event.step,
                total=event.steps,
                visible=True,
                what=f"epoch {event.epoch}/{self._epochs}",
                words=f"{words}  {time_left(event.left)} left",
            )

    def _epoch_ended(self, event: "EpochEnded") -> None:
        words = [
            f"epoch {event.epoch:>{len(str(self._epochs))}}/{self._epochs}",
            f"loss {event.train_loss:.4f}",
        ]
        if event.val_loss is not None:
            words.append(f"val loss {event.val_loss:.4f}")
        if event.score.value is not None:
            words.append(f"val {event.score.name} {event.score.text():>8}")
        if event.rate:  # nothing is known of steps that were done before a run was resumed
            words += [
                f"{event.rate:>7,.0f} images/s",
                f"waiting {100 * event.waiting:3.0f} %",
                f"{event.seconds:6.1f} s",
            ]
        if self._live:
            self._live.update(self._task, completed=event.step)
        self.say("  ".join(words) + ("  best so far" if event.best else ""))

    def _end(self) -> None:
        if self._live:
            self._live.stop()
            self._live = None


class Fetching:
    """A bar while a file is fetched, in a terminal; elsewhere nothing.

    Args:
        quiet: show nothing.
    """

    def __init__(self, *, quiet: bool = False) -> None:
        self._shown = not quiet
        self._live: Progress | None = None
        self._task = TaskID(0)

    def __call__(self, name: str, done: int, total: int | None) -> None:
        """So many bytes of a file are there."""
        if self._live is None and self._shown:
            self._begin(name)
        if self._live:
            self._live.update(self._task, completed=done, total=total)
        if done == total:
            self.end()

    def end(self) -> None:
        """Take the bar away."""
        if self._live:
            self._live.stop()
            self._live = None

    def _begin(self, name: str) -> None:
        console = err()
        if not console.is_terminal:
            return
        columns = (TextColumn("fetching {task.description}"), BarColumn(bar_width=30), DownloadColumn())
        self._live = Progress(
            *columns, console=console, transient=True, redirect_stdout=False, redirect_stderr=False
        )
        self._task = self._live.add_task(name, total=None)
        self._live.start()


class Counting:
    """A line that counts, in a terminal; elsewhere nothing.

    Args:
        what: is being done.
    """

    def __init__(self, what: str) -> None:
        self._console, self._what = err(), what
        self._status = self._console.status(what) if self._console.is_terminal else None

    def __enter__(self) -> "Counting":
        if self._status:
            self._status.start()
        return self

    def __exit__(self, *_: object) -> None:
        if self._status:
            self._status.stop()

    def __call__(self, done: int, total: int) -> None:
        """So many are done."""
        self._show(self._what, done, total)

    def of(self, what: str) -> Callable[[int, int], None]:
        """The same line for something else that is done before."""
        return partial(self._show, what)

    def _show(self, what: str, done: int, total: int) -> None:
        if self._status:
            self._status.update(f"{what}: {done:,} of {total:,}")
