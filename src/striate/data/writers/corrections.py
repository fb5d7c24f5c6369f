"""A list of corrections: what shall be changed in a data set, a line each.

picture,action,was,label,old_x1,old_y1,old_x2,old_y2,x1,y1,x2,y2
sea/07.jpg,relabel,sea,meadow,,,,,,,,
a.jpg,move-box,car,car,10,10,50,50,12,10,55,48

``picture`` is the path inside the data set. The page of ``striate mistakes`` writes such a list.
"""

import csv
from collections.abc import Iterable
from dataclasses import dataclass
from math import isfinite
from pathlib import Path
from typing import Any

from striate.errors import DataError
from striate.files.regular import open_regular, reason_of

COLUMNS = ("picture", "action", "was", "label")
OLD, NEW = ("old_x1", "old_y1", "old_x2", "old_y2"), ("x1", "y1", "x2", "y2")
ACTIONS = ("relabel", "drop", "add-box", "move-box", "remove-box")
NEEDS = {"relabel": "label", "add-box": "label", "move-box": "label"}
BOXED = {"add-box": (NEW,), "move-box": (OLD, NEW), "remove-box": (OLD,)}
"""The boxes that an action needs."""

Corners = tuple[float, float, float, float]


@dataclass(frozen=True)
class Correction:
    """What shall be changed of one picture, or of one box of it.

    Args:
        line: of the list, to be named in errors.
        picture: path inside the data set, with ``/``.
        action: one of ``ACTIONS``.
        was: the class that the data say; "" for none.
        label: the class that is right; "" for none.
        old: the box of the data; None for none.
        box: the box that is right; None for none.
    """

    line: int
    picture: str
    action: str
    was: str = ""
    label: str = ""
    old: Corners | None = None
    box: Corners | None = None


def read_corrections(path: str | Path) -> list[Correction]:
    """The lines of a list.

    Raises:
        DataError: it is no such list, or a line lacks what its action needs.
    """
    path = Path(path)
    try:
        with open_regular(path) as stream:
            text = stream.read().decode("utf-8-sig")
    except (OSError, UnicodeError) as reason:
        wrong = f"{path} cannot be read: {reason_of(reason)}"
        raise DataError(
            wrong, "a list of corrections in UTF-8", "the list of striate mistakes --page"
        ) from None
    rows = csv.DictReader(text.splitlines())
    missing = [name for name in COLUMNS[:2] if name not in (rows.fieldnames or ())]
    if missing:
        raise DataError(
            f"{path} is no list of corrections: it has no column {', '.join(missing)}",
            "the columns " + ", ".join((*COLUMNS, *OLD, *NEW)),
            "the list of striate mistakes --page",
        )
    try:
        found = [_read(path, rows.line_num, row) for row in rows]
    except csv.Error as reason:
        raise DataError(f"{path}: {reason}", "a table in UTF-8", "save it as CSV (UTF-8)") from reason
    if not found:
        raise DataError(f"{path} holds no correction", "one line or more", "tick some pictures on the page")
    return found


def _read(path: Path, line: int, row: dict[str, Any]) -> Correction:
    cells = {name: str(row.get(name) or "").strip() for name in (*COLUMNS, *OLD, *NEW)}
    place, action = f"{path}:{line}", cells["action"]
    if action not in ACTIONS or not cells["picture"]:
        wrong = f"{place} has the action {action!r} for {cells['picture']!r}"
        raise DataError(wrong, "a picture, and one of " + ", ".join(ACTIONS), "mend the line, or remove it")
    if action in NEEDS and not cells["label"]:
        raise DataError(f"{place}: {action} without a label", "the class that is right", "mend the line")
    old, new = (_corners(place, [cells[name] for name in names]) for names in (OLD, NEW))
    for names, box in ((OLD, old), (NEW, new)):
        if names in BOXED.get(action, ()) and box is None:
            wrong = f"{place}: {action} without {', '.join(names)}"
            raise DataError(wrong, "four numbers, pixels", "mend the line")
    picture = cells["picture"].replace("\\", "/")
    return Correction(line, picture, action, cells["was"], cells["label"], old, new)


def _corners(place: str, cells: list[str]) -> Corners | None:
    """The corners of a box; None for empty cells.

    Raises:
        DataError: they are no box.
    """
    if not any(cells):
        return None
    try:
        x1, y1, x2, y2 = map(float, cells)
    except ValueError:
        x1 = y1 = x2 = y2 = float("nan")
    if not all(map(isfinite, (x1, y1, x2, y2))) or x2 <= x1 or y2 <= y1:
        raise DataError(
            f"{place} has the box {' '.join(cells)}", "x1 < x2 and y1 < y2, pixels", "mend the line"
        )
    return x1, y1, x2, y2


def by_picture(corrections: Iterable[Correction]) -> dict[str, list[Correction]]:
    """The corrections of each picture, in their order."""
    found = dict[str, list[Correction]]()
    for one in corrections:
        found.setdefault(one.picture, []).append(one)
    return found


def of_other_data(corrections: Iterable[Correction], wrong: str) -> DataError:
    """The error of a list that does not fit the data.

    Args:
        corrections: those that do not fit.
        wrong: what does not fit of the first.
    """
    corrections = list(corrections)
    word = "line" if len(corrections) == 1 else "lines"
    lines = f"{word} " + ", ".join(str(one.line) for one in corrections[:5])
    return DataError(
        f"the corrections are of other data: {wrong} ({lines})",
        "the data that striate mistakes answered, as they were",
        "check the list; nothing was written",
    )
