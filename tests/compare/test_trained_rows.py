"""Rows that share a training: trained once, answered with each number, measured when trained, never twice."""

import json
import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from striate.compare import compare as room
from striate.compare import trained_rows
from striate.compare.sweep import Sweep
from striate.data.annotations.box_annotations import BoxAnnotations
from striate.data.checks.statistics import Facts
from striate.data.dataset import Dataset, Splits
from striate.data.image_store import Array
from striate.report.compare import write_comparison
from striate.train.profile.profile import Cost, Costs
from striate.train.run.settings import Settings
from striate.train.session.events import Event, Measuring, Noted, Training
from striate.zoo.save_load import load

SETTINGS = Settings(
    accelerator="cpu",
    epochs=1,
    batch=4,
    augment="none",
    size="64",
    precision="32",
    arguments={"width": 0.125, "channels": 8},
)
COSTS = Costs(
    (64, 64),
    100,
    1000,
    (Cost(1, 0.1, 10),),
    ((2, 300), (8, 900)),
    ((2, 0.2), (8, 0.8)),
    (("proposals", 0.01), ("backbone", 0.06), ("head", 0.02), ("finish", 0.01)),
)
FASTER, YOLO = "faster_rcnn", "yolo"


def squares(count: int, seed: int) -> Dataset:
    """A bright square on each picture."""
    random = np.random.default_rng(seed)
    images = random.integers(0, 60, (count, 64, 64, 3), dtype=np.uint8)
    corners = random.integers(0, 40, (count, 2))
    for image, (x, y) in zip(images, corners, strict=True):
        image[y : y + 20, x : x + 20] = 240
    boxes = np.concatenate([corners, corners + 20], 1).astype(np.float32)
    known = BoxAnnotations(boxes, np.zeros(count, np.int32), np.arange(1, count + 1), ("square",))
    return Dataset(Array(images, "squares"), known, np.arange(count))


@pytest.fixture(scope="module")
def splits() -> Splits:
    return Splits({"train": squares(8, 0), "val": squares(4, 1)}, "npz", Path("squares"))


@pytest.fixture
def measured(monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, Any]]:
    """Costs are made up; network and number of proposals of each measurement, and whether it is trained."""
    asked: list[tuple[str, Any]] = []

    def measure(settings: Settings, found: Facts, *, shown: Any, file: Path | None = None) -> Costs:
        assert shown.shape == (4, 3, 64, 64)
        number = settings.arguments.get("proposals")
        asked.append((settings.model or "", number if file else None))
        return replace(COSTS, answers=(Cost(1, 0.001 * (number or 50), 10),))

    for module in (room, trained_rows):
        monkeypatch.setattr(module, "measure", measure)
    return asked


@pytest.fixture
def compared(splits: Splits, tmp_path: Path, measured: object) -> Callable[..., list[Event]]:
    def run(*numbers: int, models: tuple[str, ...] = (FASTER, YOLO)) -> list[Event]:
        plan = room.Plan(models, SETTINGS, choices=(Sweep("proposals", numbers, of_network=True),))
        return list(room.compare(lambda seed: splits, plan, tmp_path / "c"))

    return run


@pytest.fixture
def answering(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """How many regions the models look at that answer for a row."""
    asked: list[int] = []
    plain = trained_rows.evaluate

    def evaluate(model: Any, loader: Any) -> Any:
        asked.append(model.network.first.most)
        return plain(model, loader)

    monkeypatch.setattr(trained_rows, "evaluate", evaluate)
    return asked


def names(events: list[Event], kind: type[Any]) -> list[str]:
    return [event.model for event in events if isinstance(event, kind)]


def test_one_training_answers_with_each_number(
    compared: Callable[..., list[Event]],
    measured: list[tuple[str, Any]],
    answering: list[int],
    splits: Splits,
    tmp_path: Path,
) -> None:
    events = compared(4, 12)
    assert answering == [4]  # 12 are those of the training, whose answers are taken
    assert names(events, Training) == [FASTER, YOLO]
    # before the trainings, with random weights; then the trained rows, yolo's among them
    assert measured == [(FASTER, None), (YOLO, None), (FASTER, 4), (FASTER, 12), (YOLO, None)]
    found = events[-1].comparison  # type: ignore[attr-defined]
    rows = {row.model: row for row in found.rows}
    assert set(rows) == {f"{FASTER} proposals=4", f"{FASTER} proposals=12", YOLO}
    for number in (4, 12):
        row = rows[f"{FASTER} proposals={number}"]
        assert (row.network, row.choices) == (FASTER, (("proposals", str(number)),))
        assert row.at(1).seconds == 0.001 * number
        model = load(row.file)
        assert (model.arguments["proposals"], model.network.first.most) == (number, number)
        assert len(found.answers[row.model]["answers"]) == 4
    few, many = (load(rows[f"{FASTER} proposals={n}"].file).network.state_dict() for n in (4, 12))
    assert all(bool((few[name] == many[name]).all()) for name in many)
    trained = json.loads((tmp_path / "c" / f"{FASTER}-seed0" / "metrics.json").read_text())
    own = json.loads((tmp_path / "c" / f"{FASTER}_proposals=12-seed0" / "metrics.json").read_text())
    assert own == trained

    notes = [event.note for event in events if isinstance(event, Noted)]
    assert notes[0] == "without proposals 4, 12, as they have no such argument: yolo"
    assert notes[1].startswith("about ")
    assert "2 trainings and 1 evaluation with other numbers of proposals" in notes[1]

    table = str(found).splitlines()
    assert table[0].split()[:3] == ["network", "proposals", "AP50"]
    assert "proposals ms  backbone ms  head ms  finish ms" in table[0]
    page = write_comparison(found, splits).read_text()
    assert "2 networks in 3 ways" in page
    assert "Where the time goes" in page
    assert "--models faster_rcnn,yolo --proposals 4,12" in page.replace("&#34;", '"')
    header, *lines = (tmp_path / "c" / "compare.csv").read_text().splitlines()
    assert header.endswith(
        "file,failed,seconds_proposals,seconds_backbone,seconds_head,seconds_finish,proposals"
    )
    assert sorted(line.rsplit(",", 1)[1] for line in lines) == ["", "12", "4"]


def test_a_second_call_does_what_is_missing_and_no_more(
    compared: Callable[..., list[Event]], measured: list[tuple[str, Any]], tmp_path: Path
) -> None:
    first = compared(4, 12, models=(FASTER,))[-1].comparison  # type: ignore[attr-defined]
    done = len(measured)
    again = compared(4, 12, models=(FASTER,))
    assert names(again, Training) == names(again, Measuring) == []
    assert again[-1].comparison.rows == first.rows  # type: ignore[attr-defined]
    assert not [event for event in again if isinstance(event, Noted)]  # nothing is to come

    # as a kill leaves it: the training is complete, one row has no answers
    shutil.rmtree(tmp_path / "c" / f"{FASTER}_proposals=4-seed0")
    third = compared(4, 12, models=(FASTER,))
    assert names(third, Training) == []
    assert names(third, Measuring) == [f"{FASTER} proposals=4"]
    assert third[-1].comparison.rows == first.rows  # type: ignore[attr-defined]

    # one number more is one row more of the same weights
    more = compared(4, 12, 2, models=(FASTER,))
    assert names(more, Training) == []
    assert names(more, Measuring) == [f"{FASTER} proposals=2"]
    assert len(measured) == done + 1
