"""Everything that the loop works with, and what it does between the lines: watch, report, save, evaluate."""

import math
import signal
from collections.abc import Iterator
from dataclasses import dataclass, field
from time import perf_counter
from typing import Any

import torch
from torch import Tensor

from striate.data.batches.loader import Loader
from striate.errors import TrainingError
from striate.records import Batch
from striate.tasks.evaluate import evaluate
from striate.tasks.metric import Primary
from striate.tasks.model import TaskModel
from striate.train.fabric.fabric import Executor
from striate.train.fabric.fsdp import overwrite, own_piece, whole
from striate.train.run.run_folder import RunFolder
from striate.train.run.settings import Settings
from striate.train.session.batch_transforms import BatchTransforms
from striate.train.session.checkpoint import require_memory_of, require_tensors, save_checkpoint
from striate.train.session.ema import Average
from striate.train.session.events import EpochEnded, Event, Noted, Saved, Stepped, Stopped
from striate.train.session.interrupt import StopRequest
from striate.train.session.pace import Pace
from striate.train.session.progress import Progress, progress_of
from striate.train.session.schedule import learning_rate
from striate.train.session.shared_cores import SharedCores
from striate.train.session.throughput import Clock, Interval
from striate.zoo.save_load import save

STEPS_UNSEEN = 10
"""Steps after which a GPU is asked for its losses: at each one it would have to wait. A CPU is, always."""

NAMED = 3
"""Pictures that the error about a bad loss names."""


