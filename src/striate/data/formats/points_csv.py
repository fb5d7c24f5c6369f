"""Tables of points, a line for each picture, and of boxes, a line for each box; see ``table_header``.

Columns ``width`` and ``height`` are the size of the picture in which the numbers were measured, ``split`` its
split; for pictures that belong together see ``groups``. Other columns are left alone. Numbers between 0 and 1
throughout are shares of the sides, and a note says so. A line of a box table without numbers is a picture on
which there is nothing.
"""

import csv
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from striate.data.annotations.annotations import Annotations
from striate.data.annotations.box_annotations import BoxAnnotations
from striate.data.annotations.origin import Origin
from striate.data.annotations.point_annotations import PointAnnotations
from striate.data.checks.findings import Finding
from striate.data.formats.csv_columns import SPLIT_COLUMNS
from striate.data.formats.csv_paths import TablePaths
from striate.data.formats.groups import GroupRows
from striate.data.formats.index import Found
from striate.data.formats.split_names import SPLIT_WORDS, SPLITS, UNSAID
from striate.data.formats.table_header import CLASS_COLUMNS, Header, point_table, read_header
from striate.data.image_store import Files
from striate.data.joints import joints_of
from striate.data.picture_size import picture_size
from striate.errors import DataError
from striate.formatting import plural

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


def read_point_table(path: Path, *, group: str | None = None) -> Found:
    """The points of every picture.

    Args:
        path: of the table, or of a folder with one.
        group: the column that says which pictures belong together; None for one with a usual name.

    Raises:
        DataError: the table has no columns of points, or no usable line.
        SettingError: there is no column ``group``.
    """
    file, header, findings = *_opened(path), list[Finding]()
    names = tuple(name for name, *_ in header.points)
    if not names:
        raise _unclear(file, "points", "image,nose_x,nose_y,...")
    width = [column for _, x, y, v in header.points for column in (x, y, *([v] if v is not None else []))]
    rows, root, taken = _rows(file, header, width, findings, group)
    values = np.array([[float(cells[column] or 0) for column in width] for cells in rows.cells], np.float32)
    points, visible = _split_values(values, header)
    notes, factor = _scaled(file, header, rows, points[visible], root, findings)
    points *= factor
    findings += _outside(file, rows, root, points, visible)
    annotations = PointAnnotations(points, visible, _extent(points, visible), joints_of(names))
    each = plural(len(names), "point")
    note = f"read as a table of points: {file.name}, {plural(len(rows.files), 'picture')} with {each}"
    return _found(rows, root, annotations, findings, (note, *taken, *notes))


def read_box_table(path: Path, *, group: str | None = None) -> Found:
    """The boxes of every picture; arguments as of ``read_point_table``.

    Raises:
        DataError: the table has no columns of a box, or no usable line.
        SettingError: there is no column ``group``.
    """
    file, header, findings = *_opened(path), list[Finding]()
    if header.box is None:
        raise _unclear(file, "a box", "image,class,x1,y1,x2,y2")
    columns, sides = header.box
    rows, root, taken = _rows(file, header, list(columns), findings, group)
    boxes, there = _corners(rows, columns, sides=sides)
    notes, factor = _scaled(file, header, rows, boxes[there].reshape(-1, 2), root, findings)
    order = np.argsort(np.array(rows.pictures, np.int64), kind="stable")
    order = order[there[order]]  # the lines with a box, picture by picture
    kind = header.column(*CLASS_COLUMNS)
    names = ["object" if kind is None else rows.cells[line][kind] for line in order]
    numbers = {name: number for number, name in enumerate(sorted(set(names)))}
    counts = np.bincount(np.array(rows.pictures, np.int64)[order], minlength=len(rows.files))
    sizes = np.array([picture_size(root / name) or (0, 0) for name in rows.files], np.int32).reshape(-1, 2)
    annotations = BoxAnnotations(
        (boxes * np.tile(factor[:, 0], 2))[order],
        np.array([numbers[name] for name in names], np.int32),
        np.cumsum(counts, dtype=np.int64),
        tuple(numbers),
        {"line": np.array(rows.lines, np.int64)[order]},
        {"file": np.zeros(len(rows.files), np.int32), "size": sizes},
        Origin(Files(file.parent, [file.name])),
    )
    pictures = plural(len(rows.files), "picture")
    note = f"read as a table of boxes: {file.name}, {pictures}, {plural(len(names), 'box')}"
    return _found(rows, root, annotations, findings, (note, *taken, *notes))


