"""The first line of a table of points or boxes: which column holds what.

image,left_eye_x,left_eye_y,left_eye_v,nose_x,nose_y,...    points; v is 0 where a point is not visible
image,x0,y0,x1,y1,...                                       points that are numbered
image,class,x1,y1,x2,y2   or   image,class,x,y,w,h          a box; xmin,ymin,xmax,ymax are corners too
image,x1,y1,x2,y2,caption   or   image,caption              a sentence on a region, or on the whole picture
"""

import csv
import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from striate.data.formats.csv import ENDINGS
from striate.data.formats.csv_columns import LABEL_WORDS, PATH_WORDS, SEPARATORS
from striate.files.regular import open_regular

NAMED = re.compile(r"(.+?)[_. ]([xyv])")
NUMBERED = re.compile(r"([xyv])_?(\d+)")
SIDES = ("x", "y", "w", "h")
BOXES = (("x1", "y1", "x2", "y2"), ("xmin", "ymin", "xmax", "ymax"), SIDES)
CAPTION_COLUMNS = ("caption", "phrase", "sentence")
CLASS_COLUMNS = ("class", "class_name", "category", "name", "label")


@dataclass(frozen=True)
class Header:
    """Which column holds what.

    Args:
        separator: of the columns.
        columns: names, lower case, in order.
        image: number of the column of the pictures.
        points: for each point its name and the numbers of its columns x, y, v (None: always visible).
        box: numbers of four columns, and whether they are x, y, w, h; None without a box.
    """

    separator: str
    columns: tuple[str, ...]
    image: int
    points: tuple[tuple[str, int, int, int | None], ...]
    box: tuple[tuple[int, ...], bool] | None

    @property
    def wrong(self) -> str:
        """What is wrong with the columns of numbers; empty if nothing is."""
        numbers = [name for name in self.columns if NUMBERED.fullmatch(name) or NAMED.fullmatch(name)]
        if twice := [name for name in numbers if numbers.count(name) > 1]:
            return f"the column {twice[0]} stands there twice"
        alone = [name for name in numbers if name not in self.used]
        return f"the column {alone[0]} has no partner" if alone else ""

    @property
    def used(self) -> set[str]:
        """The columns of points and of the box."""
        columns = {column for _, *three in self.points for column in three if column is not None}
        columns |= set(self.box[0]) if self.box else set()
        return {self.columns[column] for column in columns}

    @property
    def labelled(self) -> bool:
        """Whether a column names a class, so that the table can teach classification too."""
        return bool(LABEL_WORDS & (set(self.columns) - self.used))

    @property
    def boxed(self) -> bool:
        """Whether the columns are a class and its box, and no points besides."""
        if self.box is None or self.column(*CLASS_COLUMNS) is None:
            return False
        return all({x, y} <= set(self.box[0]) for _, x, y, _ in self.points)

    @property
    def caption(self) -> int | None:
        """The number of the column of sentences."""
        return self.column(*CAPTION_COLUMNS)

    def column(self, *names: str) -> int | None:
        """The number of the first column that has one of the names."""
        return next((self.columns.index(name) for name in names if name in self.columns), None)


def read_header(file: Path) -> Header | None:
    """What a table holds, from its first line; None without pictures, and points, a box or a caption."""
    try:
        with open_regular(file) as stream:
            first = stream.readline(1 << 20).decode("utf-8-sig", "replace")
    except OSError:
        return None
    for separator in SEPARATORS:
        cells = next(csv.reader([first], delimiter=separator), [])
        columns = tuple(cell.strip().lower() for cell in cells)
        image = next((number for number, name in enumerate(columns) if name in PATH_WORDS), None)
        box, points = _box_columns(columns), _point_columns(columns)
        captioned = bool(set(CAPTION_COLUMNS) & set(columns))
        if image is not None and (box or points or captioned):
            return Header(separator, columns, image, points, box)
    return None


def _box_columns(columns: Sequence[str]) -> tuple[tuple[int, ...], bool] | None:
    for names in BOXES:
        others = {f"{axis}{number}" for axis in "xy" for number in (0, 3)} & set(columns)
        if set(names) <= set(columns) and not others:
            return tuple(columns.index(name) for name in names), names == SIDES
    return None


def _point_columns(columns: Sequence[str]) -> tuple[tuple[str, int, int, int | None], ...]:
    found: dict[str, dict[str, int]] = {}
    for number, column in enumerate(columns):
        if match := NUMBERED.fullmatch(column):
            found.setdefault(match[2], {})[match[1]] = number
        elif match := NAMED.fullmatch(column):
            found.setdefault(match[1], {})[match[2]] = number
    return tuple(
        (name, at["x"], at["y"], at.get("v")) for name, at in found.items() if {"x", "y"} <= at.keys()
    )


def point_table(path: Path) -> Path | None:
    """The table of points, boxes or captions: the file itself, or the only one of a folder."""
    if path.is_file():
        return path if path.suffix.lower() in ENDINGS and read_header(path) else None
    tables = [file for file in sorted(path.iterdir()) if file.suffix.lower() in ENDINGS and file.is_file()]
    fitting = [file for file in tables if read_header(file)]
    return fitting[0] if len(fitting) == 1 else None
