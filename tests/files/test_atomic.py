import pytest

from striate.errors import ModelFileError, RunError, quoted
from striate.files.atomic import PICTURES, beside, leftovers, writable, write


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


def test_an_error_while_writing_is_told_in_three_lines_and_leaves_the_old_file(tmp_path):
    old = tmp_path / "old.txt"
    old.write_text("old")

    def breaks(place):
        place.write_text("half")
        raise ValueError("no room")

    with pytest.raises(RunError, match="no room"):
        write(old, breaks, (".txt",))
    assert old.read_text() == "old"
    assert list(tmp_path.iterdir()) == [old]


def test_trying_a_place_makes_its_folder_and_leaves_nothing_in_it(tmp_path):
    path = tmp_path / "new" / "deeper" / "drawn.PNG"
    assert writable(str(path), PICTURES) == path
    assert list(path.parent.iterdir()) == []


def test_trying_a_place_leaves_the_old_file_as_it_is(tmp_path):
    path = tmp_path / "old.png"
    path.write_text("old")
    assert writable(path, PICTURES) == path
    assert path.read_text() == "old"
    assert list(tmp_path.iterdir()) == [path]


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("folder", "folder is a folder"),
        ("folder.png", "folder.png is a folder"),
        ("drawn.xyz", "drawn.xyz ends in .xyz"),
        ("drawn", "drawn has no ending"),
        ("file/drawn.png", "(a file stands where"),
        ("file/deeper/drawn.png", "(a file stands where"),
        ("x" * 300 + ".png", "cannot be written (File name too long)"),
        ("null\0.png", "cannot be written ("),
    ],
)
def test_a_place_that_cannot_be_written_is_refused_by_the_users_own_name(tmp_path, name, words):
    (tmp_path / "file").write_text("in the way")
    for folder in ("folder", "folder.png"):
        (tmp_path / folder).mkdir()
    for refuses in (lambda path: writable(path, PICTURES), lambda path: write(path, pytest.fail, PICTURES)):
        with pytest.raises(RunError) as caught:
            refuses(tmp_path / name)
        assert words in caught.value.wrong
        assert quoted(str(tmp_path / name))[-40:] in caught.value.wrong


def test_a_wrong_ending_is_answered_with_the_right_ones_in_the_error_that_was_asked_for(tmp_path):
    with pytest.raises(ModelFileError) as caught:
        writable(tmp_path / "any.pt", (".safetensors", ".st"), ModelFileError)
    assert caught.value.expected.startswith("a name that ends in .safetensors or .st,")
    assert caught.value.attempt == "any.safetensors"