def _corners(
    rows: Rows, columns: tuple[int, ...], *, sides: bool
) -> tuple[NDArray[np.float32], NDArray[np.bool_]]:
    """For each line its box (lines, 4) as corners, and whether it has one."""
    cells = [[cells[column] for column in columns] for cells in rows.cells]
    boxes = np.array([[float(cell or 0) for cell in line] for line in cells], np.float32)
    if sides:
        boxes[:, 2:] += boxes[:, :2]
    return boxes, np.array([any(line) for line in cells], np.bool_)


def _found(
    rows: Rows, root: Path, annotations: Annotations, findings: list[Finding], notes: tuple[str, ...]
) -> Found:
    """The usable lines with what they say."""
    groups, split = rows.groups.groups(), np.array(rows.split, np.int8)
    notes += groups.notes if groups else ()
    return Found(Files(root, rows.files), annotations, split, tuple(findings), notes, groups)


def _opened(path: Path) -> tuple[Path, Header]:
    file = point_table(path) or path
    header = read_header(file) if file.is_file() else None
    if header is None:
        raise _unclear(file, "points or boxes", "image,nose_x,nose_y,...")
    if header.wrong:
        raise DataError(
            f"{file}: {header.wrong}", "one column for x and one for y of every point", "mend the first line"
        )
    return file, header


def _split_values(
    values: NDArray[np.float32], header: Header
) -> tuple[NDArray[np.float32], NDArray[np.bool_]]:
    """Points (N, L, 2) and visible (N, L) from the columns of all points, one after the other."""
    points = np.zeros((len(values), len(header.points), 2), np.float32)
    visible = np.ones(points.shape[:2], np.bool_)
    column = 0
    for number, (_, _, _, seen) in enumerate(header.points):
        points[:, number] = values[:, column : column + 2]
        column += 2
        if seen is not None:
            visible[:, number] = values[:, column] > 0
            column += 1
    return points, visible


def _rows(
    file: Path, header: Header, numbers: list[int], findings: list[Finding], group: str | None
) -> tuple[Rows, Path, tuple[str, ...]]:
    """The usable lines, the folder of their pictures, and notes about paths; the others become findings."""
    lines = list(_lines(file, header))
    part = header.column(*SPLIT_COLUMNS)
    groups = GroupRows.of(header.columns, group, (header.image, part, header.column(*CLASS_COLUMNS)))
    root, rows = file.parent, Rows(groups)
    several = header.box is not None and numbers == list(header.box[0])
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


def _scaled(
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


def _outside(
    file: Path, rows: Rows, root: Path, points: NDArray[np.float32], visible: NDArray[np.bool_]
) -> Iterator[Finding]:
    """Visible points that lie more than a pixel outside of their picture, of up to 2,000 pictures."""
    for index in range(0, len(rows.files), max(1, len(rows.files) // SIZES_READ)):
        size = picture_size(root / rows.files[index])
        if size is None:
            continue
        far = ((points[index] < -1) | (points[index] > (size[1] + 1, size[0] + 1))).any(1) & visible[index]
        if far.any():
            x, y = points[index][far][0]
            detail = f"a point at {x:g}, {y:g}, the picture has {size[1]}x{size[0]}"
            yield Finding("outside-picture", f"{file}:{rows.lines[index]}", detail)


def _extent(points: NDArray[np.float32], visible: NDArray[np.bool_]) -> NDArray[np.float32]:
    """float32 (N,): the longer side of the box around the visible points, at least one pixel."""
    low = np.where(visible[..., None], points, np.inf).min(1)
    high = np.where(visible[..., None], points, -np.inf).max(1)
    sides: Any = np.maximum(high - low, 0)
    longer = np.where(np.isfinite(sides), sides, 0).max(1)
    return np.asarray(np.maximum(longer, 1), np.float32)


def _unclear(file: Path, what: str, example: str) -> DataError:
    return DataError(
        f"{file} has no columns of {what}",
        f"a first line such as {example}",
        "name the columns, or the format",
    )
