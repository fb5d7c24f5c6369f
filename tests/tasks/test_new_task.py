"""A task that touches nothing but its own file and two tables does all that classification does."""

import json
import sys
from pathlib import Path

import numpy as np
import pytest
import torch

import striate
from striate.cli.main import run as command
from striate.compare import compare as room
from striate.data.readers import READERS
from striate.errors import DataError
from striate.tasks.model import TaskModel
from striate.train.profile.profile import Cost, Costs
from striate.train.session.checkpoint import load_checkpoint
from striate.zoo.build import TASKS
from tests.tasks import count_objects
from tests.tasks.count_objects import Count, Counter, read_counts

SETTINGS = {
    "format": "count",
    "model": "lenet5",
    "size": "32",
    "batch": 16,
    "epochs": 6,
    "augment": "mirror",
    "optimizer": "adamw",
    "validation": 0.2,
}


@pytest.fixture(autouse=True)
def tables(monkeypatch: pytest.MonkeyPatch) -> None:
    """What a new task touches: a line in each of two tables."""
    monkeypatch.setitem(TASKS, "count", Counter)
    monkeypatch.setitem(READERS, "count", read_counts)


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """160 pictures of 32 x 32 with 0 to 4 bright squares that do not touch."""
    random, path = np.random.default_rng(0), tmp_path_factory.mktemp("counts") / "counts.npz"
    numbers, images = np.arange(160) % 5, np.zeros((160, 32, 32), np.uint8)
    for image, number in zip(images, numbers, strict=True):
        for cell in random.permutation(16)[:number]:
            top, left = 8 * (cell // 4), 8 * (cell % 4)
            image[top + 1 : top + 6, left + 1 : left + 6] = 255
    np.savez(path, images=images + random.integers(0, 20, images.shape).astype(np.uint8), numbers=numbers)
    return path


@pytest.fixture(scope="module")
def trained(data: Path, tmp_path_factory: pytest.TempPathFactory):
    with pytest.MonkeyPatch.context() as patch:
        patch.setitem(TASKS, "count", Counter)
        patch.setitem(READERS, "count", read_counts)
        return striate.train(data, out=tmp_path_factory.mktemp("run") / "run", **SETTINGS)


def test_the_task_is_small_and_stands_alone() -> None:
    lines = Path(count_objects.__file__).read_text().splitlines()
    assert sum(bool(line.strip()) for line in lines) <= 80


def test_it_learns(trained) -> None:  # guessing 2 for 0 to 4 is 1.2 off
    assert trained.metrics.primary.name == "error"
    assert trained.metrics.primary.value < 1.0
    assert trained.settings.task == "count"
    errors = [row["val_error"] for row in trained.history]
    assert trained.metrics.primary.value == pytest.approx(min(errors), abs=1e-4)
    assert trained.history[0]["best"]
    assert "error" in trained.headline()


def test_a_resumed_run_ends_bit_by_bit_as_one_that_was_not_interrupted(
    trained, data: Path, tmp_path: Path
) -> None:
    seen = []

    def stop(event) -> None:
        seen.append(event)
        if type(event).__name__ == "EpochEnded" and event.epoch == 3:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        striate.train(data, out=tmp_path / "run", on_event=stop, **SETTINGS)
    striate.train(data, out=tmp_path / "run", resume=True, **SETTINGS)
    states = [
        load_checkpoint(folder / "checkpoints" / "last.pt") for folder in (trained.folder, tmp_path / "run")
    ]
    assert all(torch.equal(states[0]["model"][name], states[1]["model"][name]) for name in states[0]["model"])


def test_it_is_evaluated_as_it_was_at_the_end_of_its_training(trained, data: Path) -> None:
    found = striate.evaluate(trained.folder, data, "val", format="count")
    assert found.primary == trained.metrics.primary
    assert found.interval == trained.metrics.interval
    assert len(found.per_image) == found.count == 32


def test_it_is_saved_loaded_and_predicts(trained, data: Path) -> None:
    model, pictures = striate.load(trained.folder), list(np.load(data)["images"][:7])
    assert isinstance(model, Counter)
    answers = model.predict(pictures)
    assert answers == trained.model.predict(pictures)
    assert all(isinstance(answer, Count) for answer in answers)
    assert json.loads(answers[0].to_json())["number"] == answers[0].number


def test_an_opened_run_has_its_metrics(trained) -> None:
    again = type(trained).open(trained.folder)
    assert again.metrics == trained.metrics
    assert again.headline() == trained.headline()


@pytest.mark.parametrize("to", ["torch", "onnx", "openvino"])
def test_it_is_exported(trained, tmp_path: Path, data: Path, to: str) -> None:
    endings = {"torch": "pt2", "onnx": "onnx", "openvino": "xml"}
    done = striate.export(
        trained.folder, to, tmp_path / f"model.{endings[to]}", check=list(np.load(data)["images"][:4])
    )
    assert done.path.exists()
    assert done.difference < 1e-5


def test_it_is_compared(data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    costs = Costs((32, 32), 1, 1, (Cost(1, 0.1, 1), Cost(32, 0.1, 1)))
    monkeypatch.setattr(room, "measure", lambda *_: costs)  # another process does not know the task
    settings = {**SETTINGS, "epochs": 1}
    del settings["model"]
    found = striate.compare(data, ["lenet5", "nin_cifar"], out=tmp_path / "compare", **settings)
    assert not any(row.failed for row in found.rows)
    errors = [row.score for row in found.rows]
    assert errors == sorted(errors)  # the smallest error first
    assert "error" in str(found)
    assert "error" in (tmp_path / "compare" / "compare.html").read_text()


def test_it_is_reported(trained) -> None:
    page = (trained.folder / "report.html").read_text()
    assert "The worst pictures" in page
    assert "Error" in page
    assert " objects</" in page


def test_it_is_explained(trained, data: Path) -> None:
    pictures = torch.from_numpy(np.load(data)["images"][:2])[:, None]
    found = striate.explain(trained.model, list(pictures), target=lambda raw: raw[:, 0])
    assert found.values.shape[0] == 2
    assert found.values.abs().sum() > 0


def test_the_command_line_serves_it(
    trained, data: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    from PIL import Image

    Image.fromarray(np.load(data)["images"][3]).save(tmp_path / "three.png")
    assert command(["evaluate", str(trained.folder), str(data), "--format", "count"]) == 0
    assert "error" in capsys.readouterr().out
    assert command(["predict", str(tmp_path / "three.png"), "--model", str(trained.folder)]) == 0
    assert "number" in capsys.readouterr().out


def test_a_model_of_one_task_is_not_given_data_of_another(trained, data: Path) -> None:
    with pytest.raises(DataError, match="annotated for classification, and the model is for count"):
        striate.evaluate(trained.folder, "digits")


def test_what_abstract_classes_ask_for_is_what_the_task_gives() -> None:
    assert not getattr(Counter, "__abstractmethods__", None)
    assert issubclass(Counter, TaskModel)
    assert sys.modules[Counter.__module__] is count_objects
