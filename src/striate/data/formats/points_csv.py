"""Tables of points, a line for each picture, and of boxes, a line for each box; see ``table_header``.

Columns ``width`` and ``height`` are the size of the picture in which the numbers were measured, ``split`` its
split; for pictures that belong together see ``groups``. Other columns are left alone. Numbers between 0 and 1
throughout are shares of the sides, and a note says so. A line of a box table without numbers is a picture on
which there is nothing.
"""

from collections.abc import Iterator
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from striate.data.annotations.box_annotations import BoxAnnotations
from striate.data.annotations.origin import Origin
from striate.data.annotations.point_annotations import PointAnnotations, extent
from striate.data.checks.findings import Finding
from striate.data.formats.index import Found
from striate.data.formats.table_header import CLASS_COLUMNS, Header
from striate.data.formats.table_rows import (
    SIZES_READ,
    Rows,
    corners,
    found_rows,
    opened,
    rows_of,
    scaled,
    unclear,
)
from striate.data.image_store import Files
from striate.data.joints import joints_of
from striate.data.picture_size import picture_size
from striate.formatting import plural


def read_point_table(path: Path, *, group: str | None = None) -> Found:
    """The points of every picture.

    Args:
        path: of the table, or of a folder with one.
        group: the column that says which pictures belong together; None for one with a usual name.

    Raises:
        DataError: the table has no columns of points, or no usable line.
        SettingError: there is no column ``group``.
    """
    file, header, findings = *opened(path), list[Finding]()
    names = tuple(name for name, *_ in header.points)
    if not names:
        raise unclear(file, "points", "image,nose_x,nose_y,...")
    width = [column for _, x, y, v in header.points for column in (x, y, *([v] if v is not None else []))]
    rows, root, taken = rows_of(file, header, width, findings, group)
    values = np.array([[float(cells[column] or 0) for column in width] for cells in rows.cells], np.float32)
    points, visible = _split_values(values, header)
    notes, factor = scaled(file, header, rows, points[visible], root, findings)
    points *= factor
    findings += _outside(file, rows, root, points, visible)
    annotations = PointAnnotations(points, visible, extent(points, visible), joints_of(names))
    each = plural(len(names), "point")
    note = f"read as a table of points: {file.name}, {plural(len(rows.files), 'picture')} with {each}"
    return found_rows(rows, root, annotations, findings, (note, *taken, *notes))


def read_box_table(path: Path, *, group: str | None = None) -> Found:
    """The boxes of every picture; arguments as of ``read_point_table``.

    Raises:
        DataError: the table has no columns of a box, or no usable line.
        SettingError: there is no column ``group``.
    """
    file, header, findings = *opened(path), list[Finding]()
    if header.box is None:
        raise unclear(file, "a box", "image,class,x1,y1,x2,y2")
    columns, sides = header.box
    rows, root, taken = rows_of(file, header, list(columns), findings, group, several=True)
    boxes, there = corners(rows, columns, sides=sides)
    notes, factor = scaled(file, header, rows, boxes[there].reshape(-1, 2), root, findings)
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
    return found_rows(rows, root, annotations, findings, (note, *taken, *notes))


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
