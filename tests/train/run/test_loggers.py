"""Loggers read the same events; a missing package is told, and none goes to the network by itself."""

import importlib.util
import sys
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from striate.errors import SettingError
from striate.tasks.classification.metrics import ACCURACY
from striate.train.run.loggers import readers
from striate.train.run.run_folder import RunFolder
from striate.train.run.settings import Settings
from striate.train.session.events import EpochEnded, Loading, Started, Stepped

STARTED = Started("run", {"lr": 0.1}, (), {"train": 8}, 10, 4, 0, "cpu")
STEPPED = Stepped(step=2, steps=4, epoch=1, epochs=2, loss=0.5, lr=0.1, rate=9.0, left=1.0, waiting=0.0)
ENDED = EpochEnded(1, 2, 0.4, 0.3, ACCURACY.of(0.9), lr=0.1, seconds=1.0, rate=9.0, waiting=0.0, best=True)


def on_event(name: str, folder: Path) -> None:
    settings = Settings(loggers=(name,))  # type: ignore[arg-type]
    journal, reader = readers(settings, RunFolder(folder))
    for event in (STARTED, Loading(8), STEPPED, ENDED):
        journal.read(event)
        reader.read(event)
    reader.close()


def test_a_missing_package_is_told_with_its_extra(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)
    with pytest.raises(SettingError, match=r"(?s)'wandb' needs a package.*pip install 'striate\[loggers\]'"):
        readers(Settings(loggers=("wandb",)), RunFolder(tmp_path))


def test_tensorboard_gets_the_numbers(tmp_path: Path) -> None:
    from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

    on_event("tensorboard", tmp_path)
    found = EventAccumulator(str(tmp_path / "tensorboard")).Reload()
    assert [(point.step, point.value) for point in found.Scalars("train/loss")] == [(2, 0.5)]
    assert found.Scalars("val/accuracy")[0].value == pytest.approx(0.9)


class Heard:
    """Stands for another's library: remembers what it was told."""

    def __init__(self) -> None:
        self.said: list[Any] = []

    def __getattr__(self, name: str) -> Any:
        return lambda *args, **named: self.said.append((name, args, named))


def present(monkeypatch: pytest.MonkeyPatch, name: str, module: Any) -> None:
    monkeypatch.setattr(importlib.util, "find_spec", lambda package: object())
    monkeypatch.setitem(sys.modules, name, module)


def test_wandb_writes_files_only_and_gets_the_numbers(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    heard, begun = Heard(), []
    run = SimpleNamespace(config=heard, log=heard.log, finish=heard.finish)
    present(monkeypatch, "wandb", SimpleNamespace(init=lambda **named: begun.append(named) or run))
    monkeypatch.delenv("WANDB_MODE", raising=False)
    on_event("wandb", tmp_path)
    assert (begun[0]["mode"], begun[0]["dir"]) == ("offline", str(tmp_path))
    assert [name for name, *_ in heard.said] == ["update", "log", "log", "finish"]
    assert heard.said[2][1][0] == {"epoch/train_loss": 0.4, "val/loss": 0.3, "val/accuracy": 0.9}


def test_mlflow_writes_a_database_in_the_run_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    heard = Heard()
    present(monkeypatch, "mlflow", heard)
    monkeypatch.delenv("MLFLOW_TRACKING_URI", raising=False)
    on_event("mlflow", tmp_path)
    assert heard.said[0] == ("set_tracking_uri", (f"sqlite:///{tmp_path / 'mlflow.db'}",), {})
    assert heard.said[-1][0] == "end_run"
    assert (
        "log_metrics",
        ({"epoch/train_loss": 0.4, "val/loss": 0.3, "val/accuracy": 0.9},),
        {"step": 2},
    ) in heard.said
