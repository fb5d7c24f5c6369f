"""Networks beside each other: the same for all, kept when interrupted, and one failure loses nothing else."""

import signal
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch

from striate.compare import compare as room
from striate.compare.sweep import Sweep
from striate.data.checks.statistics import Facts
from striate.data.dataset import Splits
from striate.errors import Interrupted, OutOfMemory, RunError, SettingError, TrainingError
from striate.train.profile import memory
from striate.train.profile import profile as costs
from striate.train.profile.lr_finder import find_rate
from striate.train.profile.profile import Cost, Costs
from striate.train.run.run import train
from striate.train.run.settings import Settings
from striate.train.session.events import (
    Compared,
    Event,
    Failed,
    Finished,
    Fitted,
    Measuring,
    Noted,
    Started,
    Training,
)
from striate.train.session.oom_retry import train_fitting

QUICK: dict[str, Any] = {"accelerator": "cpu", "epochs": 1, "batch": 16, "augment": "none", "size": "32"}
COSTS = Costs((32, 32), 100, 1000, (Cost(1, 0.001, 10), Cost(32, 0.0005, 20)), ((2, 300), (8, 900)))


def plan(*models: str, **more: Any) -> room.Plan:
    settings = Settings(**{**QUICK, **more.pop("settings", {})})
    return room.Plan(models, settings, **more)


def of_kind(events: list[Event], kind: type[Event]) -> list[Any]:
    return [event for event in events if isinstance(event, kind)]


