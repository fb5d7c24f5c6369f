"""A file that could not be written in the end is refused at the door: nothing else was read or done by then.

Every model, picture and data set of these commands is missing, which would be said if one were looked for.
"""

from pathlib import Path

import pytest

from striate.cli.main import run

COMMANDS = (
    (("stylize", "none.png", "none.png"), "--out"),
    (("stylize", "none.png", "none.png", "--out", "painted.png"), "--preview"),
    (("apply-style", "none.png", "none.safetensors"), "--out"),
    (("texture", "none.png"), "--out"),
    (("texture", "none.png", "--out", "painted.png"), "--preview"),
    (("train-style", "none.png", "none"), "--out"),
    (("train-style", "none", "none", "--any"), "--out"),
    (("explain", "none.safetensors", "none.png"), "--out"),
    (("benchmark-explanations", "none.safetensors", "none.png"), "--out"),
    (("visualize", "none.safetensors", "--class", "cat"), "--out"),
    (("invert", "none.safetensors", "none.png"), "--out"),
    (("embed", "none", "--model", "none.safetensors"), "--out"),
    (("map", "none", "--model", "none.safetensors"), "--out"),
    (("neighbours", "none", "--model", "none.safetensors"), "--out"),
    (("summary", "none.safetensors"), "--plot"),
    (("train", "none", "--find-lr"), "--plot"),
    (("check", "none", "--augment", "2"), "--out"),
)
VERBS = [f"{words[0]} {' '.join(words[3:4])} {flag}" for words, flag in COMMANDS]
ENDING = {"train-style": ".safetensors", "embed": ".npz"}


def refused(words: tuple[str, ...], flag: str, name: str, capsys: pytest.CaptureFixture[str]) -> list[str]:
    """The three lines that a place is refused with."""
    assert run([*words, flag, name]) == 2
    lines = capsys.readouterr().err.strip().splitlines()
    assert [line.split(":")[0].strip() for line in lines[1:]] == ["expected", "try"]
    return lines


@pytest.mark.parametrize(("words", "flag"), COMMANDS, ids=VERBS)
def test_a_place_that_cannot_be_written_is_refused_first_by_its_own_name(
    words: tuple[str, ...],
    flag: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.chdir(tmp_path)
    ending = ENDING.get(words[0], ".png")
    (tmp_path / "folder").mkdir()
    (tmp_path / "file").write_text("in the way")
    assert "folder is a folder" in refused(words, flag, "folder", capsys)[0]
    wrong, expected, _ = refused(words, flag, "drawn.xyz", capsys)
    assert "drawn.xyz ends in .xyz" in wrong
    assert ending in expected
    wrong = refused(words, flag, f"file/a{ending}", capsys)[0]
    assert f"file/a{ending} cannot be written (a file stands where file would be)" in wrong
    assert sorted(path.name for path in tmp_path.iterdir()) == ["file", "folder"]


@pytest.mark.parametrize(("words", "flag"), COMMANDS, ids=VERBS)
def test_a_missing_folder_is_made_before_anything_is_read(
    words: tuple[str, ...], flag: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    assert run([*words, flag, f"new/a{ENDING.get(words[0], '.png')}"]) == 2  # for what is missing
    assert list((tmp_path / "new").iterdir()) == []


def test_answers_cannot_be_drawn_into_a_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "file").write_text("in the way")
    words = ("predict", "none.png", "--model", "none.safetensors")
    assert "a file stands where file would be" in refused(words, "--save", "file", capsys)[0]
