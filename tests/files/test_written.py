"""What the program drew is known again."""

from pathlib import Path

from striate.files.walk import Walk
from striate.files.written import MARKER, names_written, note_written


def test_drawn_files_are_left_out_and_others_beside_them_are_not(tmp_path: Path) -> None:
    for name in ("mine.png", "drawn.png", "caf\udce9.png"):
        (tmp_path / name).touch()
    for name in ("drawn.png", "drawn.png", "caf\udce9.png"):
        note_written(tmp_path / name)
    assert names_written(tmp_path) == {"drawn.png", "caf\udce9.png"}
    assert list(Walk(tmp_path).files()) == ["mine.png"]
    assert (tmp_path / MARKER).read_bytes().count(b"drawn.png") == 1


def test_a_folder_without_drawings_has_none(tmp_path: Path) -> None:
    assert names_written(tmp_path) == frozenset()
    (tmp_path / MARKER).mkdir()
    assert names_written(tmp_path) == frozenset()
