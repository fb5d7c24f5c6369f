"""A table of files and labels: .csv or .tsv with a first line that names the columns.

    path,label,split            path:  path, file, image, filename, ...     label: label, class, category, ...
    cats/1.jpg,cat,train        split: split, set, subset (may be absent or empty)

Columns are separated by comma, semicolon, tab or bar, whichever makes the first line name both columns.
Paths are relative to the table's folder. Rows that cannot be used are listed by their line and left out.
"""

import csv
import os
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import NamedTuple

from striate.data.checks.findings import Finding
from striate.data.formats.index import Found, IndexRow, gather
from striate.data.formats.split_names import SPLIT_WORDS
from striate.errors import DataError

ENDINGS = (".csv", ".tsv")
SEPARATORS = ",;\t|"
PATH_WORDS = frozenset(
    (
        "path",
        "file",
        "image",
        "filename",
        "file_name",
        "filepath",
        "file_path",
        "image_path",
        "img",
        "image_id",
    )
)
LABEL_WORDS = frozenset(("label", "class", "class_name", "classname", "category", "target", "y"))
SPLIT_COLUMNS = frozenset(("split", "set", "subset", "partition", "fold"))
NO_LABEL = frozenset(("", "nan", "none", "null", "n/a", "?"))


class Columns(NamedTuple):
    """Where a row has what; ``split`` is None if nobody says."""

    separator: str
    path: int
    label: int
    split: int | None


def table_file(path: Path) -> Path | None:
    """The table: the file itself, or the only one of a folder whose first line names files and labels."""
    if path.is_file():
        return path if path.suffix.lower() in ENDINGS else None
    tables = [file for file in sorted(path.iterdir()) if file.suffix.lower() in ENDINGS and file.is_file()]
    fitting = [file for file in tables if _columns(file) is not None]
    return fitting[0] if len(fitting) == 1 else None


def read_table(path: Path) -> Found:
    """List the rows of a table.

    Raises:
        DataError: it is not text, names no columns for files and labels, or has no usable row.
    """
    file = table_file(path) or path
    columns = _columns(file) if file.is_file() else None
    if columns is None:
        raise _unclear(file)
    findings: list[Finding] = []
    try:
        found = gather(file.parent, _rows(file, columns, findings))
    except (csv.Error, UnicodeDecodeError) as reason:
        raise DataError(
            f"{file} cannot be read ({reason})", "a table in UTF-8", "save it as CSV (UTF-8)"
        ) from reason
    if not len(found.store):
        shown = "; ".join(str(finding) for finding in findings[:3]) or "it has a first line only"
        raise DataError(
            f"{file} has no row that can be used ({shown})", "paths relative to the table", "mend the table"
        )
    said = f"read as a table: {file.name}, {len(found.store)} rows"
    return replace(found, findings=tuple(findings), said=(said,))


def _columns(file: Path) -> Columns | None:
    """Where the columns are, from the first line; None if no separator makes it name files and labels."""
    try:
        with file.open(encoding="utf-8-sig", errors="replace", newline="") as stream:
            first = stream.readline()
    except OSError:
        return None
    for separator in SEPARATORS:
        names = [cell.strip().lower() for cell in next(csv.reader([first], delimiter=separator), [])]
        path, label, split = (_place(names, words) for words in (PATH_WORDS, LABEL_WORDS, SPLIT_COLUMNS))
        if path is not None and label is not None:
            return Columns(separator, path, label, split)
    return None


def _place(names: list[str], words: frozenset[str]) -> int | None:
    return next((place for place, name in enumerate(names) if name in words), None)


def _rows(file: Path, columns: Columns, findings: list[Finding]) -> Iterator[IndexRow]:
    """The usable rows; the others become findings."""
    seen: dict[str, tuple[str, str | None, int]] = {}
    with file.open(encoding="utf-8-sig", newline="") as stream:
        lines = csv.reader(stream, delimiter=columns.separator)
        next(lines)
        for cells in lines:
            place = f"{file}:{lines.line_num}"
            row = _row(file, columns, cells, place, findings)
            if row is not None and _is_new(row, lines.line_num, seen, place, findings):
                yield row


def _row(
    file: Path, columns: Columns, cells: list[str], place: str, findings: list[Finding]
) -> IndexRow | None:
    if not any(cell.strip() for cell in cells):
        return None
    name, label, part = (_cell(cells, column) for column in (columns.path, columns.label, columns.split))
    if label.lower() in NO_LABEL:
        findings.append(Finding("unlabelled", place, f"{name or 'no file'} has the label {label!r}"))
        return None
    if "\\" in name and not (file.parent / name).exists():
        name = name.replace("\\", "/")  # written under Windows
    if not name or "\0" in name or not os.path.isfile(file.parent / name):
        findings.append(Finding("missing", place, f"there is no file {name!r}"))
        return None
    if part and part.lower() not in SPLIT_WORDS:
        findings.append(
            Finding("unlabelled", place, f"{name} has the split {part!r}, not train, val or test")
        )
        return None
    return IndexRow(name, label, SPLIT_WORDS[part.lower()] if part else None)


def _cell(cells: list[str], column: int | None) -> str:
    return cells[column].strip() if column is not None and column < len(cells) else ""


def _is_new(
    row: IndexRow,
    line: int,
    seen: dict[str, tuple[str, str | None, int]],
    place: str,
    findings: list[Finding],
) -> bool:
    """Whether this is the first such row; a file with other labels or splits is kept and reported."""
    before = seen.setdefault(os.path.normpath(row.name), (row.label, row.split, line))
    if before[2] == line:
        return True
    if before[:2] == (row.label, row.split):
        findings.append(Finding("repeated", place, f"{row.name}, as in line {before[2]}"))
        return False
    aspect, kind = (0, "contradiction") if before[0] != row.label else (1, "leak")
    here, there = row[1 + aspect], before[aspect]
    findings.append(Finding(kind, place, f"{row.name} is {here!r} here and {there!r} in line {before[2]}"))
    return True


def _unclear(file: Path) -> DataError:
    return DataError(
        f"{file} does not say which columns hold files and labels",
        "a first line such as: path,label  or  filename;class;split",
        "add that line; columns are separated by comma, semicolon, tab or bar",
    )
