"""Tables of files and labels."""

from pathlib import Path

import pytest

from striate.data.formats.csv import read_table, tables_in
from striate.data.formats.split_names import SPLITS
from striate.errors import DataError


def write(folder: Path, text: str, name: str = "labels.csv") -> Path:
    for file in ("a.jpg", "b c.jpg", "sub/d.jpg"):
        (folder / file).parent.mkdir(exist_ok=True)
        (folder / file).write_bytes(b"")
    (folder / name).write_text(text, encoding="utf-8")
    return folder / name


@pytest.mark.parametrize(
    "text",
    [
        "path,label\na.jpg,x\nsub/d.jpg,y\n",
        "\ufefffile;class\na.jpg;x\nsub/d.jpg;y",
        "id\tIMAGE\tCategory\n7\ta.jpg\tx\n8\tsub/d.jpg\ty\n",
        'filename | label\n"a.jpg"| x \nsub/d.jpg|y\n\n',
        "label,filename\r\nx,a.jpg\r\ny,sub\\d.jpg\r\n",
    ],
)
def test_separators_columns_and_quotes_are_recognised(text: str, tmp_path: Path) -> None:
    found = read_table(write(tmp_path, text))
    assert [found.store.relative(index) for index in range(2)] == ["a.jpg", "sub/d.jpg"]
    assert found.classes == ("x", "y")
    assert found.annotations.labels.tolist() == [0, 1]
    assert found.findings == ()


def test_splits_may_be_named_or_empty(tmp_path: Path) -> None:
    found = read_table(write(tmp_path, "path,label,split\na.jpg,x,Train\nb c.jpg,x,valid\nsub/d.jpg,x,\n"))
    assert found.split.tolist() == [SPLITS.index("train"), SPLITS.index("val"), -1]


def test_labels_with_slashes_commas_and_right_to_left_letters_are_classes(tmp_path: Path) -> None:
    found = read_table(write(tmp_path, 'path,label\na.jpg,"cats/big, old"\nb c.jpg,חתול\n'))
    assert set(found.classes) == {"cats/big, old", "חתול"}


def test_absolute_paths_are_read_where_they_are(tmp_path: Path) -> None:
    write(tmp_path, "")
    (tmp_path / "other").mkdir()
    table = write(tmp_path / "other", f"path,label\n{tmp_path / 'b c.jpg'},x\n")
    found = read_table(table, outside=True)
    assert found.store.name(0) == str(tmp_path / "b c.jpg")


@pytest.mark.parametrize(
    ("row", "kind"),
    [
        ("none.jpg,x", "missing"),
        (",x", "missing"),
        ("sub,x", "missing"),
        ("b c.jpg,", "unlabelled"),
        ("b c.jpg", "unlabelled"),
        ("b c.jpg,NaN", "unlabelled"),
        ("b c.jpg,x,tomorrow", "unlabelled"),
        ("a.jpg,x", "repeated"),
        ("./a.jpg,x,", "repeated"),
    ],
)
def test_rows_that_cannot_be_used_are_listed_by_line(row: str, kind: str, tmp_path: Path) -> None:
    table = write(tmp_path, f"path,label,split\na.jpg,x,\n\n{row}\n")
    found = read_table(table)
    assert len(found.store) == 1
    assert [(finding.kind, finding.source) for finding in found.findings] == [(kind, f"{table}:4")]


@pytest.mark.parametrize(
    ("row", "kind", "words"),
    [
        ("a.jpg,y,train", "contradiction", "is 'y' here and 'x' in line 2"),
        ("a.jpg,x,val", "leak", "is 'val' here and 'train'"),
    ],
)
def test_rows_that_disagree_are_kept_and_listed(row: str, kind: str, words: str, tmp_path: Path) -> None:
    found = read_table(write(tmp_path, f"path,label,split\na.jpg,x,train\n{row}\n"))
    assert len(found.store) == 2
    assert found.findings[0].kind == kind
    assert words in found.findings[0].detail


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "which columns"),
        ("a.jpg,cat\nb c.jpg,dog\n", "which columns"),
        ("path,label\n", "first line only"),
        ("path,label\nnone.jpg,x\n", "no row that can be used"),
        ("path,label\na.jpg,\ud800", "UTF-8"),
    ],
)
def test_a_table_that_says_nothing_is_refused(text: str, words: str, tmp_path: Path) -> None:
    table = write(tmp_path, "")
    table.write_bytes(text.encode("utf-8", "surrogatepass"))
    with pytest.raises(DataError, match=words) as error:
        read_table(table)
    assert str(table) in error.value.wrong


def test_a_table_that_stops_being_text_is_refused(tmp_path: Path) -> None:
    table = write(tmp_path, "path,label\n")
    table.write_bytes(b"path,label\na.jpg,caf\xe9\n")
    with pytest.raises(DataError, match="cannot be read"):
        read_table(table)


def test_the_only_table_of_a_folder_is_found(tmp_path: Path) -> None:
    table = write(tmp_path, "path,label\na.jpg,x\n")
    (tmp_path / "prices.csv").write_text("day,price\n1,2\n")
    assert tables_in(tmp_path) == [table]
    second = write(tmp_path, "path,label\na.jpg,x\n", "second.tsv")
    assert tables_in(tmp_path) == [table, second]
    with pytest.raises(DataError, match=r"holds 2 tables of files and labels: labels\.csv, second\.tsv"):
        read_table(tmp_path)
