"""A table of files and labels: .csv or .tsv with a first line that names the columns.

    path,label,split            path:  path, file, image, filename, ...     label: label, class, category, ...
    cats/1.jpg,cat,train        split: split, set, subset (may be absent or empty)

Columns: ``csv_columns``; paths: ``csv_paths``. Rows that cannot be used are listed by line and left out.
Where a table can be read in two ways, a note says which was taken.
"""

import csv
import os
import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from itertools import islice
from pathlib import Path

from striate.data.annotations.class_annotations import ClassAnnotations
from striate.data.checks.findings import Finding
from striate.data.formats.csv_columns import LABEL_WORDS, Columns, columns_of, names_of, rows_of
from striate.data.formats.csv_paths import TRIED, TablePaths
from striate.data.formats.groups import GroupRows
from striate.data.formats.index import Found, IndexRow, gather, sorted_classes
from striate.data.formats.split_names import SPLIT_WORDS
from striate.errors import DataError
from striate.files.regular import is_regular

ENDINGS = (".csv", ".tsv")
NO_LABEL = frozenset(("", "nan", "null", "n/a", "?"))
BETWEEN = ("|", ";", ",")
"""What stands between several labels of one cell."""
WHOLE = re.compile(r"-?\d+\.0")
"""Whole numbers as pandas writes them where a cell of the column is empty."""

Seen = dict[str, tuple[str, str | None, int]]
"""File -> its label, its split, and its line."""


def tables_in(path: Path, labels: frozenset[str] = LABEL_WORDS) -> list[Path]:
    """The file itself, or the tables of a folder whose first line names files and labels, by these words."""
    if not path.is_dir():
        return [path] if path.suffix.lower() in ENDINGS and is_regular(path) else []
    tables = sorted(file for file in path.iterdir() if file.suffix.lower() in ENDINGS and is_regular(file))
    return [file for file in tables if not file.name.startswith(".") and columns_of(file, labels) is not None]


def read_table(
    path: Path,
    *,
    outside: bool = False,
    group: str | None = None,
    labels: frozenset[str] = LABEL_WORDS,
) -> Found:
    """List the rows of a table.

    Args:
        path: of the table, or of a folder with one table.
        outside: files outside the folder of the table are listed too.
        group: the column that says which pictures belong together; None for one with a usual name.
        labels: names of the column of labels, lower case.

    Raises:
        SettingError: there is no column ``group``.
        DataError: it is not text, names no columns for files and labels, or has no usable row; or there are
            several tables.
    """
    tables = tables_in(path, labels)
    if len(tables) > 1:
        raise several_tables(path, tables)
    file = tables[0] if tables else path
    columns = columns_of(file, labels) if is_regular(file) else None
    if columns is None:
        raise _unclear(file)
    try:
        names = (_cell(cells, columns.path) for _, cells in rows_of(file, columns))
        used = (columns.path, columns.label, columns.split, *(index for index, _ in columns.classes))
        groups = GroupRows.of(names_of(file, columns), group, used)
        rows = TableRows(file, columns, TablePaths(file.parent, islice(names, TRIED)), outside, groups)
        found = gather(file.parent, rows.usable())
    except (csv.Error, UnicodeError) as reason:
        wrong = f"{file} cannot be read ({str(reason)[:200]})"
        raise DataError(wrong, "a table in UTF-8", "save it as CSV (UTF-8)") from reason
    if not len(found.store):
        shown = "; ".join(str(finding) for finding in rows.findings[:3]) or "it has a first line only"
        raise DataError(
            f"{file} has no row that can be used ({shown})", "paths relative to the table", "mend the table"
        )
    found, notes = _labels_checked(file, found, rows.findings)
    notes = (
        f"read as a table: {file.name}, {len(found.store)} rows",
        *columns.notes,
        *rows.paths.notes(),
        *notes,
        *(together.notes if (together := groups.groups()) else ()),
    )
    return replace(found, findings=tuple(rows.findings), notes=notes, groups=together)


def several_tables(path: Path, tables: list[Path]) -> DataError:
    """The error of a folder in which several tables could be meant."""
    names = ", ".join(table.name for table in tables[:5]) + (", ..." if len(tables) > 5 else "")
    return DataError(
        f"{path} holds {len(tables)} tables of files and labels: {names}",
        "one table",
        f"name the one that is meant, as in {tables[-1]}; or --format folder for folders of pictures",
    )