@pytest.fixture
def measured(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Costs are made up; the names of the networks whose costs were asked for."""
    asked: list[str] = []

    def measure(settings: Settings, found: Facts) -> Costs:
        asked.append(settings.model or "")
        return COSTS

    monkeypatch.setattr(room, "measure", measure)
    return asked


@pytest.fixture
def compared(tiny: Splits, tmp_path: Path, measured: list[str]) -> Callable[..., list[Event]]:
    def run(*models: str, **more: Any) -> list[Event]:
        return list(room.compare(lambda seed: tiny, plan(*models, **more), tmp_path / "compare"))

    return run


def test_every_network_is_trained_with_every_seed(
    compared: Callable[..., list[Event]], measured: list[str]
) -> None:
    events = compared("lenet5", "lenet5_1998", seeds=2)
    order = [(event.model, event.seed, event.number) for event in of_kind(events, Training)]
    assert order == [("lenet5", 0, 1), ("lenet5_1998", 0, 2), ("lenet5", 1, 3), ("lenet5_1998", 1, 4)]
    seeds = [(event.settings["model"], event.settings["seed"]) for event in of_kind(events, Started)]
    assert seeds == [(model, seed) for model, seed, _ in order]
    found = events[-1].comparison  # type: ignore[attr-defined]
    assert sorted(one.model for one in found.rows) == ["lenet5", "lenet5_1998"] == sorted(measured)
    assert all(len(one.scores) == 2 and one.costs == COSTS for one in found.rows)
    assert found.split == "val"
    assert all(len(one["answers"]) == len(one["per_image"]) == 20 for one in found.answers.values())
    assert all((Path(folder) / "model.safetensors").exists() for one in found.rows for folder in one.folders)


def test_a_second_call_does_only_what_is_missing(
    compared: Callable[..., list[Event]], measured: list[str]
) -> None:
    first = compared("lenet5")[-1].comparison  # type: ignore[attr-defined]
    assert not of_kind(compared("lenet5"), Training)
    events = compared("lenet5", "lenet5_1998")
    assert [event.model for event in of_kind(events, Training)] == ["lenet5_1998"]
    assert measured == ["lenet5", "lenet5_1998"]
    again = {one.model: one for one in events[-1].comparison.rows}  # type: ignore[attr-defined]
    assert again["lenet5"] == first.rows[0]


def test_one_network_that_fails_does_not_lose_the_others(compared: Callable[..., list[Event]]) -> None:
    # lenet5 takes pictures of 32 pixels only
    events = compared("lenet5", "resnet20", settings={"size": "16"})
    assert [event.model for event in of_kind(events, Failed)] == ["lenet5"]
    good, bad = events[-1].comparison.rows  # type: ignore[attr-defined]
    assert (good.model, good.failed, bad.model, bad.score) == ("resnet20", "", "lenet5", None)
    assert "16" in bad.failed


def test_a_mistake_of_ours_in_one_training_does_not_lose_the_others(
    compared: Callable[..., list[Event]], monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(splits: Splits, settings: Settings, *rest: Any, **more: Any) -> Any:
        if settings.model == "lenet5":
            raise ZeroDivisionError("of an odd kind")
        return train(splits, settings, *rest, **more)

    monkeypatch.setattr(room, "train", broken)
    rows = {one.model: one for one in compared("lenet5", "lenet5_1998")[-1].comparison.rows}  # type: ignore[attr-defined]
    assert rows["lenet5"].failed == "ZeroDivisionError: of an odd kind"
    assert rows["lenet5_1998"].score is not None


def test_an_interrupted_comparison_goes_on(tiny: Splits, tmp_path: Path, measured: list[str]) -> None:
    folder = tmp_path / "compare"
    events = room.compare(lambda seed: tiny, plan("lenet5", "lenet5_1998"), folder)

    so_far: list[Any] = []

    def until_the_second() -> None:
        for event in events:
            so_far.extend([event] if isinstance(event, Compared) else [])
            if isinstance(event, Started) and event.settings["model"] == "lenet5_1998":
                signal.raise_signal(signal.SIGINT)

    with pytest.raises(Interrupted) as caught:
        until_the_second()
    assert caught.value.signal == signal.SIGINT
    assert [one.model for one in so_far[0].comparison.rows if one.score is not None] == ["lenet5"]
    assert caught.value.attempt.startswith("the same command goes on")
    again = list(room.compare(lambda seed: tiny, plan("lenet5", "lenet5_1998"), folder))
    assert [event.model for event in of_kind(again, Training)] == ["lenet5_1998"]
    assert [event.model for event in of_kind(again, Measuring)] == []
    assert all(one.score is not None for one in again[-1].comparison.rows)  # type: ignore[attr-defined]


def test_a_comparison_can_be_interrupted_while_costs_are_measured(
    tiny: Splits, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def measure(settings: Settings, found: Facts) -> Costs:
        if settings.model == "lenet5_1998":  # Ctrl-C reaches the process that measures, too
            signal.raise_signal(signal.SIGINT)
            raise TrainingError("lenet5_1998 could not be measured", "memory", "a smaller network")
        return COSTS

    monkeypatch.setattr(room, "measure", measure)
    found: list[Event] = []

    def on_event() -> None:
        for event in room.compare(lambda _: tiny, plan("lenet5", "lenet5_1998"), tmp_path / "compare"):
            found.append(event)

    with pytest.raises(Interrupted, match="while the costs of lenet5_1998 were measured") as caught:
        on_event()
    assert caught.value.attempt.startswith("the same command goes on")
    rows = {row.model: row for row in found[-1].comparison.rows}  # type: ignore[attr-defined]
    assert (rows["lenet5"].costs, rows["lenet5_1998"].costs) == (COSTS, None)
    assert rows["lenet5_1998"].failed == ""


def test_costs_alone_train_nothing(compared: Callable[..., list[Event]]) -> None:
    events = compared("lenet5", "lenet5_1998", costs_only=True)
    assert [type(event) for event in events] == [Measuring, Measuring, Compared]
    assert all(one.score is None and one.costs for one in events[-1].comparison.rows)  # type: ignore[attr-defined]
    table = str(events[-1].comparison)  # type: ignore[attr-defined]
    assert "accuracy" not in table  # nothing was measured that could be one
    assert "ms, batch 1" in table


def test_names_are_looked_at_before_anything_is_done() -> None:
    with pytest.raises(SettingError) as caught:
        plan("lenet5", "resnet21")
    assert len(caught.value.attempt.split(" or ")) == 3
    with pytest.raises(SettingError, match="lenet5 is named twice"):
        plan("lenet5", "resnet20", "lenet5")
    with pytest.raises(SettingError, match="no networks"):
        plan()
    with pytest.raises(SettingError, match="seeds is 0"):
        plan("lenet5", seeds=0)


def test_a_folder_of_something_else_is_refused(compared: Callable[..., list[Event]], tmp_path: Path) -> None:
    compared("lenet5", costs_only=True)
    with pytest.raises(RunError, match="epochs was 1 and is 2"):
        compared("lenet5", settings={"epochs": 2})
    (tmp_path / "compare" / room.STATE).unlink()
    (tmp_path / "compare" / "letter.txt").write_text("dear")
    with pytest.raises(RunError, match="holds no comparison"):
        compared("lenet5")


def test_what_does_not_fit_is_said_before_it_is_tried(
    compared: Callable[..., list[Event]], monkeypatch: pytest.MonkeyPatch
) -> None:
    # 100 bytes and 100 a picture: 16 take 1,700; 0.9 * 1,500 = 1,350 hold 12 pictures, in eights 8
    monkeypatch.setattr(costs, "measure", lambda *_, **__: COSTS)
    monkeypatch.setattr(costs, "free_memory", lambda device: 1500)
    monkeypatch.setattr(memory, "free_memory", lambda device: 1500)
    failed = compared("lenet5")[-1].comparison.rows[0].failed  # type: ignore[attr-defined]
    assert failed.startswith(
        "training lenet5 with a batch of 16 does not fit into the memory of cpu; try: batch 8"
    )
    found = compared("lenet5", fit_batch=True)[-1].comparison.rows[0]  # type: ignore[attr-defined]
    assert (found.batch, found.failed) == (8, "")


def test_a_refused_batch_begins_again_with_one_that_fits(
    tiny: Splits, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from striate.train.fabric.fabric import Executor

    plain = Executor.loss

    def greedy(engine: Executor, batch: Any) -> Any:
        if len(batch) > 8:
            raise RuntimeError("DefaultCPUAllocator: can't allocate memory: you tried to allocate 9 bytes")
        return plain(engine, batch)

    monkeypatch.setattr(Executor, "loss", greedy)
    monkeypatch.setattr(costs, "measure", lambda *_, **__: COSTS)
    monkeypatch.setattr(memory, "free_memory", lambda device: 1500)
    settings = Settings(**QUICK, model="lenet5")
    with pytest.raises(OutOfMemory, match="a batch of 16 does not fit"):
        list(train(tiny, settings, tmp_path / "run"))
    assert not (tmp_path / "run").exists()
    events = list(train_fitting(tiny, settings, tmp_path / "run"))
    assert [event.batch for event in of_kind(events, Fitted)] == [8]
    assert of_kind(events, Finished)[0].run.settings.batch == 8


@pytest.mark.parametrize("error", [torch.OutOfMemoryError("CUDA out of memory."), MemoryError()])
@pytest.mark.parametrize("values", [{}, {"budget": "1h"}], ids=str)
def test_a_training_that_memory_is_refused_to_says_which_batch_would_fit(
    error: Exception, values: dict[str, str], tiny: Splits, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from striate.train.fabric.fabric import Executor

    def refuse(*_: object) -> None:
        raise error

    monkeypatch.setattr(Executor, "loss", refuse)
    monkeypatch.setattr(costs, "measure", lambda *_, **__: COSTS)
    monkeypatch.setattr(memory, "free_memory", lambda device: 1500)
    with pytest.raises(OutOfMemory, match="a batch of 16 does not fit") as caught:
        list(train(tiny, Settings(**QUICK, **values, model="lenet5"), tmp_path / "run"))
    assert caught.value.attempt.startswith("batch 8, or --fit-batch")
    with pytest.raises(OutOfMemory, match="a batch of 16 does not fit"):
        find_rate(tiny, Settings(**QUICK, model="lenet5"))
    assert not (tmp_path / "run").exists()


def test_a_training_that_needs_most_of_the_memory_is_measured_before_it_begins(
    tiny: Splits, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[str] = []

    def measure(settings: Settings, *_: object, **__: object) -> Costs:
        asked.append(settings.model or "")
        return COSTS

    # LeNet-5 gives 6 * 28 * 28 twice, 6 * 14 * 14, 16 * 10 * 10 twice, 16 * 5 * 5 twice, 120 and 84 twice, 2:
    # at most 15,194 numbers of 8 bytes a picture, 2 MB with 16 of them
    monkeypatch.setattr(costs, "measure", measure)
    monkeypatch.setattr(costs, "free_memory", lambda device: 10 * 2**20)
    list(train(tiny, Settings(**QUICK, model="lenet5"), tmp_path / "enough"))
    assert asked == []
    for module in (costs, memory):
        monkeypatch.setattr(module, "free_memory", lambda device: 1500)
    with pytest.raises(OutOfMemory, match="a batch of 16 does not fit"):
        list(train(tiny, Settings(**QUICK, model="lenet5"), tmp_path / "run"))
    assert asked == ["lenet5"]
    assert not (tmp_path / "run").exists()


def test_a_run_is_not_replaced_by_one_whose_batch_does_not_fit(
    tiny: Splits, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "run").mkdir()
    (tmp_path / "run" / "metrics.csv").write_text("precious")
    monkeypatch.setattr(costs, "measure", lambda *_, **__: COSTS)
    for module in (costs, memory):
        monkeypatch.setattr(module, "free_memory", lambda device: 1500)
    with pytest.raises(RunError, match="exists and is not empty"):
        list(train_fitting(tiny, Settings(**QUICK, model="lenet5"), tmp_path / "run"))
    assert (tmp_path / "run" / "metrics.csv").read_text() == "precious"


def test_a_sweep_trains_one_network_with_each_value(
    compared: Callable[..., list[Event]], measured: list[str], tmp_path: Path
) -> None:
    events = compared("lenet5", sweep=Sweep("lr", (0.001, 0.05)))
    assert [event.model for event in of_kind(events, Training)] == ["lr=0.001", "lr=0.05"]
    assert [event.settings["lr"] for event in of_kind(events, Started)] == [0.001, 0.05]
    found = events[-1].comparison  # type: ignore[attr-defined]
    assert sorted(one.model for one in found.rows) == ["lr=0.001", "lr=0.05"]
    assert (tmp_path / "compare" / "lr=0.05-seed0" / "model.safetensors").exists()
    assert measured == []  # the costs are the same for every value
    assert str(found).startswith("lr  ")
    assert "ms, batch" not in str(found)
    more = compared("lenet5", sweep=Sweep("lr", (0.001, 0.05, 0.1)))
    assert [event.model for event in of_kind(more, Training)] == ["lr=0.1"]


def test_a_sweep_without_a_network_leaves_the_choice_to_the_data() -> None:
    swept = room.Plan((), Settings(), sweep=Sweep("batch", (16, 32)))
    assert swept.names == ("batch=16", "batch=32")
    assert swept.of("batch=32", 1).batch == 32
    assert (swept.of("batch=32", 1).model, swept.of("batch=32", 1).seed) == (None, 1)


@pytest.mark.parametrize("ways", [{"models": ("lenet5", "resnet20")}, {"costs_only": True}], ids=str)
def test_a_sweep_is_of_one_network(ways: dict[str, Any]) -> None:
    with pytest.raises(SettingError, match="one network"):
        room.Plan(ways.pop("models", ("lenet5",)), Settings(), sweep=Sweep("batch", (16, 32)), **ways)


def test_without_a_folder_the_newest_comparison_of_the_same_settings_goes_on(
    tiny: Splits, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, measured: list[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    first, other = plan("lenet5", costs_only=True), plan("lenet5", costs_only=True, settings={"epochs": 7})
    assert room.default_folder(first, tiny) == Path("runs/compare-stripes")
    list(room.compare(lambda seed: tiny, first, room.default_folder(first, tiny)))
    assert room.default_folder(first, tiny) == Path("runs/compare-stripes")
    assert room.default_folder(other, tiny) == Path("runs/compare-stripes-2")


def test_a_stem_reaches_the_networks_that_have_it(compared: Callable[..., list[Event]]) -> None:
    events = compared("lenet5", "resnet18", costs_only=True, settings={"stem": "small"})
    said = "without stem small, as they have no such argument: lenet5"
    assert [event.note for event in of_kind(events, Noted)] == [said]
    assert not of_kind(events, Failed)
    both = plan("lenet5", "resnet18", settings={"stem": "small"})
    assert [both.of(model, 0).stem for model in both.models] == [None, "small"]


def test_a_stem_that_no_network_has_is_a_mistake(compared: Callable[..., list[Event]]) -> None:
    events = compared("lenet5", costs_only=True, settings={"stem": "small"})
    assert "has no argument 'stem'" in of_kind(events, Failed)[0].reason


@pytest.mark.parametrize("text", ["{}", "[]", '{"settings": {', '{"settings": 1}'])
def test_a_broken_comparison_is_passed_over_or_refused(
    text: str, tiny: Splits, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, measured: list[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    broken, asked = Path("runs/compare-stripes"), plan("lenet5", costs_only=True)
    broken.mkdir(parents=True)
    (broken / room.STATE).write_text(text)
    assert room.default_folder(asked, tiny) == Path("runs/compare-stripes-2")
    with pytest.raises(RunError, match=r"compare\.json"):
        list(room.compare(lambda seed: tiny, asked, broken))
    assert (broken / room.STATE).read_text() == text
