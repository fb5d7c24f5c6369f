"""What happens in a training, one frozen record for each kind. The loop yields them; others read them.

Started  Loading  Stepped Stepped ... EpochEnded Saved  Stepped ...  Staged ...  Finished
                                                              `--->  Stopped (a signal)

Measuring ... Training (the events of a run) Training (...) ... Compared       of a comparison
"""

from dataclasses import asdict, dataclass, field
from typing import Any

from striate.tasks.metric import Primary


@dataclass(frozen=True)
class Event:
    """Something that happened. ``to_dict`` gives plain values with the kind under "event"."""

    def to_dict(self) -> dict[str, Any]:
        """Plain values, ready for JSON."""
        return {"event": type(self).__name__.lower(), **asdict(self)}


@dataclass(frozen=True)
class Started(Event):
    """The run is set up.

    Args:
        folder: of the run.
        settings: all of them, decided.
        notes: sentences about what was decided, for the user.
        counts: images in each split.
        parameters: numbers that are learned.
        steps: in the whole training.
        resumed: the step from which a run goes on; 0 for a new one.
        device: as in "cpu" or "cuda:0".
        parameters_in_all: numbers of the network, also of its layers that stand still.
    """

    folder: str
    settings: dict[str, Any]
    notes: tuple[str, ...]
    counts: dict[str, int]
    parameters: int
    steps: int
    resumed: int
    device: str
    parameters_in_all: int = 0


@dataclass(frozen=True)
class Loading(Event):
    """A small data set is decoded, once, before the first step; this may take a while.

    Args:
        images: in all.
        done: so far.
    """

    images: int
    done: int = 0


@dataclass(frozen=True)
class Staged(Event):
    """A task goes on after the descent, as with support vector machines on the features of its network.

    Args:
        stage: its name.
        says: what it does.
        done: pictures or classes so far.
        of: in all; 0 at the beginning of a stage.
    """

    stage: str
    says: str
    done: int = 0
    of: int = 0


@dataclass(frozen=True)
class Stepped(Event):
    """The state of the loop, some times a second.

    Args:
        step: steps done, 1..steps.
        steps: in the whole training.
        epoch: the running one, 1..epochs.
        epochs: in the whole training.
        loss: mean since the last such event.
        lr: the learning rate of the last step.
        rate: images per second since the last such event.
        left: seconds to the end, estimated.
        waiting: share of the time since the last such event in which the loop waited for data, 0..1.
    """

    step: int
    steps: int
    epoch: int
    epochs: int
    loss: float
    lr: float
    rate: float
    left: float
    waiting: float


@dataclass(frozen=True)
class EpochEnded(Event):
    """One line of metrics.csv.

    Args:
        epoch: 1..epochs.
        step: steps done since the start of the run.
        train_loss: mean over the epoch's steps, as trained (augmented, mixed, smoothed).
        val_loss: mean loss of the validation split; None without one.
        score: the primary number of the task on that split; without a value when there is no such split.
        lr: of the last step.
        seconds: that the epoch took, evaluation included.
        rate: images trained per second.
        waiting: share of the training time spent waiting for data, 0..1.
        best: whether this is the best epoch so far; its weights are in model.safetensors.
    """

    epoch: int
    step: int
    train_loss: float
    val_loss: float | None
    score: Primary
    lr: float
    seconds: float
    rate: float
    waiting: float
    best: bool

    def to_dict(self) -> dict[str, Any]:
        """Plain values; the score under ``val_`` and its name, as in ``val_accuracy``."""
        plain = super().to_dict()
        name = f"val_{self.score.name}"
        return {
            name if key == "score" else key: self.score.value if key == "score" else value
            for key, value in plain.items()
        }


@dataclass(frozen=True)
class Saved(Event):
    """A checkpoint was written; a run that dies now goes on from here."""

    step: int
    path: str


@dataclass(frozen=True)
class Fitted(Event):
    """The batch did not fit into memory: the run begins again with one that should.

    Args:
        reason: what did not fit.
        batch: the one that is tried now.
    """

    reason: str
    batch: int


@dataclass(frozen=True)
class Stopped(Event):
    """A signal ended the run; it is saved. ``striate.errors.Interrupted`` follows."""

    step: int
    signal: int


@dataclass(frozen=True)
class Finished(Event):
    """The run is complete.

    Args:
        folder: of the run.
        split: on which the metrics were measured: test, else val, else train.
        metrics: of the best model, as ``Metrics.summary`` gives them; metrics.json has those of each class.
        run: the ``Run`` itself; not part of ``to_dict``.
    """

    folder: str
    split: str
    metrics: dict[str, Any]
    run: Any = field(repr=False, compare=False)

    def to_dict(self) -> dict[str, Any]:
        """Plain values, ready for JSON."""
        return {"event": "finished", "folder": self.folder, "split": self.split, "metrics": self.metrics}


@dataclass(frozen=True)
class Measuring(Event):
    """The costs of a network are about to be measured; it is ``number`` of ``of``."""

    model: str
    number: int
    of: int


@dataclass(frozen=True)
class Training(Event):
    """A run of a comparison is about to begin, ``number`` of ``of``. Its own events follow.

    ``fold`` is the part of the pictures that it is tested on, 1.., or 0 where there are no folds.
    """

    model: str
    seed: int
    number: int
    of: int
    fold: int = 0


@dataclass(frozen=True)
class Noted(Event):
    """A sentence about a whole comparison, for the user."""

    note: str


@dataclass(frozen=True)
class Failed(Event):
    """A network of a comparison could not be measured or trained; the others go on."""

    model: str
    reason: str


@dataclass(frozen=True)
class Compared(Event):
    """A comparison is complete. Only ``folder`` is part of ``to_dict``.

    ``pooled`` is what the folds of its one network answered together, if they were measured just now.
    """

    folder: str
    comparison: Any = field(repr=False, compare=False)
    pooled: Any = field(default=None, repr=False, compare=False)

    def to_dict(self) -> dict[str, Any]:
        """Plain values, ready for JSON."""
        return {"event": "compared", "folder": self.folder}
