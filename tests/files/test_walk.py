"""One walk: what is left out, how links are followed, and that nothing hangs."""

import os
from pathlib import Path

import pytest

from striate.files.walk import Walk


def plant(root: Path, *names: str) -> Path:
    for name in names:
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_bytes(b"")
    return root


def test_files_come_sorted_by_folder(tmp_path: Path) -> None:
    plant(tmp_path, "b/2", "b/1", "a/c/1", "a/1", "z")
    assert list(Walk(tmp_path).files()) == ["z", "a/1", "a/c/1", "b/1", "b/2"]


def test_what_systems_put_there_is_left_out_and_counted_once(tmp_path: Path) -> None:
    plant(
        tmp_path, "a/1", "a/._1", "a/.ipynb_checkpoints/1", ".Trash-1000/files/1", "a/Thumbs.db", "a/@eaDir/1"
    )
    plant(tmp_path, "__MACOSX/a/._1", "a/Desktop.ini")
    walk = Walk(tmp_path)
    assert list(walk.files()) == ["a/1"]
    assert walk.sentences() == (
        "left out, hidden (3): .Trash-1000, a/._1, a/.ipynb_checkpoints",
        "left out, of the system (4): __MACOSX, a/@eaDir, a/Desktop.ini, ...",
    )


def test_a_linked_folder_is_read_once_after_the_real_ones(tmp_path: Path) -> None:
    plant(tmp_path, "data/z/1", "elsewhere/2")
    for link in ("data/a", "data/b"):
        (tmp_path / link).symlink_to(tmp_path / "elsewhere")
    (tmp_path / "data/c").symlink_to(tmp_path / "data/z")
    walk = Walk(tmp_path / "data")
    assert list(walk.files()) == ["z/1", "a/2"]
    assert walk.sentences() == ("left out, links to folders that are read already (2): b, c",)


def test_loops_end(tmp_path: Path) -> None:
    plant(tmp_path, "a/1")
    (tmp_path / "a/up").symlink_to(tmp_path)
    (tmp_path / "a/self").symlink_to("self")
    (tmp_path / "b").symlink_to(tmp_path / "c")
    (tmp_path / "c").symlink_to(tmp_path / "b")
    assert list(Walk(tmp_path).files()) == [
        "b",
        "c",
        "a/1",
        "a/self",
    ]  # broken links are files, which fail later


def test_pipes_and_names_that_are_no_utf8_are_files(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe.jpg")
    with open(os.fsencode(tmp_path) + b"/caf\xe9.jpg", "wb"):
        pass
    assert list(Walk(tmp_path).files()) == ["caf\udce9.jpg", "pipe.jpg"]


def test_runs_are_left_out_unless_one_is_asked_for(tmp_path: Path) -> None:
    plant(tmp_path, "a/1", "runs/x/settings.json", "runs/x/log.jsonl", "runs/x/1.png", "b/settings.json")
    walk = Walk(tmp_path)
    assert list(walk.files()) == ["a/1", "b/settings.json"]  # one file alone makes no run
    assert walk.sentences() == ("left out, written by striate (1): runs/x",)
    assert "1.png" in list(Walk(tmp_path / "runs/x").files())


def test_a_folder_that_may_not_be_listed_is_an_error(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(OSError, match="none"):
        list(Walk(tmp_path).files("none"))
