"""Readers of the events that keep them elsewhere: the log always, TensorBoard, W&B and MLflow by a setting.

    Event --> Journal (log.jsonl)
          `-> TensorBoardLogger | Wandb | Mlflow   numbers by name and step: train/loss, val/accuracy, ...

None of them uses the network unless the user has told their library to, by its own environment variables.
"""

import importlib
import importlib.util
import os
from abc import ABC, abstractmethod
from collections.abc import Callable
from typing import Any, Protocol

from striate.errors import SettingError
from striate.train.run.run_folder import RunFolder
from striate.train.run.settings import Settings
from striate.train.session.events import EpochEnded, Event, Started, Stepped

PACKAGES = {"tensorboard": "tensorboard", "wandb": "wandb", "mlflow": "mlflow"}


class Reader(Protocol):
    """Someone who listens to a training."""

    def read(self, event: Event) -> None:
        """Take note of an event."""

    def close(self) -> None:
        """The training is over, well or not."""


class Journal:
    """log.jsonl: one event a line."""

    def __init__(self, files: RunFolder) -> None:
        self._files = files

    def read(self, event: Event) -> None:
        """One line."""
        self._files.append(event.to_dict())

    def close(self) -> None:
        """Nothing is open."""


class Scalars(ABC):
    """A program that shows numbers over steps."""

    def read(self, event: Event) -> None:
        """Pass on the settings and the numbers of an event."""
        if isinstance(event, Started):
            self.settings(event.settings)
        elif isinstance(event, Stepped | EpochEnded):
            self.numbers(numbers_of(event), step=event.step)

    @abstractmethod
    def settings(self, settings: dict[str, Any]) -> None:
        """What the run was started with."""

    @abstractmethod
    def numbers(self, numbers: dict[str, float], step: int) -> None:
        """Numbers by name, at a step."""

    @abstractmethod
    def close(self) -> None:
        """The training is over."""


class TensorBoardLogger(Scalars):
    """TensorBoard, through Fabric's logger: files in the run folder."""

    def __init__(self, files: RunFolder) -> None:
        from lightning_fabric.loggers.tensorboard import TensorBoardLogger

        self._logger = TensorBoardLogger(root_dir=str(files.path), name="tensorboard", version="")

    def settings(self, settings: dict[str, Any]) -> None:
        """As hyperparameters."""
        self._logger.log_hyperparams({name: str(value) for name, value in settings.items()})

    def numbers(self, numbers: dict[str, float], step: int) -> None:
        """As scalars."""
        self._logger.log_metrics(numbers, step)

    def close(self) -> None:
        """Write what is in memory."""
        self._logger.finalize("success")


class Wandb(Scalars):
    """Weights & Biases: files in the run folder, sent only if WANDB_MODE says so."""

    def __init__(self, files: RunFolder) -> None:
        wandb = importlib.import_module("wandb")
        mode = os.environ.get("WANDB_MODE", "offline")
        self._run = wandb.init(project="striate", name=files.path.name, dir=str(files.path), mode=mode)

    def settings(self, settings: dict[str, Any]) -> None:
        """As its configuration."""
        self._run.config.update(settings, allow_val_change=True)

    def numbers(self, numbers: dict[str, float], step: int) -> None:
        """As history."""
        self._run.log(numbers, step=step)

    def close(self) -> None:
        """Write what is in memory."""
        self._run.finish()


class Mlflow(Scalars):
    """MLflow: a database in the run folder, or wherever MLFLOW_TRACKING_URI says."""

    def __init__(self, files: RunFolder) -> None:
        self._mlflow = importlib.import_module("mlflow")
        uri = os.environ.get("MLFLOW_TRACKING_URI", f"sqlite:///{(files.path / 'mlflow.db').resolve()}")
        self._mlflow.set_tracking_uri(uri)
        self._mlflow.set_experiment("striate")
        self._mlflow.start_run(run_name=files.path.name)

    def settings(self, settings: dict[str, Any]) -> None:
        """As parameters."""
        self._mlflow.log_params(settings)

    def numbers(self, numbers: dict[str, float], step: int) -> None:
        """As metrics."""
        self._mlflow.log_metrics(numbers, step=step)

    def close(self) -> None:
        """End the run there too."""
        self._mlflow.end_run()


LOGGERS: dict[str, Callable[[RunFolder], Reader]] = {
    "tensorboard": TensorBoardLogger,
    "wandb": Wandb,
    "mlflow": Mlflow,
}


def readers(settings: Settings, files: RunFolder) -> list[Reader]:
    """The journal, and what the settings ask for.

    Raises:
        SettingError: its package is not installed.
    """
    require_packages(settings)
    return [Journal(files), *(LOGGERS[name](files) for name in settings.loggers)]


def require_packages(settings: Settings) -> None:
    """The packages of the loggers are installed.

    Raises:
        SettingError: one is not.
    """
    for name in settings.loggers:
        if importlib.util.find_spec(PACKAGES[name]) is None:
            raise SettingError(
                f"the logger {name!r} needs a package that is not installed",
                f"{PACKAGES[name]}, which comes with pip install 'striate[loggers]'",
                "install it, or leave the logger out: metrics.csv and log.jsonl are always written",
            )


def numbers_of(event: Stepped | EpochEnded) -> dict[str, float]:
    """What there is to plot of an event."""
    if isinstance(event, Stepped):
        return {
            "train/loss": event.loss,
            "train/lr": event.lr,
            "train/rate": event.rate,
            "train/waiting": event.waiting,
        }
    found = {
        "epoch/train_loss": event.train_loss,
        "val/loss": event.val_loss,
        f"val/{event.score.name}": event.score.value,
    }
    return {name: value for name, value in found.items() if value is not None}
