"""What to try is what was meant: a decimal comma, a percent sign, two sides, a model behind its pictures."""

import json
from pathlib import Path

import pytest

from striate.cli.main import run


@pytest.mark.parametrize(
    ("words", "attempt"),
    [
        (["train", "digits", "--lr", "0,1"], "lr 0.1"),
        (["train", "digits", "--mixup", "0,2"], "mixup 0.2"),
        (["train", "digits", "--validation", "20%"], "validation 0.2"),
        (["train", "digits", "--size", "64,64"], "size 64x64"),
        (["train", "digits", "--size", "64 x 48"], "size 64x48"),
        (["train", "digits", "--budget", "15"], "budget 15s, or budget 15m"),
        (["export", "a.safetensors", "--to", "onxx"], "to onnx"),
        (["summary", "lenet5", "--input", "3,32,32"], "--input 3x32x32"),
        (["stylize", "a.png", "b.png", "--lr", "0,02"], "lr 0.02"),
    ],
)
def test_the_advice_is_what_was_meant(
    words: list[str],
    attempt: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.chdir(tmp_path)
    assert run(words) == 2
    assert capsys.readouterr().err.splitlines()[-1] == f"  try: {attempt}"


def test_only_flags_that_look_alike_are_offered(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["train", "digits", "--epoch", "2"]) == 2
    assert "  expected: --epochs\n" in capsys.readouterr().err


def test_a_missing_picture_is_answered_with_a_name_beside_it(
    trained: Path, pictures: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(["predict", str(pictures / "dark" / "00.png"), "--model", str(trained)]) == 2
    said = capsys.readouterr().err
    assert "there is no such file" in said
    assert f"did you mean {pictures / 'dark' / '0.png'}?" in said


def test_a_model_is_recognised_wherever_it_stands(
    trained: Path, pictures: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    picture = str(pictures / "dark" / "0.png")
    for words in (
        ["evaluate", str(pictures), str(trained)],
        ["explain", picture, str(trained), "--out", str(tmp_path / "a.png")],
        ["predict", picture, str(trained)],
        ["predict", str(trained), picture],
    ):
        assert run(words) == 0
        assert f"{trained} is the model" in capsys.readouterr().err


def test_drawings_keep_the_folders_and_json_names_them(
    trained: Path, pictures: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    words = ["predict", str(pictures), "--model", str(trained), "--json", "--save", str(tmp_path / "drawn")]
    assert run(words) == 0
    answers = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert len({answer["drawn"] for answer in answers}) == 40
    for answer in answers:
        source, drawn = Path(answer["source"]), Path(answer["drawn"])
        assert drawn == tmp_path / "drawn" / source.relative_to(pictures)
        assert drawn.exists()


def test_a_share_is_held_out_for_a_test_and_remembered(
    pictures: Path, flags: tuple[str, ...], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = str(tmp_path / "run")
    assert run(["train", str(pictures), *flags, "--test", "0.2", "--out", folder, "--quiet"]) == 0
    assert "of 8 test pictures right" in capsys.readouterr().out  # 0.2 of 20 of each of two classes
    assert run(["evaluate", folder, str(pictures), "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["support"] == [4, 4]
