"""Proposals as a setting of a training, and beside pictures that are measured or answered."""

import json
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from striate import train
from striate.cli.main import run
from striate.train.session.events import Event, Noted
from striate.zoo.save_load import load

SMALL = [
    *("--set", "width=0.125", "--set", "channels=8", "--set", "proposals=30", "--size", "64"),
    *("--batch", "4", "--epochs", "1", "--validation", "0.25", "--augment", "mirror"),
]
PICTURES = 8


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """COCO with eight pictures of noise and one box on each; a file of proposals beside them."""
    folder, random = tmp_path_factory.mktemp("data"), np.random.default_rng(0)
    (folder / "images").mkdir()
    for number in range(PICTURES):
        pixels = random.integers(0, 200, (64, 64, 3), dtype=np.uint8)
        Image.fromarray(pixels).save(folder / "images" / f"p{number}.png")
    size = {"width": 64, "height": 64}
    values = {
        "images": [{"id": one, "file_name": f"p{one}.png", **size} for one in range(PICTURES)],
        "categories": [{"id": 1, "name": "car"}],
        "annotations": [
            {"id": one, "image_id": one, "category_id": 1, "bbox": [8, 8 + one, 20, 24]}
            for one in range(PICTURES)
        ],
    }
    (folder / "annotations.json").write_text(json.dumps(values))
    boxes = [[8, 10, 28, 34], [0, 0, 64, 80], [30, 30, 60, 60]]  # the second one is clipped
    lines = [{"source": f"images/p{one}.png", "boxes": boxes} for one in range(PICTURES)]
    (folder / "boxes.jsonl").write_text("\n".join(map(json.dumps, lines)))
    return folder


@pytest.fixture(scope="module")
def told() -> list[Event]:
    """What the training of ``trained`` tells."""
    return []


@pytest.fixture(scope="module")
def trained(data: Path, told: list[Event], tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("run") / "file"
    settings = {"batch": 4, "epochs": 1, "validation": 0.25, "augment": "mirror", "size": "64"}
    small = {"width": 0.125, "channels": 8, "proposals": 30}
    proposals = data / "boxes.jsonl"
    train(
        data,
        model="fast_rcnn",
        proposals=proposals,
        arguments=small,
        out=out,
        on_event=told.append,
        **settings,
    )
    return out


def test_a_training_takes_the_boxes_of_a_file(trained: Path, data: Path) -> None:
    settings = json.loads((trained / "settings.json").read_text())
    assert settings["proposals"] == str(data / "boxes.jsonl")
    model = load(trained / "model.safetensors")
    assert model.arguments["proposer"] == "file"
    assert "3 boxes" in (trained / "report.html").read_text()


@pytest.mark.usefixtures("trained")
def test_what_was_clipped_is_told_in_the_end(told: list[Event]) -> None:
    notes = [event.note for event in told if isinstance(event, Noted)]
    assert any("boxes clipped to the picture in" in note for note in notes)


def test_a_model_of_a_file_is_measured_and_asked_with_a_file(
    trained: Path, data: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file, picture = ["--proposals", str(data / "boxes.jsonl")], str(data / "images" / "p1.png")
    assert run(["evaluate", str(trained), str(data), *file]) == 0
    assert run(["predict", picture, "--model", str(trained), *file]) == 0
    assert "boxes clipped to the picture in 1 picture" in capsys.readouterr().err
    for words in (["evaluate", str(trained), str(data)], ["predict", picture, "--model", str(trained)]):
        assert run(words) == 2
        error = capsys.readouterr().err
        assert "trained with proposals from a file" in error
        assert "--proposals FILE" in error
    assert run(["predict", picture, "--model", str(trained), "--proposals", "windows"]) == 0


def test_a_run_of_a_file_goes_on_with_it(trained: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["train", "--resume", "--out", str(trained)]) == 0
    capsys.readouterr()


@pytest.mark.parametrize(
    ("words", "wrong", "attempt"),
    [
        (["--model", "sppnet", "--proposals", "rpn"], "support vector machines", "--proposals selective"),
        (["--model", "yolo", "--proposals", "selective"], "yolo is given none", "--model fast_rcnn"),
        (["--proposals", "windows"], "yolo is given none", "--model fast_rcnn"),
        (["--model", "rfcn", "--proposals", "boxes"], "proposals is 'boxes'", "leave proposals out"),
        (["--model", "rfcn", "--proposals", "none.jsonl"], "none.jsonl cannot be read", "check the path"),
        (["--model", "rfcn", "--set", "proposer=a.jsonl"], "a.jsonl', a file", "--proposals a.jsonl"),
        (
            ["--model", "rfcn", "--set", "proposer=rpn", "--proposals", "windows"],
            "argument proposer 'rpn'",
            "leave proposer out",
        ),
    ],
)
def test_what_cannot_propose_is_refused_in_three_lines(
    data: Path,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    words: list[str],
    wrong: str,
    attempt: str,
) -> None:
    assert run(["train", str(data), *words, "--out", str(tmp_path / "run")]) == 2
    error = capsys.readouterr().err
    assert wrong in error
    assert attempt in error
    assert not (tmp_path / "run").exists()


def test_a_name_sets_the_argument_of_the_network(data: Path, tmp_path: Path) -> None:
    named = ["--model", "rfcn", "--proposals", "windows"]
    assert run(["train", str(data), *named, *SMALL, "--out", str(tmp_path / "run"), "--quiet"]) == 0
    assert load(tmp_path / "run" / "model.safetensors").arguments["proposer"] == "windows"
