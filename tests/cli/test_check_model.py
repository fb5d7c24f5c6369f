"""``striate check --model``: whether a detector suits the boxes."""

import json
from pathlib import Path

import pytest
from PIL import Image

import striate
from striate.cli.main import run


@pytest.fixture
def data(tmp_path: Path) -> Path:
    """Eight pictures of 160 x 120: a large box, two of one centre, and a thread that no prior covers."""
    folder = tmp_path / "data"
    for name in ("images", "labels"):
        (folder / name).mkdir(parents=True)
    lines = ["0 0.5 0.5 0.5 0.5", "0 0.3 0.3 0.2 0.2", "0 0.3 0.3 0.2 0.18", "1 0.5 0.9 0.9 0.01"]
    for number in range(8):
        Image.new("RGB", (160, 120), (number, 80, 10)).save(folder / "images" / f"{number}.png")
        (folder / "labels" / f"{number}.txt").write_text("\n".join(lines))
    (folder / "data.yaml").write_text("train: images\nnames: [cat, thread]\n")
    return folder


def test_priors_cells_and_suppression_are_told(
    data: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    words = ["check", str(data), "--model", "yolo", "--size", "96x128", "--plot", str(tmp_path / "a.png")]
    assert run(words) == 0
    out, err = capsys.readouterr()
    assert "images of 96x128, 960 priors; the finest map has 12x16 cells, 5 priors each" in out
    assert "held by the cells: 75.0 % with one object in a cell, 100.0 % with 5; " in out
    assert "cells with two centres or more: 8\n" in out
    assert "pairs of one class that overlap above 0.5: 8; suppression leaves 75.0 % of the truth" in out
    assert "look at: below-stride (1)" in out  # the thread: a quarter of the boxes
    assert err.endswith(f"drawn: {tmp_path / 'a.png'}\n")
    with Image.open(tmp_path / "a.png") as picture:
        assert picture.width > picture.height


def test_json_has_the_numbers(data: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["check", str(data), "--model", "yolo", "--json"]) == 0
    fit = json.loads(capsys.readouterr().out)["fit"]
    assert fit["covered"]["boxes"] == 32
    assert {one["name"] for one in fit["classes"]} == {"cat", "thread"}
    assert fit["threshold"] == 0.5


@pytest.mark.parametrize(
    ("words", "wrong"),
    [
        (["--size", "96"], "size is '96', and no model is named"),
        (["--set", "anchors=3"], "arguments is {'anchors': 3}, and no model is named"),
        (["--model", "yolo", "--set", "anchor=3"], "yolo has no argument 'anchor'"),
        (["--plot", "a.png"], "--plot a.png draws the priors of a model"),
        (["--model", "resnet18"], "resnet18 is no detector"),
        (["--model", "nothing"], "there is no nothing"),
        (["--model", "yolo", "--size", "x"], "size is 'x'"),
    ],
)
def test_what_makes_no_sense_is_refused(
    words: list[str], wrong: str, data: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(["check", str(data), *words]) == 2
    assert wrong in capsys.readouterr().err


def test_data_without_boxes_and_models_of_other_tasks_are_refused(
    data: Path, pictures: Path, trained: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(["check", str(pictures), "--model", "yolo"]) == 2
    assert "no boxes" in capsys.readouterr().err
    with pytest.raises(striate.StriateError, match="is a model for classification"):
        striate.check(data, model=trained)


def test_arguments_of_the_detector_are_those_of_a_training(
    data: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    words = ["--model", "yolo", "--size", "96x128", "--set", "anchors=2", "--set", "stride=16"]
    assert run(["check", str(data), *words]) == 0
    assert "96 priors; the finest map has 6x8 cells, 2 priors each" in capsys.readouterr().out
