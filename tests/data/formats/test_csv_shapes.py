"""Tables as people have them: every shape is read, or refused with the words that mend it."""

import os
from pathlib import Path
from unicodedata import normalize

import pytest

from striate.data.formats.csv import read_table, several_labels
from striate.data.formats.index import Found
from striate.errors import DataError


@pytest.fixture
def root(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder ``set`` with img/p0.png .. p5.png, and the folder above as the current one."""
    (tmp_path / "set" / "img").mkdir(parents=True)
    for number in range(6):
        (tmp_path / "set" / "img" / f"p{number}.png").touch()
    monkeypatch.chdir(tmp_path)
    return tmp_path / "set"


def table(root: Path, header: str, row: str, encoding: str = "utf-8") -> Found:
    """A table of six rows, in which # is the number of the row and @ its class."""
    rows = [row.replace("#", str(number)).replace("@", "ab"[number % 2]) for number in range(6)]
    (root / "t.csv").write_bytes("\n".join([header, *rows]).encode(encoding))
    return read_table(root / "t.csv")


SHAPES = {
    "names without an ending": (
        "image_id,label",
        "p#,@",
        ["files are taken from img/", "no ending stands for .png"],
    ),
    "an id and a path": (
        "image_id,file_path,label",
        "p#,img/p#.png,@",
        ["column 2 (file_path), not from column 1"],
    ),
    "Excel's hint": ("sep=;\npath;label", "img/p#.png;@", []),
    "folds": ("path,label,fold", "img/p#.png,@,#", ["'fold' holds numbers"]),
    "whole numbers as floats": ("path,label", "img/p#.png,@.0", []),
    "an empty column of labels": (
        "path,label,label",
        "img/p#.png,,@",
        ["from column 3 (label), not from column 2"],
    ),
    "a column of indices": (",path,label", "#,img/p#.png,@", []),
    "a comma in the class": ("path,label", 'img/p#.png,"@, left"', []),
    "another case of the ending": ("path,label", "img/p#.PNG,@", [".PNG stands for .png in 6 rows"]),
    "a dot and a slash": ("path,label", "./img/p#.png,@", []),
    "relative to the folder above": ("path,label", "set/img/p#.png,@", ["relative to the current folder"]),
    "of another machine": (
        "path,label",
        "/home/other/set/img/p#.png,@",
        ["the first 3 folders are left off"],
    ),
    "of Windows": ("path,label", "C:\\data\\img\\p#.png,@", ["the first 2 folders are left off"]),
}


@pytest.mark.parametrize(("header", "row", "notes"), SHAPES.values(), ids=SHAPES)
def test_tables_of_many_shapes_are_read(header: str, row: str, notes: list[str], root: Path) -> None:
    found = table(root, header, row)
    assert sorted({os.path.normpath(found.store.name(index)) for index in range(6)}) == [
        str(root / "img" / f"p{number}.png") for number in range(6)
    ]
    assert len(found.classes) == 2
    assert found.findings == ()
    for note in notes:
        assert any(note in sentence for sentence in found.notes), found.notes


def test_utf16_is_read(root: Path) -> None:
    assert len(table(root, "path\tlabel", "img/p#.png\t@", "utf-16").store) == 6


def test_numbers_with_a_point_are_whole_classes(root: Path) -> None:
    (root / "t.csv").write_text("path,label\nimg/p0.png,10.0\nimg/p1.png,9.0\n")
    found = read_table(root / "t.csv")
    assert found.classes == ("9", "10")
    assert found.annotations.words(0) == "10"
    assert "labels such as 1.0 are read as 1" in found.notes


def test_one_column_for_each_class_is_read(root: Path) -> None:
    (root / "t.csv").write_text("path,cat,dog\nimg/p0.png,1,0\nimg/p1.png,0,1.0\nimg/p2.png,0,0\n")
    found = read_table(root / "t.csv")
    assert [found.annotations.words(index) for index in range(2)] == ["cat", "dog"]
    assert [finding.kind for finding in found.findings] == ["unlabelled"]
    assert any("2 columns of 0 and 1" in sentence for sentence in found.notes)


@pytest.mark.parametrize("cells", [("cat|red", "dog|red"), ("cat;red", "cat"), ("cat, dog", "cat", "dog")])
def test_several_labels_of_a_row_are_refused(cells: tuple[str, ...], root: Path) -> None:
    rows = "".join(f'img/p{number}.png,"{cell}"\n' for number, cell in enumerate(cells))
    (root / "t.csv").write_text(f"path,label\n{rows}")
    (finding,) = read_table(root / "t.csv").findings
    assert (finding.kind, finding.severity) == ("several-labels", "refuse")
    assert repr(cells[0]) in finding.detail


def test_several_ones_of_a_row_are_several_labels(root: Path) -> None:
    (root / "t.csv").write_text("path,cat,dog\nimg/p0.png,1,1\nimg/p1.png,0,1\nimg/p2.png,1,0\n")
    assert [finding.kind for finding in read_table(root / "t.csv").findings] == ["several-labels"]


def test_a_bar_alone_makes_no_second_label() -> None:
    assert several_labels(("a|b", "c|d")) is None
    assert several_labels(("a", "b")) is None


def test_a_class_called_none_is_a_class_and_noted(root: Path) -> None:
    (root / "t.csv").write_text("path,label\nimg/p0.png,none\nimg/p1.png,cat\n")
    found = read_table(root / "t.csv")
    assert found.classes == ("cat", "none")
    assert any("'none' is read as a class (1 rows)" in sentence for sentence in found.notes)


def test_names_in_another_unicode_form_are_found(root: Path) -> None:
    (root / "img" / normalize("NFD", "café.png")).touch()
    (root / "t.csv").write_text(f"path,label\nimg/{normalize('NFC', 'café.png')},x\nimg/p0.png,y\n")
    assert len(read_table(root / "t.csv").store) == 2


def test_two_files_that_could_be_meant_are_no_answer(root: Path) -> None:
    (root / "img" / "p0.jpg").touch()
    (root / "t.csv").write_text("path,label\nimg/p0,x\nimg/p1.png,y\n")
    (finding,) = read_table(root / "t.csv").findings
    assert finding.kind == "missing"


def test_the_nearest_file_of_a_missing_one_is_named(root: Path) -> None:
    (root / "t.csv").write_text("path,label\nimg/p0.png,x\nimg/q1.png,y\n")
    (finding,) = read_table(root / "t.csv").findings
    assert "there is no file 'img/q1.png'; the nearest is img/p1.png" in finding.detail


def test_names_that_lie_in_two_folders_are_refused(root: Path) -> None:
    (root / "more").mkdir()
    for number in range(6):
        (root / "more" / f"p{number}.png").touch()
    with pytest.raises(DataError, match=r"p0\.png lies in img/ and in more/"):
        table(root, "path,label", "p#.png,@")


@pytest.mark.parametrize("way", ["dots", "absolute", "link", "linked folder"])
def test_files_outside_are_left_out_unless_that_is_accepted(way: str, root: Path) -> None:
    other = root.parent / "other"
    other.mkdir()
    (other / "x.png").touch()
    (root / "x.png").symlink_to(other / "x.png")
    (root / "far").symlink_to(other)
    path = {
        "dots": "../other/x.png",
        "absolute": other / "x.png",
        "link": "x.png",
        "linked folder": "far/x.png",
    }[way]
    (root / "t.csv").write_text(f"path,label\nimg/p0.png,a\n{path},b\n")
    found = read_table(root / "t.csv")
    assert len(found.store) == 1
    assert [(finding.kind, finding.severity) for finding in found.findings] == [("outside", "refuse")]
    accepted = read_table(root / "t.csv", outside=True)
    assert len(accepted.store) == 2
    assert Path(accepted.store.name(1)).samefile(other / "x.png")


def test_a_link_that_stays_inside_is_inside(root: Path) -> None:
    (root / "again").symlink_to(root / "img")
    (root / "t.csv").write_text("path,label\nagain/p0.png,a\nimg/../img/p1.png,b\n")
    assert read_table(root / "t.csv").findings == ()
