"""A training from its first event to its last, on pictures that are easily told apart."""

import json
import os
import signal
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from striate.data.annotations.class_annotations import ClassAnnotations
from striate.data.checks.statistics import facts
from striate.data.dataset import Dataset, Splits
from striate.errors import (
    DataError,
    Interrupted,
    ModelFileError,
    RunError,
    SettingError,
    ShapeError,
    TrainingError,
)
from striate.tasks.classification.classifier import Classifier
from striate.tasks.classification.metrics import ACCURACY
from striate.train.run.run import Run, continued, train
from striate.train.run.run_folder import RunFolder
from striate.train.run.settings import Settings
from striate.train.session import throughput as clock
from striate.train.session.checkpoint import load_checkpoint
from striate.train.session.events import EpochEnded, Event, Finished, Saved, Started, Stepped
from striate.train.session.session import TrainingSession
from striate.zoo.save_load import load

QUICK: dict[str, Any] = {"accelerator": "cpu", "model": "lenet5", "epochs": 4, "batch": 16, "augment": "none"}


def trained(splits: Splits, folder: Path, **values: Any) -> Run:
    run = list(train(splits, Settings(**{**QUICK, **values}), folder))[-1].run  # type: ignore[attr-defined]
    assert isinstance(run, Run)
    return run


def of_kind(events: list[Event], kind: type[Event]) -> list[Any]:
    return [event for event in events if isinstance(event, kind)]


@pytest.fixture(scope="module")
def events(tiny: Splits, tmp_path_factory: pytest.TempPathFactory) -> list[Event]:
    return list(train(tiny, Settings(**QUICK), tmp_path_factory.mktemp("runs") / "run"))


def test_a_run_learns_and_its_model_predicts(events: list[Event], tiny: Splits) -> None:
    finished = events[-1]
    assert isinstance(finished, Finished)
    assert finished.run.metrics.accuracy == 1.0
    picture = tiny["val"][1]
    assert (
        finished.run.model.predict(picture.image).class_name
        == tiny.classes[picture.targets.labels.item()]
        == "striped"
    )
    assert not finished.run.model.training


def test_events_come_in_order_and_say_where_the_run_is(events: list[Event]) -> None:
    assert isinstance(events[0], Started)
    assert events[0].counts == {"train": 64, "val": 20}
    assert (events[0].steps, events[0].resumed, events[0].parameters) == (
        16,
        0,
        61_026,
    )  # 61,706 - 8 classes * 85
    ended = of_kind(events, EpochEnded)
    assert [event.epoch for event in ended] == [1, 2, 3, 4]
    assert [event.step for event in ended] == [4, 8, 12, 16]
    assert len(of_kind(events, Saved)) >= 4


def test_every_event_is_a_line_of_the_log(events: list[Event]) -> None:
    finished = events[-1]
    lines = (Path(finished.folder) / "log.jsonl").read_text().splitlines()  # type: ignore[attr-defined]
    kinds = [json.loads(line)["event"] for line in lines]
    assert kinds == [event.to_dict()["event"] for event in events]


def test_a_run_comes_back_from_its_folder(events: list[Event]) -> None:
    run = events[-1].run  # type: ignore[attr-defined]
    again = Run.open(run.folder)
    assert (again.settings, again.history, again.metrics, again.split) == (
        run.settings,
        run.history,
        run.metrics,
        run.split,
    )
    images = torch.zeros(2, 1, 32, 32)
    assert torch.equal(again.model(images), run.model(images))


