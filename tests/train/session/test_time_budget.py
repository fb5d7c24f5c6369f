"""A time to train in becomes a number of epochs, which a run that goes on keeps."""

from pathlib import Path

import pytest

from striate.data.dataset import Splits
from striate.errors import SettingError
from striate.train.run import run as run_module
from striate.train.run.run import train
from striate.train.run.settings import Settings
from striate.train.session import session as session_module
from striate.train.session import time_budget as budget
from striate.train.session.events import Noted, Saved, Stepped
from striate.train.session.session import TrainingSession
from striate.train.session.time_budget import written


def settings(**values: object) -> Settings:
    return Settings(**{"accelerator": "cpu", "model": "lenet5", "batch": 16, "augment": "none", **values})


@pytest.mark.parametrize("text", ["ten", "10", "m", "-5s", "1 h", "10 minutes", ""])
def test_a_budget_that_is_no_time_is_refused(text: str) -> None:
    with pytest.raises(SettingError) as caught:
        Settings(budget=text)
    assert caught.value.expected == "a time, as in 90s, 10m or 1h"


def test_so_many_epochs_as_fit_are_trained(
    tiny: Splits, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # 0.9 of 1,000 s are 900 s; an epoch of 200 s fits four times
    monkeypatch.setattr(budget, "seconds_of_an_epoch", lambda *_: 200.0)
    run = list(train(tiny, settings(budget="1000s"), tmp_path / "run"))[-1].run  # type: ignore[attr-defined]
    assert len(run.history) == run.settings.epochs == 4
    assert run.settings.budget == "1000s"


def test_epochs_are_never_more_than_were_asked_for(
    tiny: Splits, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(budget, "seconds_of_an_epoch", lambda *_: 0.001)
    run = list(train(tiny, settings(budget="1h", epochs=2), tmp_path / "run"))[-1].run  # type: ignore[attr-defined]
    assert run.settings.epochs == 2


def test_a_run_that_goes_on_keeps_its_epochs(
    tiny: Splits, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(budget, "seconds_of_an_epoch", lambda *_: 300.0)
    first = list(train(tiny, settings(budget="1000s"), tmp_path / "run"))[-1].run  # type: ignore[attr-defined]
    monkeypatch.setattr(budget, "seconds_of_an_epoch", lambda *_: 1e9)  # another machine; nobody asks
    again = list(train(tiny, settings(budget="1000s"), tmp_path / "run", resume=True))[-1].run  # type: ignore[attr-defined]
    assert again.settings.epochs == first.settings.epochs == 3


def test_a_budget_too_short_for_one_epoch_says_what_it_would_need(
    tiny: Splits, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(budget, "seconds_of_an_epoch", lambda *_: 180.0)
    with pytest.raises(SettingError) as caught:
        list(train(tiny, settings(budget="2m"), tmp_path / "run"))
    assert caught.value.wrong == "budget is '2m', and one epoch of lenet5 takes longer here"
    assert caught.value.expected == "4m or more"  # 180 s / 0.9 = 200 s
    assert not (tmp_path / "run").exists()


def test_measuring_changes_nothing_that_is_trained(tiny: Splits, tmp_path: Path) -> None:
    plain = list(train(tiny, settings(epochs=2), tmp_path / "plain"))[-1].run  # type: ignore[attr-defined]
    timed = list(train(tiny, settings(epochs=2, budget="1h"), tmp_path / "timed"))[-1].run  # type: ignore[attr-defined]
    assert [row["train_loss"] for row in timed.history] == [row["train_loss"] for row in plain.history]


def test_several_devices_take_no_budget(tiny: Splits, tmp_path: Path) -> None:
    with pytest.raises(SettingError, match="on several devices"):
        list(train(tiny, settings(budget="1m", devices=2), tmp_path / "run"))


def test_what_is_needed_would_be_accepted() -> None:
    assert all(
        (Settings(budget=written(seconds)).budget_seconds or 0) >= seconds
        for seconds in (0.1, 119.5, 121, 9e4)
    )


class Clock:
    """A clock that goes on by so many seconds with each step, and by nothing else."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, seconds: float) -> None:
        self.now = 100.0
        for module in (run_module, session_module):
            monkeypatch.setattr(module, "perf_counter", lambda: self.now)
        watch = TrainingSession.watch
        monkeypatch.setattr(
            TrainingSession, "watch", lambda work, loss: (self.tick(seconds), watch(work, loss))
        )

    def tick(self, seconds: float) -> None:
        self.now += seconds


def test_a_training_whose_steps_take_longer_than_foreseen_ends_in_time_and_can_be_gone_back_to(
    tiny: Splits, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(budget, "seconds_of_an_epoch", lambda *_: 0.4)  # 45 epochs of 4 steps in 0.9 * 20 s
    clock = Clock(monkeypatch, seconds=0.5)  # an epoch takes 2 s
    events = list(train(tiny, settings(budget="20s", epochs=50), tmp_path / "run"))
    assert 17 <= clock.now - 100 <= 18.5
    assert any(isinstance(event, Noted) and "slower than was foreseen" in event.note for event in events)
    counts = [event.epochs for event in events if isinstance(event, Stepped)]
    assert counts[-1] == 9  # those that are trained, of 45
    run = events[-1].run  # type: ignore[attr-defined]
    assert (run.settings.epochs, len(run.history)) == (45, 9)
    assert run.history[-1]["lr"] < 0.1 * run.settings.lr  # the schedule was walked to its end
    again = list(train(tiny, Settings(), tmp_path / "run", resume=True))[-1].run  # type: ignore[attr-defined]
    assert again.history == run.history


def test_a_training_that_is_interrupted_has_the_rest_of_its_time(
    tiny: Splits, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(budget, "seconds_of_an_epoch", lambda *_: 0.4)
    clock = Clock(monkeypatch, seconds=0.5)
    events = train(tiny, settings(budget="20s", epochs=50), tmp_path / "run")
    while not (isinstance(event := next(events), Saved) and event.step == 16):
        pass
    events.close()
    clock.tick(1e6)  # the machine is off for a while
    began = clock.now
    run = list(train(tiny, Settings(), tmp_path / "run", resume=True))[-1].run  # type: ignore[attr-defined]
    assert 9 <= clock.now - began <= 10.5  # 8 of 18 seconds were used
    assert len(run.history) == 9


@pytest.mark.parametrize("text", ["0s", "9" * 400 + "h", "1000000h"])
def test_a_budget_that_no_training_has_is_refused(text: str) -> None:
    with pytest.raises(SettingError, match="budget is"):
        Settings(budget=text)
