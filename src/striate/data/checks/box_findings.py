"""What is wrong with boxes, as far as numbers and the sizes of the pictures tell.

    NaN or infinite      x2 < x1 or y2 < y1      no area      more than a pixel outside of its picture

These stop a training, each with file and line, until ``--on-bad-box`` says what shall become of them.
"""

from collections.abc import Iterator
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from striate.data.checks.findings import LISTED, Finding, Findings
from striate.formatting import plural

if TYPE_CHECKING:
    from striate.data.annotations.box_annotations import BoxAnnotations

SLACK = 1.0
"""Pixels by which a box may leave its picture: half of all tools count from 1."""

FINE, NOT_A_NUMBER, SWAPPED, FLAT, OUTSIDE = range(5)
WORDS = ("", "NaN or infinite", "swapped corners", "no area", "outside of the picture")

BACKGROUNDS = frozenset(("background", "__background__", "_background_", "bg"))

LEAST_SIDE = 4
"""Pixels of a picture from which boxes between 0 and 1 cannot be meant as pixels."""


def box_problems(boxes: NDArray[np.float32], sizes: NDArray[np.int64]) -> NDArray[np.int8]:
    """int8 (M,): what is wrong with each box, an index into ``WORDS``.

    Args:
        boxes: float32 (M, 4), x1, y1, x2, y2.
        sizes: int64 (M, 2), height and width of the picture of each, 0 where nobody knows.

    >>> rows = np.array([[0, 0, 4, 4], [4, 0, 0, 4], [0, 0, 0, 4], [0, 0, 9, 4]], np.float32)
    >>> [WORDS[number] for number in box_problems(rows, np.full((4, 2), 4))]
    ['', 'swapped corners', 'no area', 'outside of the picture']
    """
    start, end = boxes[:, :2], boxes[:, 2:]
    far = np.where(sizes > 0, sizes, np.inf)[:, ::-1] + SLACK
    with np.errstate(invalid="ignore"):
        problems = np.zeros(len(boxes), np.int8)
        problems[((start < -SLACK) | (end > far)).any(1)] = OUTSIDE
        problems[(end == start).any(1)] = FLAT
        problems[(end < start).any(1)] = SWAPPED
    problems[~np.isfinite(boxes).all(1)] = NOT_A_NUMBER
    return problems


def box_findings(annotations: "BoxAnnotations") -> Iterator[Finding]:
    """What is wrong or odd with boxes and classes, whatever split they are in."""
    yield from _bad_boxes(annotations)
    yield from _units(annotations)
    yield from _small(annotations)
    yield from _classes(annotations)
    marked = int(annotations.ignored(np.arange(len(annotations.boxes))).sum())
    if marked:
        yield Finding("crowd", "annotations", f"{marked:,} of {len(annotations.boxes):,} boxes")
    empty = int((annotations.numbers == 0).sum())
    if empty:
        yield Finding("no-box", "annotations", f"{empty:,} of {len(annotations):,} pictures")


def _bad_boxes(annotations: "BoxAnnotations") -> Iterator[Finding]:
    problems = box_problems(annotations.boxes, annotations.sizes())
    findings, bad = Findings(), np.flatnonzero(problems)
    for row in bad[:LISTED].tolist():
        detail = f"{annotations.described(row)}: {WORDS[problems[row]]}"
        if problems[row] == OUTSIDE:
            height, width = _size(annotations, row)
            detail += f", {width} x {height}" if height else ""
        findings.add("bad-box", annotations.place(row), detail)
    findings.more("bad-box", max(0, len(bad) - LISTED))
    yield from findings


def _size(annotations: "BoxAnnotations", row: int) -> tuple[int, int]:
    """Height and width of the picture of one box, 0 where nobody says."""
    if "size" not in annotations.pictures:
        return 0, 0
    height, width = annotations.pictures["size"][np.searchsorted(annotations.ends, row, side="right")]
    return int(height), int(width)


def _units(annotations: "BoxAnnotations") -> Iterator[Finding]:
    """Shares of the sides, where pixels are expected."""
    boxes, sizes = annotations.boxes, annotations.pictures.get("size")
    large = sizes is None or not len(sizes) or sizes.max() > LEAST_SIDE
    if len(boxes) and large and np.isfinite(boxes).all() and boxes.min() >= 0 and boxes.max() <= 1:
        detail = f"all {len(boxes):,} boxes lie between 0 and 1, as shares of the sides do"
        yield Finding("units", "annotations", detail)


def _small(annotations: "BoxAnnotations") -> Iterator[Finding]:
    """Boxes of a pixel."""
    with np.errstate(invalid="ignore"):
        sides = annotations.boxes[:, 2:] - annotations.boxes[:, :2]
        small = np.flatnonzero(((sides > 0) & (sides <= 1)).any(1) & (sides > 0).all(1))
    findings = Findings()
    for row in small[:LISTED].tolist():
        findings.add("one-pixel", annotations.place(row), annotations.described(row))
    findings.more("one-pixel", max(0, len(small) - LISTED))
    yield from findings


def _classes(annotations: "BoxAnnotations") -> Iterator[Finding]:
    for name, count in zip(annotations.classes, annotations.counts().tolist(), strict=True):
        if name.lower() in BACKGROUNDS and count:
            yield Finding("background", name, f"{plural(int(count), 'box')}; what is nothing has no box")
        if count <= 1:
            yield Finding("one-example" if count else "no-example", name)
