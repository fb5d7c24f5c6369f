"""Boxes that a model found, as a data set."""

import json
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
import torch
from PIL import Image

import striate
from striate.cli.main import run
from striate.data.read_dataset import read
from striate.data.writers.predicted import PredictedBoxes, objects_of
from striate.errors import FileError, SettingError
from striate.records import Classification, Detections, Localization

CLASSES = ("dog", "cat")


def place(source: Path, presence: float = 0.9) -> Localization:
    """A cat at 2.5, 3, 8, 9."""
    return Localization(
        torch.tensor([2.5, 3, 8, 9]), presence, torch.tensor([0.25, 0.75]), CLASSES, str(source)
    )


@pytest.fixture
def sources(tmp_path: Path) -> list[Path]:
    """Two pictures."""
    paths = [tmp_path / "pictures" / name for name in ("a.png", "b.png")]
    for number, path in enumerate(paths):
        path.parent.mkdir(exist_ok=True)
        Image.new("RGB", (40, 30), (number, 0, 0)).save(path)
    return paths


@pytest.mark.parametrize("layout", ["coco", "voc", "yolo"])
def test_what_is_written_is_read_again(layout: Any, sources: list[Path], tmp_path: Path):
    boxes = PredictedBoxes()
    boxes.add(place(sources[0]), "a.png")
    boxes.add(place(sources[1], presence=0.1), "b.png")
    done = boxes.write(tmp_path / "out", layout)
    assert (done.pictures, done.boxes) == ({"all": 2}, 1)
    part = read(tmp_path / "out", validation=0)["train"]
    words = {Path(part.name(index)).stem: part.annotations.words(index) for index in range(2)}
    assert words == {"a": "cat at 2.5, 3, 8, 9", "b": "no box"}


def test_scores_stay_where_they_can_and_classes_have_the_numbers_of_the_model(
    sources: list[Path], tmp_path: Path
):
    boxes = PredictedBoxes()
    boxes.add(place(sources[0]), "a.png")
    boxes.write(tmp_path / "coco", "coco")
    (row,) = json.loads((tmp_path / "coco" / "annotations" / "instances.json").read_text())["annotations"]
    assert (row["score"], row["category_id"]) == (0.75, 1)
    boxes.write(tmp_path / "voc", "voc")
    assert "<score>0.75</score>" in (tmp_path / "voc" / "Annotations" / "a.xml").read_text()
    done = boxes.write(tmp_path / "yolo", "yolo")
    assert "scores of 1 box left out: a line of labels has none" in done.notes
    assert (tmp_path / "yolo" / "labels" / "a.txt").read_text() == "1 0.13125 0.2 0.1375 0.2\n"
    with pytest.raises(FileError, match="yolo exists"):
        boxes.write(tmp_path / "yolo", "yolo")


def test_many_objects_are_taken_and_classes_alone_are_refused():
    many = Detections(torch.zeros(3, 4), torch.ones(3), torch.zeros(3, dtype=torch.int64), CLASSES)
    assert [len(part) for part in objects_of(many)[:3]] == [3, 3, 3]
    with pytest.raises(SettingError, match="the answers are Classification"):
        objects_of(Classification(torch.tensor([0.25, 0.75]), CLASSES))


def test_the_command_writes_labels(
    sources: list[Path],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
):
    model = SimpleNamespace(
        classes=CLASSES, engine=None, cautions=(), predict=lambda paths: [place(Path(path)) for path in paths]
    )
    monkeypatch.setattr(striate, "load", lambda path, **chosen: model)
    words = ["predict", str(sources[0].parent), "--model", "m.safetensors", "--save", str(tmp_path / "out")]
    assert run([*words, "--save-as", "voc"]) == 0
    out, err = capsys.readouterr()
    assert out.count("cat 75.0 % at") == 2
    assert f"written: {tmp_path / 'out'}: 2 pictures (all 2), 2 boxes" in err
    assert sorted(path.name for path in (tmp_path / "out" / "Annotations").iterdir()) == ["a.xml", "b.xml"]
    assert run([*words, "--save-as", "voc"]) == 2
    assert "out exists" in capsys.readouterr().err
    assert run([*words, "--save-as", "pdf"]) == 2
    assert "save_as is 'pdf'" in capsys.readouterr().err
    assert run([*words[:-2], "--save-as", "voc"]) == 2
    assert "save_as names no folder" in capsys.readouterr().err
