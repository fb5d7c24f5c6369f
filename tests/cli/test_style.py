"""``stylize``, ``texture`` and ``train-style``: pictures and files are left, mistakes are three lines."""

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from striate.cli.main import run

QUICK = ("--network", "resnet20", "--weights", "random", "--style-layers", "stem", "--content-layers", "stem")


@pytest.fixture
def picture(tmp_path: Path) -> str:
    path = tmp_path / "picture.png"
    Image.fromarray(np.random.default_rng(0).integers(0, 256, (32, 40, 3), dtype=np.uint8)).save(path)
    return str(path)


def test_a_picture_is_painted_and_its_memory_is_said_first(
    picture: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    place = tmp_path / "new" / "painted.png"
    flags = ("--steps", "2", "--mix", "2,1", "--out", str(place))
    assert run(["stylize", picture, picture, picture, *flags, *QUICK]) == 0
    out, err = capsys.readouterr()
    assert out == f"painted: {place}\n"
    assert err.index("40 x 32 pixels, at most about") < err.index("step 1/2  total")
    with Image.open(place) as shown:
        assert shown.size == (40, 32)


def test_a_texture_has_the_shape_that_was_asked(picture: str, tmp_path: Path) -> None:
    place = tmp_path / "texture.jpg"
    flags = ("--steps", "1", "--shape", "24x48", "--out", str(place), "--quiet")
    assert run(["texture", picture, *flags, *QUICK[:-2]]) == 0
    with Image.open(place) as shown:
        assert shown.size == (48, 24)


def test_a_style_is_learned_and_used(
    picture: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file, place = tmp_path / "style.safetensors", tmp_path / "painted.png"
    flags = (
        "--steps",
        "1",
        "--size",
        "32",
        "--width",
        "4",
        "--blocks",
        "1",
        "--batch",
        "1",
        "--out",
        str(file),
    )
    assert run(["train-style", picture, str(tmp_path), *flags, *QUICK]) == 0
    assert capsys.readouterr().out == f"written: {file}\n"
    assert run(["apply-style", picture, str(file), "--size", "20", "--out", str(place)]) == 0
    with Image.open(place) as shown:
        assert shown.size == (20, 16)
    assert run(["apply-style", picture, str(file), "--steps", "3", "--out", str(place)]) == 2
    assert "`striate apply-style` has no flag --steps" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("--steps", "none"), "steps is 'none'\n  expected: a whole number"),
        (("--mix", "2,x"), "'2,x' is no list of numbers"),
        (("--form", "mine"), "form is 'mine'"),
        (("--out", "painted.txt", "--steps", "1"), "painted.txt ends in .txt"),
    ],
)
def test_mistakes_are_three_lines(
    picture: str,
    arguments: tuple[str, ...],
    words: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.chdir(tmp_path)
    assert run(["stylize", picture, picture, "--quiet", *QUICK, *arguments]) == 2
    err = capsys.readouterr().err
    assert words in err
    assert err.count("\n") == 3


def test_a_shape_that_is_none_is_refused(picture: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["texture", picture, "--shape", "big", *QUICK[:-2]]) == 2
    assert "shape is 'big'" in capsys.readouterr().err
