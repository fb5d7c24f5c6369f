"""The pictures below a folder."""

from pathlib import Path

import pytest

from striate.data.picture_files import pictures_below
from striate.errors import DataError


def plant(root: Path, *names: str) -> Path:
    for name in names:
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_bytes(b"")
    return root


def test_pictures_at_any_depth_without_what_is_hidden(tmp_path: Path) -> None:
    plant(tmp_path, "a/1.JPG", "2.png", "a/notes.txt", "a/._1.jpg", "a/IMG.HEIC")
    found = pictures_below(tmp_path)
    assert found.paths == (tmp_path / "2.png", tmp_path / "a/1.JPG")
    assert found.notes == ("left out, not read (1): a HEIC picture", "left out, hidden (1): a/._1.jpg")


@pytest.mark.parametrize(
    ("name", "words"), [("a.txt", "no picture in"), ("a.heic", "a HEIC picture"), (".a.jpg", "hidden")]
)
def test_a_folder_without_pictures_says_what_it_holds(name: str, words: str, tmp_path: Path) -> None:
    with pytest.raises(DataError, match=words):
        pictures_below(plant(tmp_path, name))
