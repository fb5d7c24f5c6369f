import pytest

from striate.data.beside import beside, leftovers


def test_a_file_takes_its_place_when_it_is_complete(tmp_path):
    path = tmp_path / "model.bin"
    path.write_text("old")
    with beside(path) as place:
        place.write_text("new")
        assert path.read_text() == "old"
        assert place.suffix == ".bin"
    assert path.read_text() == "new"
    assert list(tmp_path.iterdir()) == [path]


def test_a_failure_leaves_the_old_file_and_nothing_else(tmp_path):
    path = tmp_path / "model.bin"
    path.write_text("old")

    def write_half() -> None:
        with beside(path) as place:
            place.write_text("ne")
            raise ValueError("half way")

    with pytest.raises(ValueError, match="half way"):
        write_half()
    assert path.read_text() == "old"
    assert list(tmp_path.iterdir()) == [path]


def test_what_a_crash_left_is_found_and_nothing_else_is(tmp_path):
    path = tmp_path / "last.pt"
    half = tmp_path / ".last.0123abcd.pt"
    for file in (path, half, tmp_path / ".last.mine.pt", tmp_path / "other.pt"):
        file.write_text("")
    assert list(leftovers(path)) == [half]
