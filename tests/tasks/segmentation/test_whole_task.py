"""From a folder of masks to a trained model that is evaluated, loaded, and predicts."""

import json
from pathlib import Path

import pytest
import torch

import striate
from striate.cli.main import run as command
from striate.records import Segmentation
from striate.zoo.networks import SEGMENTERS
from tests.tasks.segmentation.stand_in import TwoLayers, write_shapes

SETTINGS = {"model": "two_layers", "epochs": 8, "batch": 4, "lr": 0.02, "validation": 0.25, "size": "40x48"}


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_shapes(tmp_path_factory.mktemp("shapes"))


@pytest.fixture(autouse=True)
def table(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(SEGMENTERS, "two_layers", TwoLayers)


@pytest.fixture(scope="module")
def trained(data: Path, tmp_path_factory: pytest.TempPathFactory):
    with pytest.MonkeyPatch.context() as patch:
        patch.setitem(SEGMENTERS, "two_layers", TwoLayers)
        notes = []

        def keep(event) -> None:
            notes.extend(getattr(event, "notes", ()))

        out = tmp_path_factory.mktemp("run") / "run"
        run = striate.train(data, out=out, classes="ground,square,stripe", on_event=keep, **SETTINGS)
        return run, notes


def test_it_is_recognised_and_learned(trained) -> None:
    run, _ = trained
    assert run.settings.task == "segmentation"
    assert run.metrics.primary.name == "mIoU"
    assert run.metrics.miou > 0.8
    assert set(run.metrics.per_class) == {"ground", "square", "stripe"}
    assert run.metrics.interval is not None


def test_the_values_of_the_masks_and_the_weights_of_the_classes_are_told(trained) -> None:
    _, notes = trained
    text = "\n".join(notes)
    assert "read as masks: images/ with masks/" in text
    assert "counted on all 12" in text
    assert "weights of the classes in the loss" in text


def test_it_is_evaluated_as_it_was_at_the_end_of_its_training(trained, data: Path) -> None:
    run, _ = trained
    found = striate.evaluate(run.folder, data)
    assert found.primary == run.metrics.primary
    assert found.measured_on.startswith("val")


def test_a_loaded_model_names_the_pixels_of_pictures_of_any_size(trained, data: Path) -> None:
    run, _ = trained
    model = striate.load(run.folder)
    picture = torch.full((3, 57, 31), 100, dtype=torch.uint8)
    one = model.predict(picture)
    assert isinstance(one, Segmentation)
    assert one.size == (57, 31)
    first = str(data / "images" / "0.png")
    answer = model.predict(first)
    assert answer.source == first
    assert Segmentation.from_dict(json.loads(answer.to_json())).mask.equal(answer.mask)


@pytest.mark.parametrize("size", [(1, 1), (1, 500), (300, 2)])
def test_very_small_and_very_long_pictures_are_answered(trained, size: tuple[int, int]) -> None:
    run, _ = trained
    assert run.model.predict(torch.zeros(3, *size, dtype=torch.uint8)).size == size


def test_the_command_line_serves_it(trained, data: Path, capsys: pytest.CaptureFixture[str]) -> None:
    run, _ = trained
    assert command(["evaluate", str(run.folder), str(data)]) == 0
    assert "mIoU" in capsys.readouterr().out
    assert command(["predict", str(data / "images" / "0.png"), "--model", str(run.folder), "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["size"] == [40, 48]


def test_the_report_is_written(trained) -> None:
    page = (trained[0].folder / "report.html").read_text()
    assert "mIoU" in page


def test_the_usual_network_is_unet_and_is_saved_with_its_name(data: Path, tmp_path: Path) -> None:
    run = striate.train(
        data, out=tmp_path / "run", epochs=1, size="32", arguments={"channels": 4, "width": 0.1}
    )
    assert run.settings.model == "unet"
    assert striate.load(run.folder).predict(torch.zeros(3, 33, 20, dtype=torch.uint8)).size == (33, 20)
