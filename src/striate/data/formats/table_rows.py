"""The usable lines of a table whose columns a ``Header`` names, whatever the numbers in them mean.

a line --path found, numbers are numbers, no line contradicts another--> a row      else --> a finding
"""

import csv
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from striate.data.annotations.annotations import Annotations
from striate.data.checks.findings import Finding
from striate.data.formats.csv_columns import SPLIT_COLUMNS
from striate.data.formats.csv_paths import TablePaths
from striate.data.formats.groups import GroupRows
from striate.data.formats.index import Found
from striate.data.formats.split_names import SPLIT_WORDS, SPLITS, UNSAID
from striate.data.formats.table_header import CLASS_COLUMNS, Header, point_table, read_header
from striate.data.image_store import Files
from striate.data.picture_size import picture_size
from striate.errors import DataError

SIZES_READ = 2_000
"""Pictures whose size is compared with the table's, evenly spread."""


@dataclass
class Rows:
    """The usable lines of a table, in columns.

    Args:
        groups: of the pictures.
        files: of the pictures.
        split: of the pictures.
        cells: of the lines.
        lines: their numbers.
        pictures: the number of the picture of each line.
    """

    groups: GroupRows
    files: list[str] = field(default_factory=list)
    split: list[int] = field(default_factory=list)
    cells: list[list[str]] = field(default_factory=list)
    lines: list[int] = field(default_factory=list)
    pictures: list[int] = field(default_factory=list)
    _numbers: dict[str, int] = field(default_factory=dict)
    _first: list[int] = field(default_factory=list)

    def add(self, name: str, split: int, line: int, cells: list[str]) -> None:
        """Take in a line."""
        if name not in self._numbers:
            self._numbers[name] = len(self.files)
            self.files.append(name)
            self.split.append(split)
            self.groups.add(cells, name)
            self._first.append(line)
        self.cells.append(cells)
        self.lines.append(line)
        self.pictures.append(self._numbers[name])

    def contradiction(self, name: str, split: int, *, several: bool) -> str:
        """What an earlier line says against another one of a picture; "" for nothing."""
        number = self._numbers.get(name)
        if number is None or (several and self.split[number] == split):
            return ""
        where = f"in line {self._first[number]}"
        return f"{name} is in another split {where}" if several else f"{name} stands {where} too"


def opened(path: Path) -> tuple[Path, Header]:
    """The table at a path, and its columns.

    Raises:
        DataError: there is none, or its columns do not go together.
    """
    file = point_table(path) or path
    header = read_header(file) if file.is_file() else None
    if header is None:
        raise unclear(file, "points or boxes", "image,nose_x,nose_y,...")
    if header.wrong:
        raise DataError(
            f"{file}: {header.wrong}", "one column for x and one for y of every point", "mend the first line"
        )
    return file, header


def unclear(file: Path, what: str, example: str) -> DataError:
    """The error of a table that lacks columns."""
    return DataError(
        f"{file} has no columns of {what}",
        f"a first line such as {example}",
        "name the columns, or the format",
    )


def rows_of(
    file: Path,
    header: Header,
    numbers: list[int],
    findings: list[Finding],
    group: str | None,
    *,
    several: bool = False,
) -> tuple[Rows, Path, tuple[str, ...]]:
    """The usable lines, the folder of their pictures, and notes about paths; the others become findings.

    Args:
        file: the table.
        header: its columns.
        numbers: the columns that hold numbers.
        findings: get what is wrong with a line.
        group: the column that says which pictures belong together; None for one with a usual name.
        several: whether a picture may stand in several lines.

    Raises:
        DataError: no line can be used.
        SettingError: there is no column ``group``.
    """
    lines = list(_lines(file, header))
    part = header.column(*SPLIT_COLUMNS)
    groups = GroupRows.of(header.columns, group, (header.image, part, header.column(*CLASS_COLUMNS)))
    root, rows = file.parent, Rows(groups)
    paths = TablePaths(root, (cells[header.image] for _, cells in lines if len(cells) > header.image))
    for line, cells in lines:
        if problem := _problem(cells, header, numbers, paths):
            findings.append(Finding(problem[0], f"{file}:{line}", problem[1]))
            continue
        name, word = paths.find(cells[header.image]) or "", cells[part].lower() if part is not None else ""
        split = SPLITS.index(SPLIT_WORDS[word]) if word in SPLIT_WORDS else UNSAID
        if contradiction := rows.contradiction(name, split, several=several):
            findings.append(Finding("contradiction", f"{file}:{line}", contradiction))
        else:
            rows.add(name, split, line, cells)
    if not rows.files:
        shown = "; ".join(map(str, findings[:3])) or "it has a first line only"
        raise DataError(
            f"{file} has no line that can be used ({shown})", "a line for each picture", "mend it"
        )
    return rows, root, paths.notes()


