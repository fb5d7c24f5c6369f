"""Tables of captions, a line for each sentence; see ``table_header``.

    image,x1,y1,x2,y2,caption           a line without numbers, or a table without these columns, is about the
    a.jpg,10,20,60,80,a red circle      whole picture; lines of one picture with the same numbers are captions
    a.jpg,10,20,60,80,"one circle"      of one region

Columns ``split``, ``width`` and ``height``, and groups, as for tables of boxes.
"""

from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from striate.data.annotations.caption_annotations import REGION, CaptionAnnotations, CaptionTexts
from striate.data.annotations.origin import Origin
from striate.data.checks.findings import Finding
from striate.data.formats.index import Found
from striate.data.formats.table_rows import Rows, corners, found_rows, opened, rows_of, scaled, unclear
from striate.data.image_store import Files
from striate.data.picture_size import picture_size
from striate.formatting import plural


def read_caption_table(path: Path, *, group: str | None = None) -> Found:
    """The captions of every picture.

    Args:
        path: of the table, or of a folder with one.
        group: the column that says which pictures belong together; None for one with a usual name.

    Raises:
        DataError: the table has no column of captions, or no usable line.
        SettingError: there is no column ``group``.
    """
    file, header, findings = *opened(path), list[Finding]()
    if header.caption is None:
        raise unclear(file, "captions", "image,x1,y1,x2,y2,caption")
    columns, sides = header.box or ((), False)
    rows, root, taken = rows_of(file, header, list(columns), findings, group, several=True)
    sizes = np.array([picture_size(root / name) or (0, 0) for name in rows.files], np.int32).reshape(-1, 2)
    whole = np.zeros((len(rows.lines), 4), np.float32)
    whole[:, 2:] = sizes[rows.pictures, ::-1]
    boxes, notes = whole, tuple[str, ...]()
    if columns:
        found, there = corners(rows, columns, sides=sides)
        notes, factor = scaled(file, header, rows, found[there].reshape(-1, 2), root, findings)
        boxes = np.where(there[:, None], found * np.tile(factor[:, 0], 2), whole).astype(np.float32)
    annotations = _annotations(file, rows, boxes, sizes, header.caption)
    counted = f"{plural(len(rows.files), 'picture')}, {plural(len(annotations.boxes), 'region')}"
    note = f"read as a table of captions: {file.name}, {counted}, {plural(len(rows.lines), 'caption')}"
    return found_rows(rows, root, annotations, findings, (note, *taken, *notes))


def _annotations(
    file: Path, rows: Rows, boxes: NDArray[np.float32], sizes: NDArray[np.int32], caption: int
) -> CaptionAnnotations:
    """The regions picture by picture, each with the sentences of its lines."""
    regions: dict[tuple[int, bytes], list[int]] = {}
    for line, picture in enumerate(rows.pictures):
        regions.setdefault((picture, boxes[line].tobytes()), []).append(line)
    kept = sorted(regions.values(), key=lambda lines: rows.pictures[lines[0]])
    first = np.array([lines[0] for lines in kept], np.int64)
    texts = CaptionTexts()
    for lines in kept:
        texts.add(rows.cells[line][caption] for line in lines)
    counts = np.bincount(np.array(rows.pictures, np.int64)[first], minlength=len(rows.files))
    return CaptionAnnotations(
        boxes[first],
        np.zeros(len(first), np.int32),
        np.cumsum(counts, dtype=np.int64),
        (REGION,),
        {"line": np.array(rows.lines, np.int64)[first], **texts.columns()},
        {"file": np.zeros(len(rows.files), np.int32), "size": sizes},
        Origin(Files(file.parent, [file.name])),
        texts=texts.texts(),
    )
