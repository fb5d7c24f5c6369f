"""Where a table has files, labels and splits: its encoding, its separator and its columns.

The first line names the columns. Where it leaves a choice, the first rows decide, and a note says what was
taken. Labels may also stand one column a class, with a 1 in one of them (one-hot).
"""

import codecs
import csv
import io
import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

from striate.files.regular import open_regular

SEPARATORS = ",;\t|"
PATH_WORDS = frozenset(
    (
        *("path", "file", "image", "filename", "file_name", "filepath", "file_path", "image_path", "img"),
        *("image_id", "image_name", "img_path"),
    )
)
LABEL_WORDS = frozenset(("label", "class", "class_name", "classname", "category", "target", "y"))
SPLIT_COLUMNS = frozenset(("split", "set", "subset", "partition", "fold"))
HEAD = 65_536
"""Bytes that are looked at."""
ROWS = 50
"""Rows that decide between columns."""
SEP_LINE = re.compile(r"sep=(.)\s*", re.IGNORECASE)
"""The first line by which Excel is told the separator."""


@dataclass(frozen=True)
class Columns:
    """Where a row has what.

    Args:
        encoding: of the text.
        separator: between cells.
        skipped: lines before the one that names the columns.
        path: the column of files.
        label: the column of labels; None if they are one-hot.
        split: the column of splits; None if there is none.
        classes: column -> class, of one-hot labels.
        notes: what was taken where there was a choice.
    """

    encoding: str
    separator: str
    skipped: int
    path: int
    label: int | None
    split: int | None = None
    classes: tuple[tuple[int, str], ...] = ()
    notes: tuple[str, ...] = ()


def columns_of(file: Path, label_words: frozenset[str] = LABEL_WORDS) -> Columns | None:
    """The columns of a table; None if no separator makes the first line name files and labels.

    Args:
        file: the table.
        label_words: names of the column of labels, lower case.

    Raises:
        OSError: the file cannot be read.
    """
    with open_regular(file) as stream:
        head = stream.read(HEAD)
    encoding = encoding_of(head)
    lines = head.decode(encoding, "replace").splitlines()
    if len(head) == HEAD and len(lines) > 1:
        lines = lines[:-1]  # the last one may be cut
    told = SEP_LINE.fullmatch(lines[0]) if lines else None
    skipped = 1 if told else 0
    for separator in told.group(1) if told else SEPARATORS:
        found = _columns(lines[skipped:], separator, file.parent, label_words)
        if found is not None:
            return replace(found, encoding=encoding, skipped=skipped)
    return None


def encoding_of(head: bytes) -> str:
    """UTF-8, or what the byte order mark says."""
    if head.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return "utf-16"
    return "utf-8-sig"


def names_of(file: Path, columns: Columns) -> list[str]:
    """The names of all columns, as they are written.

    Raises:
        csv.Error, UnicodeError, OSError: it is no text, or cannot be read.
    """
    with open_regular(file) as stream:
        text = io.TextIOWrapper(stream, encoding=columns.encoding, newline="")
        for _ in range(columns.skipped):
            text.readline()
        return next(csv.reader(text, delimiter=columns.separator), [])


def rows_of(file: Path, columns: Columns) -> Iterator[tuple[int, list[str]]]:
    """(line, cells) of every row after the first line.

    Raises:
        csv.Error, UnicodeError, OSError: it is no text, or cannot be read.
    """
    with open_regular(file) as stream:
        text = io.TextIOWrapper(stream, encoding=columns.encoding, newline="")
        for _ in range(columns.skipped):
            text.readline()
        rows = csv.reader(text, delimiter=columns.separator)
        next(rows, None)
        for cells in rows:
            yield rows.line_num + columns.skipped, cells


def _columns(lines: list[str], separator: str, folder: Path, label_words: frozenset[str]) -> Columns | None:
    try:
        table = [[cell.strip() for cell in row] for row in csv.reader(lines[: ROWS + 1], delimiter=separator)]
    except csv.Error:
        return None
    names, rows = table[0] if table else [], [row for row in table[1:] if any(row)]
    lower = [name.lower() for name in names]
    paths, labels, splits = (
        [index for index, name in enumerate(lower) if name in words]
        for words in (PATH_WORDS, label_words, SPLIT_COLUMNS)
    )
    if "x" in lower and len(labels) > 1:  # y is a place then
        labels = [index for index in labels if lower[index] != "y"]
    if not paths:
        return None
    path = max(paths, key=lambda index: _files_named(rows, index, folder))
    notes = [_taken("files", names, path, paths)] if len(paths) > 1 else []
    found = Columns("", separator, 0, path, None)
    if labels:
        label = next((index for index in labels if any(_cell(row, index) for row in rows)), labels[0])
        notes += [_taken("labels", names, label, labels)] if len(labels) > 1 else []
        found = replace(found, label=label)
    elif label_words is not LABEL_WORDS:
        return None
    else:
        classes = _one_hot(names, rows, {path, *splits})
        if not classes:
            return None
        notes.append(f"labels are read from {len(classes)} columns of 0 and 1, one for each class")
        found = replace(found, classes=classes)
    split, note = _split(names, rows, splits)
    return replace(found, split=split, notes=(*notes, *note))


def _cell(row: list[str], index: int) -> str:
    return row[index] if index < len(row) else ""


def _files_named(rows: list[list[str]], index: int, folder: Path) -> tuple[int, int]:
    """How many cells are files beside the table, and how many look like paths."""
    cells = [_cell(row, index) for row in rows]
    files = sum((folder / cell).is_file() for cell in cells if cell and "\0" not in cell and len(cell) < 1000)
    return files, sum("/" in cell or "." in cell for cell in cells)


def _taken(what: str, names: list[str], taken: int, others: list[int]) -> str:
    more = ", ".join(f"column {index + 1} ({names[index]})" for index in others if index != taken)
    return f"{what} are read from column {taken + 1} ({names[taken]}), not from {more}"


def _one_hot(names: list[str], rows: list[list[str]], used: set[int]) -> tuple[tuple[int, str], ...]:
    """The columns that hold 0 or 1 in every row, if they can be classes."""
    ones = {"0", "1", "0.0", "1.0"}
    columns = [
        (index, name)
        for index, name in enumerate(names)
        if index not in used and name and rows and all(_cell(row, index) in ones for row in rows)
    ]
    return tuple(columns) if len(columns) > 1 else ()


def _split(names: list[str], rows: list[list[str]], columns: list[int]) -> tuple[int | None, tuple[str, ...]]:
    """The column of splits; one of numbers (folds) is not used, and that is noted."""
    for index in columns:
        cells = {_cell(row, index).lower() for row in rows} - {""}
        if cells and all(re.fullmatch(r"-?\d+(\.0)?", cell) for cell in cells):
            note = f"column {names[index]!r} holds numbers, not train, val or test: it is not used"
            return None, (note,)
        return index, ()
    return None, ()
