"""Files are written beside and renamed, or not at all."""

import pytest
from PIL import Image

from striate.errors import RunError
from striate.explain.writing import write, write_picture


def test_a_folder_is_made_and_nothing_else_is_left(tmp_path):
    path = write_picture(Image.new("L", (2, 2)), tmp_path / "a" / "b.png")
    assert [file.name for file in path.parent.iterdir()] == ["b.png"]


def test_an_error_leaves_the_old_file(tmp_path):
    old = tmp_path / "old.txt"
    old.write_text("old")

    def breaks(place):
        place.write_text("half")
        raise ValueError("no room")

    with pytest.raises(RunError, match="no room"):
        write(old, breaks, ".txt")
    assert old.read_text() == "old"
    assert len(list(tmp_path.iterdir())) == 1


def test_an_ending_of_no_format_is_refused(tmp_path):
    with pytest.raises(RunError, match=r"\.png or \.jpg"):
        write_picture(Image.new("L", (2, 2)), tmp_path / "b.words")
