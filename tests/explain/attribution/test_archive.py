"""Files are written beside and renamed, or not at all."""

import pytest
from PIL import Image

from striate.errors import RunError
from striate.explain.attribution.archive import write_picture


def test_a_folder_is_made_and_nothing_else_is_left(tmp_path):
    path = write_picture(Image.new("L", (2, 2)), tmp_path / "a" / "b.png")
    assert [file.name for file in path.parent.iterdir()] == ["b.png"]


def test_an_ending_of_no_format_is_refused(tmp_path):
    with pytest.raises(RunError, match=r"ends in \.words"):
        write_picture(Image.new("L", (2, 2)), tmp_path / "b.words")