@dataclass
class TableRows:
    """The rows of one table; those that cannot be used become findings.

    Args:
        file: the table.
        columns: where a row has what.
        paths: which files are meant.
        outside: whether files outside the table's folder are used.
        groups: of the rows that are used.
    """

    file: Path
    columns: Columns
    paths: TablePaths
    outside: bool
    groups: GroupRows
    findings: list[Finding] = field(default_factory=list)
    _seen: Seen = field(default_factory=dict)

    def usable(self) -> Iterator[IndexRow]:
        """The rows that can be used."""
        for line, cells in rows_of(self.file, self.columns):
            source = f"{self.file}:{line}"
            row = self._row(cells, source) if any(cell.strip() for cell in cells) else None
            if row is not None and self._is_new(row, line, source):
                self.groups.add(cells, row.name)
                yield row

    def _row(self, cells: list[str], source: str) -> IndexRow | None:
        columns = self.columns
        name, label = _cell(cells, columns.path), self._label(cells)
        part = _cell(cells, columns.split)
        if label.lower() in NO_LABEL:
            return self._refused("unlabelled", source, f"{name or 'no file'} has the label {label!r}")
        found = self.paths.find(name)
        if found is None:
            near = self.paths.nearest(name) if name else None
            words = f"there is no file {name!r}" + (f"; the nearest is {near}" if near else "")
            return self._refused("missing", source, words)
        if self.paths.is_outside(found):
            self.findings.append(Finding("outside", source, f"{name} lies outside {self.file.parent}"))
            if not self.outside:
                return None
        if part and part.lower() not in SPLIT_WORDS:
            words = f"{name} has the split {part!r}, not train, val or test"
            return self._refused("unlabelled", source, words)
        return IndexRow(found, label, SPLIT_WORDS[part.lower()] if part else None)

    def _refused(self, kind: str, source: str, words: str) -> IndexRow | None:
        """No row, but a finding."""
        self.findings.append(Finding(kind, source, words))
        return None

    def _label(self, cells: list[str]) -> str:
        """The label of a row; several ones of a one-hot row are joined by a bar."""
        if self.columns.label is not None:
            return _cell(cells, self.columns.label)
        return "|".join(name for index, name in self.columns.classes if _cell(cells, index)[:1] == "1")

    def _is_new(self, row: IndexRow, line: int, source: str) -> bool:
        """Whether this is the first such row; a file with other labels or splits is kept and reported."""
        before = self._seen.setdefault(os.path.normpath(row.name), (row.label, row.split, line))
        if before[2] == line:
            return True
        if before[:2] == (row.label, row.split):
            self.findings.append(Finding("repeated", source, f"{row.name}, as in line {before[2]}"))
            return False
        aspect, kind = (0, "contradiction") if before[0] != row.label else (1, "leak")
        here, there = row[1 + aspect], before[aspect]
        words = f"{row.name} is {here!r} here and {there!r} in line {before[2]}"
        self.findings.append(Finding(kind, source, words))
        return True


def _labels_checked(file: Path, found: Found, findings: list[Finding]) -> tuple[Found, tuple[str, ...]]:
    """Labels that can be read in two ways: several in one cell are a finding, the others are noted."""
    assert isinstance(found.annotations, ClassAnnotations)
    classes, counts = found.classes, found.annotations.counts()
    separator = several_labels(classes)
    if separator is not None:
        joined = [index for index, name in enumerate(classes) if separator in name]
        words = f"{counts[joined].sum():,} rows hold {separator!r}, as in {classes[joined[0]]!r}"
        findings.append(Finding("several-labels", str(file), words))
    notes = [
        f"{name!r} is read as a class ({counts[index]:,} rows); leave cells empty where a label is missing"
        for index, name in enumerate(classes)
        if name.lower() == "none"
    ]
    if all(WHOLE.fullmatch(name) for name in classes):
        numbers = {name.removesuffix(".0"): index for index, name in enumerate(classes)}
        classes, order = sorted_classes(numbers)
        annotations = ClassAnnotations(order[found.annotations.labels], classes)
        return replace(found, annotations=annotations), (*notes, "labels such as 1.0 are read as 1")
    return found, tuple(notes)


def several_labels(classes: tuple[str, ...]) -> str | None:
    """What stands between several labels of one cell, if parts of the cells come again; None if nothing does.

    A comma is part of a name unless every part is a label of its own too.

    >>> several_labels(("disk|blue", "disk|red")), several_labels(("cat, old", "dog, old"))
    ('|', None)
    """
    for separator in BETWEEN:
        joined = [[part.strip() for part in name.split(separator)] for name in classes if separator in name]
        parts = Counter(part for name in joined for part in set(name))
        alone = set(classes) & parts.keys()
        again = any(count > 1 for count in parts.values()) and separator != ","
        if joined and (again or (alone and (separator != "," or alone == parts.keys()))):
            return separator
    return None


def _cell(cells: list[str], column: int | None) -> str:
    return cells[column].strip() if column is not None and column < len(cells) else ""


def _unclear(file: Path) -> DataError:
    return DataError(
        f"{file} does not say which columns hold files and labels",
        "a first line such as: path,label  or  filename;class;split",
        "add that line; columns are separated by comma, semicolon, tab or bar",
    )
