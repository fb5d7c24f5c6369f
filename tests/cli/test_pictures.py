"""The pictures that are meant by names, folders and patterns."""

import os
from pathlib import Path

import pytest
from PIL import Image

from striate.cli.main import run
from striate.cli.pictures import expand, save
from striate.errors import DataError


@pytest.fixture(autouse=True)
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


def plant(*names: str) -> None:
    for number, name in enumerate(names):
        Path(name).parent.mkdir(parents=True, exist_ok=True)
        Image.new("RGB", (12, 12), (9 * number, 99, 0)).save(name)


def test_names_with_brackets_are_meant_as_they_are() -> None:
    plant("loose [1]/a[0].png", "loose [1]/b*.png", "loose [1]/c?.png", "loose [1]/bx.png")
    assert list(map(str, expand(["loose [1]/a[0].png", "loose [1]/b*.png"]))) == [
        "loose [1]/a[0].png",
        "loose [1]/b*.png",
    ]
    assert len(expand(["loose [1]"])) == len(expand(["loose [1]/*.png"])) == 4


def test_what_is_left_out_of_a_folder_is_said_once(capsys: pytest.CaptureFixture[str]) -> None:
    plant("cat/1.png", "cat/._1.png", "cat/.ipynb_checkpoints/1.png", "cat/@eaDir/1.png", "far/2.png")
    Path("cat/more").symlink_to("../far", target_is_directory=True)
    Path("cat/loop").symlink_to(".", target_is_directory=True)
    assert list(map(str, expand(["cat"]))) == ["cat/1.png", "cat/more/2.png"]
    lines = capsys.readouterr().err.splitlines()
    assert lines == [
        "cat: left out, hidden (2): ._1.png, .ipynb_checkpoints",
        "cat: left out, of the system (1): @eaDir",
        "cat: left out, links to folders that are read already (1): loop",
    ]


def test_a_folder_of_other_formats_says_which() -> None:
    Path("phone").mkdir()
    Path("phone/IMG_1.HEIC").touch()
    with pytest.raises(DataError, match=r"not read \(1\): a HEIC picture") as error:
        expand(["phone"])
    assert error.value.attempt == "convert them to JPEG or PNG"


def test_drawings_and_runs_are_never_read_as_data(capsys: pytest.CaptureFixture[str]) -> None:
    plant("disk/1.png", "disk/2.png", "stripe/1.png", "stripe/2.png", "disk/3.png", "stripe/3.png")
    save(Image.new("RGB", (9, 9)), Path("drawn/1.png"), into_folder=True)
    save(Image.new("RGB", (9, 9)), Path("disk/1-2.png"), into_folder=True)  # beside the user's own
    Path("runs/a").mkdir(parents=True)
    for name in ("settings.json", "log.jsonl"):
        Path("runs/a", name).touch()
    assert len(expand(["."])) == 6
    assert run(["check", "."]) == 0
    words = capsys.readouterr().out
    assert "6 pictures" in words
    assert "2 classes" in words
    assert "written by striate (3): disk/1-2.png, drawn/1.png, runs/a" in words


def test_a_pipe_among_pictures_is_named_and_does_not_block(capsys: pytest.CaptureFixture[str]) -> None:
    plant("disk/1.png", "disk/2.png", "stripe/1.png", "stripe/2.png")
    os.mkfifo("disk/pipe.png")
    Path("stripe/loop.png").symlink_to("loop.png")
    assert run(["check", "."]) == 2
    words = capsys.readouterr().out
    assert "disk/pipe.png: it is a named pipe, not a file" in words
    assert "stripe/loop.png: Too many levels of symbolic links" in words
