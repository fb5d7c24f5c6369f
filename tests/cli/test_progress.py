"""What a training tells on the way."""

from dataclasses import replace

import pytest

from striate.cli.progress import Narrator
from striate.tasks.classification.metrics import ACCURACY
from striate.train.session.events import EpochEnded, Staged, Started, Stepped

STARTED = Started("run", {"model": "resnet18", "epochs": 3}, (), {}, 1026, 3, 0, "cpu", 11_177_538)
ENDED = EpochEnded(1, 4, 0.5, None, ACCURACY, 0.1, 2.0, 310.0, 0.01, best=True)


def told(event: Started | EpochEnded, capsys: pytest.CaptureFixture[str]) -> str:
    with Narrator() as narrator:
        narrator(event)
    return capsys.readouterr().err


def test_layers_that_stand_still_are_told_from_those_that_learn(capsys: pytest.CaptureFixture[str]) -> None:
    assert "1,026 of 11,177,538 parameters learn, 3 steps on cpu" in told(STARTED, capsys)
    assert "resnet18: 1,026 parameters, 3" in told(replace(STARTED, parameters_in_all=1026), capsys)


def test_epochs_that_no_longer_fit_into_a_budget_are_not_counted(capsys: pytest.CaptureFixture[str]) -> None:
    with Narrator() as narrator:
        narrator(STARTED)
        narrator(Stepped(1, 2, 1, 2, 0.5, 0.1, 300.0, 1.0, 0.0))
        narrator(ENDED)
    assert "epoch 1/2  loss 0.5000" in capsys.readouterr().err


def test_an_epoch_whose_steps_were_done_before_has_no_speed(capsys: pytest.CaptureFixture[str]) -> None:
    assert "310 images/s" in told(ENDED, capsys)
    resumed = told(replace(ENDED, rate=0.0, seconds=0.0), capsys)
    assert "loss 0.5000" in resumed
    assert "images/s" not in resumed
    assert "waiting" not in resumed


def test_a_stage_says_now_and_then_how_far_it_is_where_no_line_is_live(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    times = iter([0.0, 1.0, 4.0, 11.0, 11.0, 15.0])  # beginning, stage, and twice for a line that is printed
    monkeypatch.setattr("striate.cli.progress.monotonic", lambda: next(times))
    with Narrator() as narrator:
        for done in (
            Staged("features", "of all regions"),
            *(Staged("features", "", n, 9) for n in (2, 5, 7)),
        ):
            narrator(done)
    assert capsys.readouterr().err.splitlines() == ["features: of all regions", "features: 5 of 9"]