def _lines(file: Path, header: Header) -> Iterator[tuple[int, list[str]]]:
    """Number and stripped cells of every line that is not empty."""
    try:
        with file.open(encoding="utf-8-sig", newline="") as stream:
            reader = csv.reader(stream, delimiter=header.separator)
            next(reader)
            for cells in reader:
                if any(cell.strip() for cell in cells):
                    yield reader.line_num, [cell.strip() for cell in cells]
    except (csv.Error, UnicodeDecodeError) as reason:
        raise DataError(
            f"{file} cannot be read ({reason})", "a table in UTF-8", "save it as CSV (UTF-8)"
        ) from reason


def _problem(
    cells: list[str], header: Header, numbers: list[int], paths: TablePaths
) -> tuple[str, str] | None:
    """Kind and detail of what makes a line unusable."""
    if len(cells) != len(header.columns):
        return "unlabelled", f"{len(cells)} cells, not {len(header.columns)}"
    name = paths.find(cells[header.image])
    if name is None:
        near = paths.nearest(cells[header.image])
        return "missing", f"there is no file {cells[header.image]!r}" + (f"; near: {near}" if near else "")
    if paths.is_outside(name):
        return "outside", f"{name} lies outside the folder of the table"
    if problem := _half_empty(cells, header, numbers):
        return "unlabelled", problem
    for column in numbers:
        try:
            value = float(cells[column] or 0)
        except ValueError:
            return "unlabelled", f"{header.columns[column]} is {cells[column]!r}, not a number"
        if not np.isfinite(value):
            return "unlabelled", f"{header.columns[column]} is {cells[column]}"
    return None


def _half_empty(cells: list[str], header: Header, numbers: list[int]) -> str:
    """A column that is empty where others say that something is there; "" if there is none."""
    if header.box and numbers == list(header.box[0]):
        empty = [header.columns[column] for column in numbers if not cells[column]]
        return f"{empty[0]} is empty" if 0 < len(empty) < len(numbers) else ""
    for _, x, y, seen in header.points:
        hidden = seen is not None and cells[seen] in ("", "0", "0.0")
        empty = [header.columns[column] for column in (x, y) if not cells[column]]
        if x in numbers and empty and not hidden:
            return f"{empty[0]} is empty"
    return ""


def corners(
    rows: Rows, columns: tuple[int, ...], *, sides: bool
) -> tuple[NDArray[np.float32], NDArray[np.bool_]]:
    """For each line its box (lines, 4) as corners, and whether it has one."""
    cells = [[cells[column] for column in columns] for cells in rows.cells]
    with np.errstate(over="ignore"):  # what is beyond float32 becomes infinite, and is told as a bad box
        boxes = np.array([[float(cell or 0) for cell in line] for line in cells], np.float32)
    if sides:
        boxes[:, 2:] += boxes[:, :2]
    return boxes, np.array([any(line) for line in cells], np.bool_)


def scaled(
    file: Path, header: Header, rows: Rows, known: NDArray[np.float32], root: Path, findings: list[Finding]
) -> tuple[tuple[str, ...], NDArray[np.float32]]:
    """Notes, and the factor (lines, 1, 2) that makes the numbers pixels; sizes that differ are refused."""
    factor = np.ones((len(rows.lines), 1, 2), np.float32)
    width, height = header.column("width"), header.column("height")
    if width is not None and height is not None:
        step = max(1, len(rows.lines) // SIZES_READ)
        for index in range(0, len(rows.lines), step):
            cells, size = rows.cells[index], picture_size(root / rows.files[rows.pictures[index]])
            if size and (cells[width], cells[height]) != (str(size[1]), str(size[0])):
                detail = f"measured in {cells[width]}x{cells[height]}, the picture has {size[1]}x{size[0]}"
                findings.append(Finding("frame", f"{file}:{rows.lines[index]}", detail))
    if not len(known) or not ((known >= 0) & (known <= 1)).all():
        return (), factor
    sizes = [picture_size(root / name) or (1, 1) for name in rows.files]
    factor[:, 0] = np.array(sizes, np.float32)[rows.pictures, ::-1]
    return ("numbers between 0 and 1 are taken as shares of the pictures' sides",), factor


def found_rows(
    rows: Rows, root: Path, annotations: Annotations, findings: list[Finding], notes: tuple[str, ...]
) -> Found:
    """The usable lines with what they say."""
    groups, split = rows.groups.groups(), np.array(rows.split, np.int8)
    notes += groups.notes if groups else ()
    return Found(Files(root, rows.files), annotations, split, tuple(findings), notes, groups)
