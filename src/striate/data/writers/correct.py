"""A corrected copy of a data set: the original is never touched, and the copy appears when all is written.

folders of classes   pictures are copied into the folder of their class
a table              its rows with other labels, or without some; pictures are copied beside it
boxes                written in the layout of the data: coco, voc, yolo
"""

import csv
import os
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, replace
from itertools import islice
from pathlib import Path
from typing import Any

import numpy as np
import torch

from striate.data.annotations.box_annotations import BoxAnnotations
from striate.data.formats.csv import tables_in
from striate.data.formats.csv_columns import LABEL_WORDS, columns_of, names_of, rows_of
from striate.data.formats.csv_paths import TRIED, TablePaths
from striate.data.formats.index import Found
from striate.data.formats.people import people_tables, words_for
from striate.data.image_store import Files
from striate.data.read_dataset import read_found
from striate.data.readers import reader_of
from striate.data.recognise import recognise
from striate.data.writers.convert import WRITERS, beside_folder, labelled_of, refuse_existing
from striate.data.writers.corrections import Correction, by_picture, of_other_data, read_corrections
from striate.data.writers.layout import Labelled, put
from striate.errors import DataError
from striate.formatting import plural
from striate.ops import box_iou

FOLDERS, TABLES = ("folder", "people"), ("csv", "people-csv")

SAME = 0.9
"""IoU from which on a box of the list is one of the data."""


@dataclass(frozen=True)
class Corrected:
    """What was written.

    Args:
        path: the folder.
        format: its layout.
        changed: corrections by action.
        pictures: that the copy has.
    """

    path: Path
    format: str
    changed: dict[str, int]
    pictures: int

    def __repr__(self) -> str:
        done = ", ".join(f"{name} {count:,}" for name, count in self.changed.items())
        return f"{self.path}: {plural(self.pictures, 'picture')}; {done}"


def correct(
    source: Path, list_of: Path, target: Path, format: str | None = None, accept: Collection[str] = ()
) -> Corrected:
    """Write a corrected copy.

    Args:
        source: the data, as for ``read``.
        list_of: the corrections, see ``read_corrections``.
        target: a new folder.
        format: of the data; recognised by looking when left out.
        accept: kinds of findings that do not stop it.

    Raises:
        DataError: the list cannot be read, is of other data, or no such data can be corrected.
        FileError: the folder exists, or cannot be written.
    """
    refuse_existing(target)
    corrections = read_corrections(list_of)
    name = format or recognise(source)
    boxes = name in WRITERS
    if not boxes and name not in (*FOLDERS, *TABLES):
        raise DataError(
            f"{source} is read as {name}, which cannot be corrected",
            "folders, a table, or boxes: " + ", ".join((*FOLDERS, *TABLES, *WRITERS)),
            "mend the data by hand; --format if another layout is meant",
        )
    found = read_found(source, name, accept, None, details=True) if boxes else reader_of(name, accept)(source)
    places, corrections = _places(found, corrections)
    with beside_folder(target) as folder:
        if boxes:
            count = _boxes(found, name, by_picture(corrections), places, folder)
        else:
            _require_classes(found, corrections, places)
            if name in FOLDERS:
                _require_folders(corrections)
            writer: Callable[..., int] = _folders if name in FOLDERS else _table
            count = writer(found, source, by_picture(corrections), folder)
    counts = dict[str, int]()
    for one in corrections:
        counts[one.action] = counts.get(one.action, 0) + 1
    return Corrected(target, name, counts, count)


def _places(found: Found, corrections: Sequence[Correction]) -> tuple[dict[str, int], list[Correction]]:
    """{picture: its place} of those that are named, and the corrections with paths inside the data set.

    Raises:
        DataError: one is not there.
    """
    wanted = {one.picture for one in corrections}
    known, inside = dict[str, int](), dict[str, str]()
    for place in range(len(found.store)):
        short, whole = (one(place).replace("\\", "/") for one in (found.store.relative, found.store.name))
        for name in {short, whole} & wanted:
            known[short], known[name], inside[name] = place, place, short
    missing = [one for one in corrections if one.picture not in known]
    if missing:
        raise of_other_data(missing, f"there is no picture {missing[0].picture!r}")
    return known, [replace(one, picture=inside[one.picture]) for one in corrections]


def _require_classes(found: Found, corrections: Sequence[Correction], places: dict[str, int]) -> None:
    """Classes are changed as a whole, and are what the list says that they were.

    Raises:
        DataError: a box is named, or a class is another one.
    """
    boxed = [one for one in corrections if one.action not in ("relabel", "drop")]
    if boxed:
        raise of_other_data(boxed, f"{boxed[0].action} of pictures that have no boxes")
    for one in corrections:
        words = found.annotations.words(places[one.picture])
        if one.was and one.was != words:
            raise of_other_data([one], f"{one.picture} is {words!r}, and not {one.was!r}")


def _require_folders(corrections: Sequence[Correction]) -> None:
    """Every label can be the name of a folder.

    Raises:
        DataError: one cannot.
    """
    for one in corrections:
        if set(one.label) & {"/", "\\", "\0"} or one.label in (".", ".."):
            wrong = f"line {one.line} has the label {one.label!r}"
            raise DataError(wrong, "a name without slashes", "another name")


def _folders(found: Found, source: Path, changes: dict[str, list[Correction]], target: Path) -> int:
    """Copy the pictures, each into the folder of its class; how many."""
    count = 0
    for place in range(len(found.store)):
        name = found.store.relative(place).replace("\\", "/")
        last = changes.get(name, [None])[-1]
        if last is not None and last.action == "drop":
            continue
        given = found.annotations.words(place)
        put(
            found.store.name(place),
            _free(target / _moved(name, given, last.label if last else given)),
            "copy",
        )
        count += 1
    return count


