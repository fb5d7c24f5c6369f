"""Stages after the descent: what each finds is in the model, and a run goes on where it was."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from striate.data.dataset import Dataset, Splits
from striate.errors import RunError
from striate.tasks.classification.classifier import Classifier
from striate.tasks.stage import Done, Stage
from striate.train.run.run import train
from striate.train.run.settings import Settings
from striate.train.session.events import EpochEnded, Event, Staged
from striate.zoo.model_file import read_header

QUICK: dict[str, Any] = {"accelerator": "cpu", "model": "lenet5", "epochs": 1, "batch": 16, "augment": "none"}


class Write(Stage):
    """Puts its number into one of the last biases; may fail the first time, with half of a file written."""

    def __init__(self, model: Any, place: int, fails: bool = False) -> None:
        self.name, self.says = f"stage-{place}", f"bias {place}"
        self.bias, self.place, self.fails = list(model.network.parameters())[-1].data, place, fails

    @property
    def done(self) -> bool:
        return bool(self.bias[self.place] == 100 + self.place)

    def run(self, data: Dataset, folder: Path) -> Iterator[Done]:
        file = folder / self.name / "half"
        yield Done(0, len(data))
        if self.fails and not file.exists():
            file.write_text("")
            raise OSError(28, "No space left on device")
        self.bias[self.place] = 100 + self.place
        yield Done(len(data), len(data))


def stages_of(model: Any) -> tuple[Stage, ...]:
    return Write(model, 0), Write(model, 1, fails=True)


def told(events: list[Event]) -> list[tuple[str, str]]:
    return [(one.stage, one.says) for one in events if isinstance(one, Staged) and not one.of]


def test_a_stage_that_failed_is_done_again_and_those_before_it_are_not(
    tiny: Splits, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Classifier, "stages", stages_of)
    folder, events = tmp_path / "run", list[Event]()
    with pytest.raises(RunError, match="stage-1 cannot be written: No space left"):
        events.extend(event for event in train(tiny, Settings(**QUICK), folder))
    assert (folder / "stages" / "stage-1" / "half").exists()

    again = list(train(tiny, Settings(**QUICK), folder, resume=True))
    assert told(again) == [("stage-1", "bias 1")]
    assert not any(isinstance(event, EpochEnded) for event in again)
    assert not (folder / "stages").exists()
    run = again[-1].run  # type: ignore[attr-defined]
    assert list(run.model.network.parameters())[-1][:2].tolist() == [100, 101]
    assert told(list(train(tiny, Settings(**QUICK), folder, resume=True))) == []


def test_a_stage_whose_files_are_complete_is_not_named_again(
    tiny: Splits, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Written(Write):
        def written(self, data: Dataset, folder: Path) -> bool:
            return (folder / "stage-1" / "half").exists()

    monkeypatch.setattr(Classifier, "stages", lambda model: (Written(model, 0), Write(model, 1, fails=True)))
    folder = tmp_path / "run"
    with pytest.raises(RunError):
        list(train(tiny, Settings(**QUICK), folder))
    monkeypatch.setattr(Write, "done", property(lambda stage: False))
    assert told(list(train(tiny, Settings(**QUICK), folder, resume=True))) == [("stage-1", "bias 1")]


def test_the_scores_of_the_best_epoch_stay_with_the_model(
    tiny: Splits, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    plain, staged = tmp_path / "plain", tmp_path / "staged"
    list(train(tiny, Settings(**QUICK), plain))
    monkeypatch.setattr(Classifier, "stages", lambda model: (Write(model, 0),))
    list(train(tiny, Settings(**QUICK), staged))
    first, second = (read_header(folder / "model.safetensors") for folder in (plain, staged))
    assert first["scores"] == second["scores"]