def test_steps_are_reported_some_times_a_second(
    tiny: Splits, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(clock, "SAY_EVERY", 0.0)
    steps = of_kind(list(train(tiny, Settings(**QUICK), tmp_path / "run")), Stepped)
    assert [event.step for event in steps] == list(range(1, 17))
    assert all(event.rate > 0 and event.left >= 0 and 0 <= event.waiting <= 1 for event in steps)


def test_the_best_epoch_is_kept_and_the_test_split_is_looked_at_only_then(
    tiny: Splits, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    accuracies = iter([0.5, 0.9, 0.9, 0.6])
    monkeypatch.setattr(TrainingSession, "_validate", lambda work: (1.0, ACCURACY.of(next(accuracies))))
    weights, best = [], []
    for event in train(
        Splits({**tiny.parts, "test": tiny["val"]}, "npz", tiny.root), Settings(**QUICK), tmp_path / "run"
    ):
        if isinstance(event, EpochEnded):
            best.append(event.best)
            weights.append(load(tmp_path / "run" / "model.safetensors").state_dict())
    assert best == [True, True, False, False]  # of equals the earlier one stays
    last = load_checkpoint(tmp_path / "run" / "checkpoints" / "last.pt")["model"]
    assert all(torch.equal(weights[1][name], weights[3][name]) for name in last)
    assert not torch.equal(last["network.stem.conv1.weight"], weights[3]["network.stem.conv1.weight"])
    assert isinstance(event, Finished)
    assert event.split == "test"


def test_without_a_validation_split_the_last_epoch_is_the_best(tiny: Splits, tmp_path: Path) -> None:
    run = trained(Splits({"train": tiny["train"]}, "npz", tiny.root), tmp_path / "run")
    assert [row["best"] for row in run.history] == [True] * 4
    assert run.history[0]["val_accuracy"] is None
    assert run.split == "train"


def test_patience_ends_a_run_that_gets_no_better(
    tiny: Splits, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(TrainingSession, "_validate", lambda work: (1.0, ACCURACY.of(0.5)))
    assert (
        len(trained(tiny, tmp_path / "run", epochs=50, patience=2).history) == 3
    )  # the best one and two more


@pytest.mark.parametrize(
    "values",
    [
        {"optimizer": "adamw", "schedule": "cosine", "clip": 0.5},
        {"ema": 0.9, "label_smoothing": 0.1, "mixup": 0.4, "cutmix": 1.0},
        {"model": "resnet20", "precision": "bf16", "epochs": 1},
        {"model": "resnet20", "progressive_resizing": 0.5, "epochs": 1},
    ],
    ids=str,
)
def test_every_way_to_train_runs(tiny: Splits, tmp_path: Path, values: dict[str, Any]) -> None:
    run = trained(tiny, tmp_path / "run", **values)
    assert all(map(torch.isfinite, [torch.tensor(row["train_loss"]) for row in run.history]))
    assert run.model.mean.dtype == torch.float32


def test_the_evaluated_weights_are_the_average(tiny: Splits, tmp_path: Path) -> None:
    run = trained(tiny, tmp_path / "run", epochs=1, ema=0.9)
    state = load_checkpoint(tmp_path / "run" / "checkpoints" / "last.pt")
    saved = run.model.state_dict()
    assert all(torch.equal(saved[name], state["average"][name]) for name in saved)


def test_the_random_numbers_of_others_are_left_alone(tiny: Splits, tmp_path: Path) -> None:
    before = torch.get_rng_state()
    trained(tiny, tmp_path / "run", epochs=1)
    assert torch.equal(before, torch.get_rng_state())


# ---- what goes wrong


def on_event(running: Iterator[Event], listener: Callable[[Event], None]) -> None:
    for event in running:
        listener(event)


def poisoned(monkeypatch: pytest.MonkeyPatch) -> list[bool]:
    """Once the list holds True, a picture of 255 only makes what the network sees of it NaN."""
    switch = [False]
    normalized = Classifier.normalized

    def sick(self: Classifier, images: torch.Tensor) -> torch.Tensor:
        white = (images == 255).flatten(1).all(1)[:, None, None, None]
        return torch.where(white & switch[0], torch.nan, normalized(self, images))

    monkeypatch.setattr(Classifier, "normalized", sick)
    return switch


def test_a_loss_that_is_no_number_names_step_and_picture_and_keeps_the_good_model(
    tiny: Splits, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    images = tiny["train"].store.images.copy()  # type: ignore[attr-defined]
    images[37] = 255
    store = type(tiny["train"].store)(images, "stripes")  # type: ignore[call-arg]
    data = type(tiny["train"]).whole(store, tiny["train"].labels, tiny.classes)
    switch = poisoned(monkeypatch)
    running = train(
        Splits({**tiny.parts, "train": data}, "npz", tiny.root), Settings(**QUICK), tmp_path / "run"
    )

    def sicken(event: Event) -> None:
        switch[0] = switch[0] or isinstance(event, EpochEnded)

    with pytest.raises(TrainingError) as error:
        on_event(running, sicken)
    assert "the loss is nan at step" in error.value.wrong
    assert "(epoch 2)" in error.value.wrong
    assert "batch: stripes[37]," in error.value.wrong
    model = load(tmp_path / "run" / "model.safetensors")
    assert all(bool(tensor.isfinite().all()) for tensor in model.state_dict().values())
    state = load_checkpoint(tmp_path / "run" / "checkpoints" / "last.pt")
    assert (state["state"]["epoch"], state["state"]["step"]) == (1, 4)


def test_a_rate_that_is_far_too_high_ends_in_an_error_and_not_in_a_model(
    tiny: Splits, tmp_path: Path
) -> None:
    with pytest.raises(TrainingError, match=r"a lower lr than 100"):
        trained(tiny, tmp_path / "run", lr=100.0, schedule="constant", epochs=100)


def test_ctrl_c_saves_and_the_resumed_run_ends_as_if_nothing_had_happened(
    tiny: Splits, tmp_path: Path
) -> None:
    values = Settings(**QUICK)
    whole = trained(tiny, tmp_path / "whole")

    def press_ctrl_c(event: Event) -> None:
        if isinstance(event, EpochEnded) and event.epoch == 2:
            os.kill(os.getpid(), signal.SIGINT)

    with pytest.raises(Interrupted) as error:
        on_event(train(tiny, values, tmp_path / "run"), press_ctrl_c)
    assert error.value.signal == signal.SIGINT
    assert "after step 9 of 16" in error.value.wrong
    *_, finished = train(tiny, values, tmp_path / "run", resume=True)
    states = [run.model.state_dict() for run in (whole, finished.run)]  # type: ignore[attr-defined]
    assert all(torch.equal(states[0][name], states[1][name]) for name in states[0])


def test_a_run_is_not_overwritten(tiny: Splits, tmp_path: Path) -> None:
    first = trained(tiny, tmp_path / "run", epochs=1)
    with pytest.raises(RunError, match="exists and is not empty"):
        trained(tiny, tmp_path / "run", epochs=2)
    assert Run.open(tmp_path / "run").history == first.history


@pytest.mark.parametrize(
    "mistake",
    [
        {"model": "resnt20"},
        {"augment": "miror"},
        {"precision": "16"},
        {"loggers": ("wandb",)},
        {"patience": 2},
    ],
)
def test_a_mistake_is_found_before_a_run_is_replaced(
    mistake: dict[str, Any], tiny: Splits, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    kept = tmp_path / "run" / "model.safetensors"
    kept.parent.mkdir()
    kept.write_text("a night's work")
    (tmp_path / "run" / "settings.json").write_text("{}")
    values = {**QUICK, **mistake}
    data = Splits({"train": tiny["train"]}, tiny.format, tiny.root)
    with pytest.raises(SettingError):
        list(train(data, Settings(**values), tmp_path / "run", force=True))
    assert kept.read_text() == "a night's work"


def test_a_run_that_could_not_start_is_not_in_the_way_of_a_better_one(tiny: Splits, tmp_path: Path) -> None:
    with pytest.raises(ShapeError):
        trained(tiny, tmp_path / "run", size="64")  # which lenet5 cannot take
    assert not (tmp_path / "run").exists()
    assert trained(tiny, tmp_path / "run", epochs=1).folder == tmp_path / "run"


def test_weights_that_are_no_numbers_are_never_saved(
    tiny: Splits, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    update = TrainingSession.watch

    def spoil(
        work: TrainingSession, loss: torch.Tensor
    ) -> None:  # the last step of the first epoch ends in NaN
        update(work, loss)
        if work.state.place == len(work.train) - 1:
            next(work.engine.task.parameters()).data.fill_(torch.nan)

    monkeypatch.setattr(TrainingSession, "watch", spoil)
    with pytest.raises(TrainingError, match="weights are no numbers after step"):
        trained(tiny, tmp_path / "run")
    assert not (tmp_path / "run" / "model.safetensors").exists()
    saved = load_checkpoint(tmp_path / "run" / "checkpoints" / "last.pt")
    assert all(weights.isfinite().all() for weights in saved["model"].values())


def test_a_complete_run_can_be_resumed_and_gives_its_result_again(tiny: Splits, tmp_path: Path) -> None:
    first = trained(tiny, tmp_path / "run", epochs=1)
    *_, again = train(tiny, Settings(), tmp_path / "run", resume=True)
    assert again.run.history == first.history  # type: ignore[attr-defined]


def test_a_resumed_run_refuses_other_data_and_other_settings(tiny: Splits, tmp_path: Path) -> None:
    trained(tiny, tmp_path / "run", epochs=1)
    with pytest.raises(RunError, match="are not those that the run"):
        list(
            train(Splits({"train": tiny["val"]}, "npz", tiny.root), Settings(), tmp_path / "run", resume=True)
        )
    with pytest.raises(SettingError, match="epochs is 9 and was 1"):
        list(train(tiny, Settings(epochs=9), tmp_path / "run", resume=True))


def test_settings_for_a_folder_without_a_run_are_the_given_ones(tiny: Splits, tmp_path: Path) -> None:
    given = Settings(epochs=9)
    assert continued(given, facts(tiny["train"]), RunFolder(tmp_path / "run")) is given


@pytest.mark.parametrize(("labels", "classes"), [([0] * 4, ("only",)), ([], ("a", "b"))])
def test_nothing_to_tell_apart_is_refused(
    tiny: Splits, tmp_path: Path, labels: list[int], classes: tuple[str, ...]
) -> None:
    annotations = ClassAnnotations(np.array(labels, np.int64), classes)
    data = Dataset(tiny["train"].store, annotations, np.arange(len(labels)))
    with pytest.raises(DataError):
        list(train(Splits({"train": data}, "npz", Path("x")), Settings(**QUICK), tmp_path / "run"))
    assert not (tmp_path / "run").exists()


def test_a_disk_that_fills_up_ends_the_run_and_keeps_the_last_checkpoint(
    tiny: Splits, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: Any) -> None:
        raise OSError(28, "No space left on device")

    def fill(event: Event) -> None:
        if isinstance(event, EpochEnded):
            monkeypatch.setattr(os, "fsync", full)

    with pytest.raises((RunError, ModelFileError), match="No space left on device"):
        on_event(train(tiny, Settings(**QUICK), tmp_path / "run"), fill)
    monkeypatch.undo()
    assert load_checkpoint(tmp_path / "run" / "checkpoints" / "last.pt")["state"]["epoch"] == 1
    *_, finished = train(tiny, Settings(), tmp_path / "run", resume=True)
    assert finished.run.metrics.accuracy == 1.0  # type: ignore[attr-defined]
