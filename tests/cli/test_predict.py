"""``predict`` and ``explain``: every readable picture is answered, every unreadable one is named."""

import json
from pathlib import Path

import pytest
from PIL import Image

from striate.cli.main import run


def test_a_folder_a_file_and_a_pattern_are_answered_in_the_order_given(
    trained: Path, pictures: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    given = [str(pictures / "dark" / "3.png"), str(pictures / "bright" / "1*.png"), str(pictures / "dark")]
    assert run(["predict", *given, "--model", str(trained), "--json"]) == 0
    answers = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert len(answers) == 1 + 11 + 20
    assert answers[0]["source"] == given[0]
    assert [answer["class_name"] for answer in answers] == ["dark"] + ["bright"] * 11 + ["dark"] * 20


def test_an_unreadable_picture_is_named_and_the_others_are_answered(
    trained: Path, pictures: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    bad, good = tmp_path / "empty.png", pictures / "dark" / "0.png"
    bad.touch()
    given = [str(good), str(bad), str(good), str(tmp_path / "missing.png")]
    assert run(["predict", *given, "--model", str(trained), "--save", str(tmp_path / "drawn")]) == 2
    out, err = capsys.readouterr()
    assert [line.split("  ")[0] for line in out.splitlines()] == [str(good), str(good)]
    assert f"ImageError: {bad} cannot be read" in err
    assert f"drawn: 2 pictures in {tmp_path / 'drawn'}" in err
    assert "2 pictures of 4 could not be read" in err
    assert {path.name for path in (tmp_path / "drawn").glob("*.png")} == {"0.png", "0-2.png"}


def test_the_newest_model_is_taken_and_named_when_none_is(
    trained: Path,
    pictures: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.chdir(tmp_path)
    assert run(["predict", str(pictures / "dark" / "0.png")]) == 2
    assert "there is no model below runs/" in capsys.readouterr().err
    (tmp_path / "runs").mkdir()
    (tmp_path / "runs" / "mine").symlink_to(trained)
    assert run(["predict", str(pictures / "dark" / "0.png")]) == 0
    assert capsys.readouterr().err == "model: runs/mine/model.safetensors\n"


def test_explain_draws_the_class_that_is_asked_for(
    trained: Path, pictures: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    drawn, given = tmp_path / "why.png", str(pictures / "dark" / "0.png")
    assert run(["explain", str(trained), given, "--target", "bright", "--save", str(drawn)]) == 0
    assert capsys.readouterr().out == f"{given}  bright\ndrawn: {drawn}\n"
    with Image.open(drawn) as picture:
        assert picture.width > 300


@pytest.mark.parametrize("verb", ["predict", "evaluate", "explain", "export"])
def test_the_help_says_that_a_name_with_published_weights_is_a_model(
    verb: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run([verb, "--help"]) == 0
    assert "resnet50" in capsys.readouterr().out


def test_explain_draws_to_out_and_save_is_the_same(
    trained: Path, pictures: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    given = str(pictures / "dark" / "0.png")
    for flag in ("--out", "--save"):
        drawn = tmp_path / f"why{flag}.png"
        assert run(["explain", str(trained), given, flag, str(drawn)]) == 0
        assert drawn.is_file()


def test_activations_say_how_many_maps_a_picture_has(
    trained: Path, pictures: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    drawn, given = tmp_path / "maps.png", str(pictures / "dark" / "0.png")
    asked = ["--method", "activations", "--layer", "stem", "--out", str(drawn)]
    assert run(["explain", str(trained), given, *asked]) == 0
    # LeNet-5: six maps of 28 x 28 from 32 x 32 pixels, and pooled 14 x 14
    assert capsys.readouterr().out == f"{given}  6 maps of 14x14\ndrawn: {drawn}\n"


def test_filters_need_no_picture_and_other_methods_ask_for_one(
    trained: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    drawn = tmp_path / "filters.png"
    assert run(["explain", str(trained), "--method", "filters", "--out", str(drawn)]) == 0
    assert drawn.is_file()
    assert run(["explain", str(trained), "--out", str(drawn)]) == 2
    assert "there are no pictures" in capsys.readouterr().err