@dataclass
class TrainingSession:
    """A training in progress.

    Args:
        engine: the model on its devices.
        settings: decided ones.
        folder: of the run.
        train: shuffled batches.
        validation: all images once; None without such a split.
        prepare: augmentation and mixing.
        stop: knows of signals.
        best: a classifier that carries the best weights to the file; the engine's may lack what is frozen, or
            have heads that only training looks at.
        pace: moves the end of a training with a budget; None without one.
        notes: what was decided when the network was made, sentences for the user.
        stage_seconds: how long each stage after the descent took, by name.
    """

    engine: Executor
    settings: Settings
    folder: RunFolder
    train: Loader
    validation: Loader | None
    prepare: BatchTransforms
    stop: StopRequest
    best: TaskModel[Any]
    notes: tuple[str, ...] = ()
    state: Progress = field(default_factory=Progress)
    clock: Clock = field(default_factory=Clock)
    pace: Pace | None = None
    stage_seconds: dict[str, float] = field(default_factory=dict)

    def __post_init__(self) -> None:
        task = self.engine.task
        self.average = Average(task, self.settings.ema)
        self.epochs, self.steps = self.settings.epochs or 1, (self.settings.epochs or 1) * len(self.train)
        on_cpu = self.engine.device.type == "cpu"
        self._every = 1 if on_cpu else STEPS_UNSEEN
        self.cores = SharedCores(self.settings.share_cores) if on_cpu and self.engine.world == 1 else None
        self._pending: list[Tensor] = []
        self._saved_at = perf_counter()

    # ---- what the loop asks for

    def start(self) -> None:
        """Make the first checkpoint, so that one can always be gone back to."""
        self.clock = Clock()
        if self.state.step == 0:
            self.save()

    def done(self) -> bool:
        """Whether all epochs are complete, the last ones brought nothing, or the time is used."""
        patience = self.settings.patience
        if self.pace and self.state.step >= self.pace.end and self.state.epoch:
            return True
        return self.state.epoch >= self.epochs or bool(patience and self.state.stale >= patience)

    def batches(self) -> Iterator[Batch]:
        """The rest of the running epoch, or as much of it as there is time for: one batch at least."""
        self.clock.epoch = Interval()
        self.engine.begin_epoch(self.state.epoch)
        batches = self.train.batches(self.state.epoch, self.state.place)
        return self._in_time(self.clock.waits(batches, self.engine.world))

    def _in_time(self, batches: Iterator[Batch]) -> Iterator[Batch]:
        """Batches as long as there is time for them."""
        for batch in batches:
            yield batch
            if self.pace and self.state.step >= self.pace.end:
                return

    def rate(self) -> float:
        """The learning rate of the step to come."""
        return self.rate_of(self.state.step)

    def rate_of(self, step: int) -> float:
        """The learning rate of a step."""
        s, position = self.settings, self.pace.position(step) if self.pace else step
        return learning_rate(position, self.steps, s.lr or 0.0, s.schedule, s.warmup or 0.0)

    @property
    def end(self) -> int:
        """Steps of the training, as far as is known by now."""
        return self.pace.end if self.pace else self.steps

    def watch(self, loss: Tensor) -> None:
        """Keep account of the loss.

        Raises:
            TrainingError: it is not a number.
        """
        self._pending.append(loss.detach())
        if len(self._pending) >= self._every:
            self._settle()

    def pulse(self) -> Iterator[Event]:
        """After a step: report and save when it is time, end when a signal came."""
        if self.state.step % self._every:
            return
        self._settle()  # all processes together, whosever clock is due
        end = self.end
        slower = self.pace.adapt(self.state.step, perf_counter()) if self.pace else None
        due = perf_counter() - self._saved_at >= self.settings.checkpoint_every
        stop, due = self.engine.agree(bool(self.stop.signal), due)
        for sentence in (slower, self.cores and self.cores.look()):
            if sentence:
                yield Noted(sentence)
        if self.clock.due() or self.end != end:  # which moves the number of epochs too
            yield self._stepped()
        if stop or due:
            yield self.save()
        if stop:
            self.stop.signal = self.stop.signal or signal.SIGTERM  # another process was told
            yield Stopped(self.state.step, self.stop.signal)
            raise self.stop.interrupted(f"after step {self.state.step} of {self.end}")

    def end_epoch(self) -> Iterator[Event]:
        """Evaluate, keep the model if it is the best, save."""
        self._settle()
        self._require_finite()
        began = perf_counter()
        ended = self._ended()
        if self.pace:
            self.pace.evaluated(perf_counter() - began, perf_counter())
        row = {name: value for name, value in ended.to_dict().items() if name != "event"}
        if ended.best:
            self._keep_model(row)
        self.state.end_epoch(row)
        saved = self.save()
        self.folder.write_history(self.state.rows)
        yield ended
        for sentence in self.engine.task.noticed():
            yield Noted(sentence)
        yield saved

    # ---- checkpoints

    def save(self) -> Saved:
        """Write the checkpoint; all processes must ask, the first one writes."""
        self._settle()
        self._require_finite()
        progress = {**self.state.to_dict(), "loss_sum": self.engine.mean(self.state.loss_sum)}
        average, settings = whole(self.average.tensors), self.settings.to_dict()
        state = {**self.engine.state(), "average": average, "state": progress, "settings": settings}
        if self.pace:
            state["pace"] = self.pace.to_dict(perf_counter())
        if self.engine.rank == 0:
            save_checkpoint(self.folder.checkpoint, state)
        self._saved_at = perf_counter()
        return Saved(self.state.step, str(self.folder.checkpoint))

    def load(self, state: dict[str, Any]) -> None:
        """Go on from a checkpoint.

        Raises:
            RunError: it does not fit the run.
        """
        path, engine = self.folder.checkpoint, self.engine
        require_tensors(path, "the network's", state.get("model"), engine.task.state_dict())
        require_tensors(path, "the average's", state.get("average"), self.average.tensors)
        require_memory_of(path, state.get("optimizer"), engine.parameters_in_order(), self.settings.optimizer)
        progress = progress_of(
            state.get("state"), path, self.epochs, len(self.train), cut=self.pace is not None
        )
        if self.pace:
            self.pace.load(state.get("pace"), path, perf_counter())
        engine.load(state)
        overwrite(self.average.tensors, state["average"])
        self.state = progress
        if progress.step:
            engine.use_rate(self.rate_of(progress.step - 1))  # an epoch that ends here says it

    def _keep_model(self, scores: dict[str, Any]) -> None:
        with self.average.in_place():
            weights = whole(self.engine.task.state_dict())
        if self.engine.rank == 0:
            kept_by_name = self.best.state_dict()
            overwrite({name: tensor for name, tensor in kept_by_name.items() if name in weights}, weights)
            self.save_model(self.best, scores)

    def save_model(self, model: TaskModel[Any], row: dict[str, Any]) -> None:
        """Write the best model.

        Args:
            model: with the weights of that epoch.
            row: of the epoch, as in metrics.csv.
        """
        primary = model.measuring().primary.name
        scores = {name: row[name] for name in ("epoch", "val_loss", f"val_{primary}")}
        save(model, self.folder.model, scores=scores, settings=self.settings.to_dict())

    # ---- what events say

    def _stepped(self) -> Stepped:
        self._settle()
        recent, state = self.clock.recent, self.state
        event = Stepped(
            step=state.step,
            steps=self.end,
            epoch=state.epoch + 1,
            epochs=min(self.epochs, -(-self.end // len(self.train))),
            loss=recent.loss / max(recent.steps, 1),
            lr=self.engine.optimizer.param_groups[0]["lr"],
            rate=recent.rate,
            left=self.clock.left(self.end - state.step),
            waiting=recent.waiting,
        )
        self.clock.recent = Interval()
        return event

    def _ended(self) -> EpochEnded:
        epoch, state = self.clock.epoch, self.state
        rate, waiting = epoch.rate, epoch.waiting
        train_loss = self.engine.mean(state.loss_sum / max(state.place, 1))
        val_loss, score = self._validate()
        return EpochEnded(
            epoch=state.epoch + 1,
            step=state.step,
            train_loss=train_loss,
            val_loss=val_loss,
            score=score,
            lr=self.engine.optimizer.param_groups[0]["lr"],
            seconds=epoch.seconds,
            rate=rate,
            waiting=waiting,
            best=state.improved(val_loss, score),
        )

    def _validate(self) -> tuple[float | None, Primary]:
        """Every process evaluates all of it: FSDP's pieces must be called together."""
        if self.validation is None:
            return None, self.engine.task.measuring().primary
        with self.average.in_place():
            found = evaluate(self.engine.task, self.validation, self.engine.arithmetic(), with_loss=True)
        return found.loss, found.metrics.primary

    # ---- the loss is a number

    def _require_finite(self) -> None:
        """The last update may have spoiled the weights: then the last good checkpoint must stand."""
        lengths = [torch.linalg.vector_norm(own_piece(p.detach())) for p in self.engine.task.parameters()]
        (bad,) = self.engine.agree(not torch.stack(lengths).isfinite().all())
        if bad:
            raise TrainingError(
                f"the weights are no numbers after step {self.state.step} (epoch {self.state.epoch + 1})",
                "finite weights",
                f"a lower lr than {self.settings.lr:g}, or clip 1; the last good state is kept in "
                f"{self.folder.path}",
            )

    def _settle(self) -> None:
        if not self._pending:
            return
        values = (
            [loss.item() for loss in self._pending]
            if self._every == 1
            else torch.stack(self._pending).tolist()
        )
        self._pending = []
        (bad,) = self.engine.agree(not all(map(math.isfinite, values)))
        if bad:
            raise self._blame(values)
        total = sum(values)
        self.state.loss_sum += total
        for span in (self.clock.recent, self.clock.session):
            span.loss += total
            span.steps += len(values)

    def _blame(self, values: list[float]) -> TrainingError:
        """Name the step and the pictures with the largest loss; on a CPU with the weights before the step."""
        state = self.state
        first = next((n for n, value in enumerate(values) if not math.isfinite(value)), 0)
        late = len(values) - 1 - first if self._every == 1 else len(values) - first
        step, epoch_step = max(state.step - late, 0), max(state.place - late, 0)
        batch = self.prepare(next(self.train.batches(state.epoch, epoch_step)), step)
        names = [self.train.dataset.name(index) for index in self._worst(batch)]
        own = self.engine.task.user_loss
        loss = "the loss" if own is None else f"the loss {own.name}"
        return TrainingError(
            f"{loss} is {values[first]} at step {step + 1} (epoch {state.epoch + 1}); "
            f"the largest losses of its batch: {', '.join(names)}",
            "a finite loss",
            f"a lower lr than {self.settings.lr:g}, or clip 1; {self.folder.path} keeps the last good state",
        )

    @torch.no_grad()
    def _worst(self, batch: Batch) -> list[int]:
        losses = self.engine.task.eval().losses_of_images(batch).nan_to_num(nan=torch.inf)
        order = losses.argsort(descending=True, stable=True)[:NAMED].cpu()
        return [int(index) for index in batch.indices[order]]
