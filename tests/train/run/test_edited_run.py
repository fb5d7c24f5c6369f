"""A run folder that somebody edited ends in three lines: no process is started, nothing else is written."""

import json
import os
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch

from striate.data.dataset import Splits
from striate.errors import RunError, SettingError, StriateError
from striate.train.run.run import Run, train
from striate.train.run.settings import Settings
from striate.train.session.events import EpochEnded, Saved

Edit = Callable[[Path], object]
QUICK: dict[str, Any] = {"accelerator": "cpu", "model": "lenet5", "epochs": 3, "batch": 16, "augment": "none"}


@pytest.fixture(scope="module")
def begun(tiny: Splits, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A run of three epochs that was left after the first."""
    folder = tmp_path_factory.mktemp("runs") / "run"
    events = train(tiny, Settings(**QUICK), folder)
    while not isinstance(next(events), EpochEnded):
        pass
    events.close()
    return folder


def resumed(tiny: Splits, begun: Path, folder: Path, edit: Edit, **given: Any) -> Run:
    """What comes of going on with a copy of the run after it was edited."""
    shutil.copytree(begun, folder)
    edit(folder)
    events = list(train(tiny, Settings(**given), folder, resume=True))
    run: Run = events[-1].run  # type: ignore[attr-defined]
    return run


def text(name: str, content: str) -> Edit:
    return lambda folder: (folder / name).write_text(content)


def setting(name: str, value: Any) -> Edit:
    def edit(folder: Path) -> None:
        values = json.loads((folder / "settings.json").read_text())
        (folder / "settings.json").write_text(json.dumps({**values, name: value}))

    return edit


def checkpoint(change: Callable[[dict[str, Any]], object]) -> Edit:
    def edit(folder: Path) -> None:
        path = folder / "checkpoints" / "last.pt"
        state = torch.load(path, weights_only=True)
        change(state)
        torch.save(state, path)

    return edit


def progress(name: str, value: Any) -> Edit:
    return checkpoint(lambda state: state["state"].__setitem__(name, value))


EDITS: dict[str, Edit] = {
    "settings are a list": text("settings.json", "[1]"),
    "settings are null": text("settings.json", "null"),
    "settings are deep": text("settings.json", "[" * 100_000 + "]" * 100_000),
    "settings are cut": text("settings.json", '{"model": "lene'),
    "another network": setting("model", "resnet20"),
    "another rate": setting("lr", 0.5),
    "a size that takes all memory": setting("size", "30000x30000"),
    "a batch of words": setting("batch", "many"),
    "an unknown setting": setting("colour", 3),
    "a recipe in another file": setting("augment", "/etc/recipe.json"),
    "many processes": setting("devices", 99),
    "two processes": setting("devices", 2),
    "many machines": setting("nodes", 2),
    "many workers": setting("workers", 999),
    "a logger with a process": setting("loggers", ["wandb"]),
    "splits are a list": text("splits.json", "[]"),
    "splits without a fingerprint": text("splits.json", '{"root": "d", "format": "folder"}'),
    "splits of other data": text("splits.json", '{"root": "d", "fingerprint": "0"}'),
    "no average": checkpoint(lambda state: state.pop("average")),
    "no network": checkpoint(lambda state: state.pop("model")),
    "no optimizer": checkpoint(lambda state: state.pop("optimizer")),
    "an optimizer without parts": checkpoint(lambda state: state["optimizer"].pop("state")),
    "memory of another shape": checkpoint(
        lambda state: state["optimizer"]["state"][0].update(momentum_buffer=torch.zeros(2, 2))
    ),
    "memory of a stranger": checkpoint(lambda state: state["optimizer"]["state"].update({99: {}})),
    "weights of another shape": checkpoint(
        lambda state: state["model"].update({"network.stem.conv1.bias": torch.zeros(1)})
    ),
    "no progress": checkpoint(lambda state: state.update(state=None)),
    "an epoch of words": progress("epoch", "x"),
    "an epoch that never comes": progress("epoch", 10**9),
    "a step out of line": progress("step", 3),
    "a negative step": progress("place", -1),
    "rows of something else": progress("rows", [1]),
    "a best epoch of words": progress("best", "the first"),
    "a loss that is no number": progress("loss_sum", float("nan")),
    "a checkpoint of text": text("checkpoints/last.pt", "weights"),
    "an empty checkpoint": text("checkpoints/last.pt", ""),
}


@pytest.fixture(autouse=True)
def no_process(monkeypatch: pytest.MonkeyPatch) -> None:
    def forbidden(*_: object, **__: object) -> None:
        raise AssertionError("a process was started")

    for name in ("fork", "posix_spawn"):
        monkeypatch.setattr(os, name, forbidden)
    monkeypatch.setattr("subprocess.Popen", forbidden)


def test_the_run_goes_on_as_it_is(tiny: Splits, begun: Path, tmp_path: Path) -> None:
    assert len(resumed(tiny, begun, tmp_path / "run", lambda folder: None).history) == 3


def test_a_run_that_was_left_at_the_last_step_of_an_epoch_says_the_same_of_it(
    tiny: Splits, tmp_path: Path
) -> None:
    settings = Settings(**QUICK, checkpoint_every=0)
    whole: Run = list(train(tiny, settings, tmp_path / "whole"))[-1].run  # type: ignore[attr-defined]
    events = train(tiny, settings, tmp_path / "left")
    while not (isinstance(event := next(events), Saved) and event.step == 4):  # the epoch is not yet ended
        pass
    events.close()
    again: Run = list(train(tiny, Settings(), tmp_path / "left", resume=True))[-1].run  # type: ignore[attr-defined]
    for name in ("train_loss", "val_loss", "lr"):
        assert [row[name] for row in again.history] == [row[name] for row in whole.history]


@pytest.mark.parametrize("name", EDITS)
def test_an_edited_run_ends_in_three_lines(tiny: Splits, begun: Path, tmp_path: Path, name: str) -> None:
    with pytest.raises(StriateError) as caught:
        resumed(tiny, begun, tmp_path / "run", EDITS[name])
    assert all((caught.value.wrong, caught.value.expected, caught.value.attempt))
    assert len(str(caught.value)) < 1500


def test_a_pipe_in_the_place_of_a_file_does_not_hang(tiny: Splits, begun: Path, tmp_path: Path) -> None:
    for number, name in enumerate(["settings.json", "log.jsonl", "checkpoints/last.pt", "metrics.csv"]):

        def edit(folder: Path, name: str = name) -> None:
            (folder / name).unlink(missing_ok=True)
            os.mkfifo(folder / name)

        with pytest.raises(RunError, match="is a pipe, a socket or a device"):
            resumed(tiny, begun, tmp_path / f"run{number}", edit)


def test_processes_are_started_only_if_the_user_says_so_again(
    tiny: Splits, begun: Path, tmp_path: Path
) -> None:
    with pytest.raises(SettingError) as caught:
        resumed(tiny, begun, tmp_path / "run", setting("devices", 2))
    assert caught.value.attempt == "--devices 2, or --devices 1 to go on alone"
    run = resumed(tiny, begun, tmp_path / "alone", setting("devices", 2), devices=1)
    assert len(run.history) == 3


def test_metrics_that_somebody_edited_are_told(tiny: Splits, begun: Path, tmp_path: Path) -> None:
    resumed(tiny, begun, tmp_path / "run", lambda folder: None)
    for number, content in enumerate(['{"split": "val"}', '{"metrics": [1], "split": 1}', "[]"]):
        shutil.copytree(tmp_path / "run", tmp_path / str(number))
        (tmp_path / str(number) / "metrics.json").write_text(content)
        with pytest.raises(RunError, match=r"metrics\.json"):
            Run.open(tmp_path / str(number))
