"""Names and numbers that nobody expects: three lines, exit code 2, and nothing that a terminal obeys."""

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from striate.cli import predict as predicting
from striate.cli.main import run
from striate.errors import ImageError

LONG = "a" * 4000
MANY = "9" * 400
ESCAPE = "\x1b"


def refused(words: list[str], capsys: pytest.CaptureFixture[str]) -> str:
    """What is said about a command that is refused with three lines."""
    assert run(words) == 2
    err = capsys.readouterr().err
    assert [line.split(":")[0].strip() for line in err.splitlines()[-2:]] == ["expected", "try"]
    return err


@pytest.mark.parametrize(
    "words",
    [
        ["predict", f"{LONG}.png", "--model", "x"],
        ["predict", "PICTURE", "--model", LONG],
        ["train", "DATA", "--out", LONG, "--epochs", "1", "--model", "lenet5", "-q"],
        ["train", "DATA", "--weights", LONG, "--model", "resnet20"],
        ["summary", LONG],
        ["check", LONG],
        ["evaluate", LONG, "DATA"],
        ["explain", "MODEL", "PICTURE", "--out", f"{LONG}.png"],
        ["export", LONG, "--to", "onnx"],
        ["embed", LONG, "--model", "MODEL"],
        ["train", "DATA", "--model", LONG],
        [LONG],
        ["check", "DATA", f"--{LONG}"],
    ],
    ids=lambda words: " ".join(word[:8] for word in words),
)
def test_a_long_name_is_quoted_in_part(
    words: list[str], trained: Path, pictures: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    names = {"MODEL": trained, "DATA": pictures, "PICTURE": pictures / "dark" / "0.png"}
    assert "a" * 201 not in refused([str(names.get(word, word)) for word in words], capsys)


@pytest.mark.parametrize(
    "words",
    [
        ["summary", "lenet5", "--input", f"{MANY[:30]}x3x3"],
        ["summary", "lenet5", "--input", f"3x{MANY}x3"],
        ["summary", "resnet20", "--set", f"width={MANY}"],
        ["summary", "--block", f"{MANY}x5x32", "--input", "3x8x8"],
        ["train", "DATA", "--budget", f"{MANY}h"],
        ["train", "DATA", "--checkpoint-every", "inf"],
        ["train", "DATA", "--seed", MANY],
        ["train", "DATA", "--batch", MANY],
        ["train", "DATA", "--size", MANY],
        ["train", "DATA", "--lr", "1e999"],
        ["check", "DATA", "--augment", "99999999"],
        ["explain", "MODEL", "PICTURE", "--method", "smoothgrad", "--option", f"samples={MANY}"],
        ["explain", "MODEL", "PICTURE", "--option", f"seed={MANY}", "--method", "smoothgrad"],
        ["visualize", "MODEL", "--class", "dark", "--seed", MANY],
        ["visualize", "MODEL", "--layer", "network.stem", "--channel", MANY],
        ["neighbours", "DATA", "--model", "MODEL", "-k", MANY],
        ["benchmark-explanations", "--count", MANY],
        ["stylize", "PICTURE", "PICTURE", "--size", MANY],
        ["stylize", "PICTURE", "PICTURE", "--tile", MANY],
        ["texture", "PICTURE", "--shape", f"{MANY[:9]}x{MANY[:9]}"],
    ],
    ids=lambda words: " ".join(word[:18] for word in words),
)
def test_a_number_that_is_too_large_is_refused(
    words: list[str],
    trained: Path,
    pictures: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.chdir(tmp_path)
    names = {"MODEL": trained, "DATA": pictures, "PICTURE": pictures / "dark" / "0.png"}
    err = refused([str(names.get(word, word)) for word in words], capsys)
    assert "9" * 201 not in err
    assert "tolist" not in err


def test_control_characters_of_names_are_shown_and_not_obeyed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    for name, shade in ((f"{ESCAPE}[31mred{ESCAPE}]0;title\x07", 0), ("b\u202ec", 200)):
        (tmp_path / "d" / name).mkdir(parents=True)
        for number in range(6):
            pixels = np.full((8, 8, 3), shade + number, dtype=np.uint8)
            Image.fromarray(pixels).save(tmp_path / "d" / name / f"{number}.png")
    (tmp_path / "d" / "b\u202ec" / f"{ESCAPE}[2Jx.png").write_text("no picture")
    for words in (
        ["check", "d"],
        ["check", "d", "--json"],
        ["check", f"no{ESCAPE}[31m"],
        ["predict", f"no{ESCAPE}[31m.png", "--model", "none"],
        [f"{ESCAPE}[31m"],
        ["check", f"--{ESCAPE}[31m"],
    ):
        assert run(words) in (0, 2)
        said = "".join(capsys.readouterr())
        assert not {ESCAPE, "\x07", "\u202e"} & set(said)
        assert "\\x1b[" in said or "\\u001b[" in said


def test_an_unreadable_picture_is_named_without_its_control_characters(
    capsys: pytest.CaptureFixture[str],
) -> None:
    predicting.err().print(f"ImageError: {ImageError(f'a{ESCAPE}.png', 'b', 'c')}")
    assert ESCAPE not in capsys.readouterr().err