def _moved(name: str, given: str, label: str) -> str:
    """A path with another folder of the class.

    >>> _moved("train/cat/old/1.jpg", "cat", "dog")
    'train/dog/old/1.jpg'
    """
    folders = name.split("/")
    if given != label:
        folders[folders.index(given)] = label
    return "/".join(folders)


def _free(path: Path) -> Path:
    """A path that is not taken, as two pictures of one name may come into one folder."""
    number, free = 2, path
    while free.exists():
        free, number = path.with_name(f"{path.stem}-{number}{path.suffix}"), number + 1
    return free


def _table(found: Found, source: Path, changes: dict[str, list[Correction]], target: Path) -> int:
    """Write the rows with their new labels, and copy the pictures; how many rows."""
    people = found.annotations.identities() is not None
    words = words_for(source) if people else LABEL_WORDS
    file = (people_tables(source) if people else tables_in(source, words))[0]
    columns = columns_of(file, words)
    if columns is None or columns.label is None:
        wrong = f"{file} has a column for each class"
        raise DataError(wrong, "a column with the class of each picture", "write the table in that form")
    written = (_path(cells, columns.path) for _, cells in rows_of(file, columns))
    paths = TablePaths(file.parent, islice(written, TRIED))
    copied = set[str]()
    with (target / file.name).open("w", encoding="utf-8", newline="") as stream:
        writer = csv.writer(stream, delimiter=columns.separator)
        writer.writerow(names_of(file, columns))
        for _, cells in rows_of(file, columns):
            name = paths.find(_path(cells, columns.path))
            last = changes.get(name.replace("\\", "/"), [None])[-1] if name else None
            if last is not None and last.action == "drop":
                continue
            kept = [*cells, *[""] * (columns.label + 1 - len(cells))]
            if last is not None:
                kept[columns.label] = last.label
            if name and paths.is_outside(name):  # it stays where it is
                kept[columns.path] = os.path.join(paths.folder, name)
            elif name:
                kept[columns.path] = name
                if name not in copied:
                    put(str(file.parent / name), target / name, "copy")
            copied |= {name} if name else set()
            writer.writerow(kept)
    return len(copied)


def _path(cells: Sequence[str], column: int) -> str:
    """The path in a row; "" in a row that ends before it."""
    return cells[column].strip() if column < len(cells) else ""


def _boxes(
    found: Found, name: str, changes: dict[str, list[Correction]], places: dict[str, int], target: Path
) -> int:
    """Write the boxes as they are after the corrections; how many pictures."""
    annotations = found.annotations
    assert isinstance(annotations, BoxAnnotations)
    assert isinstance(found.store, Files)
    for picture, own in changes.items():
        for one in own:
            annotations = _with(annotations, places[picture], one)
    labelled, _ = labelled_of(replace(found, annotations=annotations), {}, 0)
    dropped = {
        places[picture] for picture, own in changes.items() if any(one.action == "drop" for one in own)
    }
    kept = np.array([place for place in range(len(labelled.names)) if place not in dropped], np.int64)
    rest = Labelled(
        [labelled.sources[place] for place in kept],
        [labelled.names[place] for place in kept],
        labelled.split[kept],
        labelled.annotations.subset(kept),
    )
    WRITERS[name](rest, target, "copy")
    return len(kept)


def _with(known: BoxAnnotations, place: int, one: Correction) -> BoxAnnotations:
    """Boxes after one correction.

    Raises:
        DataError: the box that it names is not there.
    """
    if one.action == "drop":
        return known
    classes = known.classes if one.label in ("", *known.classes) else (*known.classes, one.label)
    known = replace(known, classes=classes)
    if one.action == "add-box":
        return _added(known, place, np.array([one.box], np.float32), classes.index(one.label))
    row = _row_of(known, place, one)
    if one.action == "remove-box":
        keep = np.ones(len(known.boxes), np.bool_)
        keep[row] = False
        return known.where(keep)
    boxes, labels = known.boxes.copy(), known.labels.copy()
    labels[row] = classes.index(one.label)
    if one.box is not None and one.action == "move-box":
        boxes[row] = one.box
    return replace(known, boxes=boxes, labels=labels)


def _row_of(known: BoxAnnotations, place: int, one: Correction) -> int:
    """The box of the data that a correction names.

    Raises:
        DataError: there is none.
    """
    rows = known.rows(np.array([place]))
    if one.old is not None and len(rows):
        overlap = box_iou(torch.tensor([one.old]), torch.from_numpy(known.boxes[rows]))[0]
        fits = [known.classes[label] == one.was or not one.was for label in known.labels[rows].tolist()]
        best = int((overlap * torch.tensor(fits)).argmax())
        if fits[best] and float(overlap[best]) >= SAME:
            return int(rows[best])
    box = "no box" if one.old is None else f"no box {one.was} at {' '.join(f'{side:g}' for side in one.old)}"
    raise of_other_data([one], f"{one.picture} has {box}")


def _added(known: BoxAnnotations, place: int, box: np.ndarray[Any, Any], label: int) -> BoxAnnotations:
    """Boxes with one more on a picture; of its further columns nothing is known."""
    at = int(known.ends[place])
    ends = known.ends.copy()
    ends[place:] += 1
    columns = {
        name: np.insert(column, at, "" if column.dtype == object else np.zeros(1, column.dtype)[0], axis=0)
        for name, column in known.columns.items()
    }
    return replace(
        known,
        boxes=np.insert(known.boxes, at, box[0], axis=0),
        labels=np.insert(known.labels, at, label),
        ends=ends,
        columns=columns,
    )
