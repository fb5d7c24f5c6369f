"""``export``, and ``predict`` with an engine."""

import json
from pathlib import Path

import pytest

from striate.cli.main import run


def test_a_model_is_exported_beside_itself_and_checked_on_the_pictures_of_its_run(
    trained: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(["export", str(trained), "--to", "torch"]) == 0
    out, err = capsys.readouterr()
    assert out == f"written: {trained / 'model.pt2'}\n"
    assert "pictures of its run: scores differ by" in err
    assert (trained / "model.pt2").stat().st_size > 0


def test_pictures_to_check_may_be_named(
    trained: Path, pictures: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    given = ["--check", str(pictures / "dark" / "0.png"), "--check", str(pictures / "bright")]
    assert run(["export", str(trained), "--to", "onnx", "--out", str(tmp_path / "m.onnx"), *given]) == 0
    assert "checked on 21 named pictures: scores differ by" in capsys.readouterr().err


def test_an_int8_model_says_what_it_costs_and_answers(
    trained: Path, pictures: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "model.safetensors"
    file.write_bytes((trained / "model.safetensors").read_bytes())
    given = ["--to", "openvino", "--precision", "int8", "--calibrate", str(pictures), "--most-loss", "60"]
    assert run(["export", str(file), *given]) == 0
    out, err = capsys.readouterr()
    assert out == f"written: {tmp_path / 'model.int8.xml'}\n"
    assert "int8 costs " in err
    asked = ["--precision", "int8", "--model", str(file), "--json"]
    assert run(["predict", str(pictures / "dark"), *asked]) == 0
    answers = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert len(answers) == 20


@pytest.mark.parametrize("flags", [["--engine", "openvino"], ["--precision", "bf16"], ["--engine", "torch"]])
def test_engines_answer_as_the_model_does(
    flags: list[str], trained: Path, pictures: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "model.safetensors"
    file.write_bytes((trained / "model.safetensors").read_bytes())
    assert run(["predict", str(pictures / "dark"), "--model", str(file), "--json", *flags]) == 0
    answers = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert [answer["class_name"] for answer in answers] == ["dark"] * 20


@pytest.mark.parametrize(
    ("words", "wrong"),
    [
        (["--to", "tflite"], "to is 'tflite'"),
        (["--to", "onnx", "--out", "missing/m.onnx"], "there is no folder missing"),
        (["--to", "openvino", "--precision", "int8"], "int8 has no pictures to calibrate on"),
        (["--to", "onnx", "--precision", "int8", "--calibrate", "x"], "int8 is not written for onnx"),
        (["--to", "openvino", "--precision", "bf16"], "precision is 'bf16'"),
        (["--to", "openvino", "--calibrate", "x"], "there is nothing to calibrate"),
    ],
)
def test_what_cannot_be_exported_is_refused(
    words: list[str], wrong: str, trained: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(["export", str(trained), *words]) == 2
    assert wrong in capsys.readouterr().err


def test_an_engine_that_does_not_exist_is_refused(trained: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["predict", "x.png", "--model", str(trained), "--engine", "tensorrt"]) == 2
    assert "engine is 'tensorrt'" in capsys.readouterr().err
