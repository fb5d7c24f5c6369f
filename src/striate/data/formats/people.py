"""Pictures by identity: the layouts of classified pictures, read as people, characters or products.

    <identity>/*.jpg  <split>/<identity>/*.jpg   people       a folder
    image,person,...                             people-csv   a table; person, identity, ... or a label
    images, labels                               people-npz   arrays; (K, n, H, W) of K identities too

All pictures of an identity stay in one split.
"""

from dataclasses import replace
from pathlib import Path

import numpy as np

from striate.data.annotations.class_annotations import ClassAnnotations
from striate.data.annotations.identity_annotations import IdentityAnnotations
from striate.data.formats.csv import read_table, tables_in
from striate.data.formats.csv_columns import LABEL_WORDS, columns_of
from striate.data.formats.groups import WORDS, Groups
from striate.data.formats.image_folder import read_folder
from striate.data.formats.index import Found
from striate.data.formats.npz import read_npz

PEOPLE = {"folder": "people", "csv": "people-csv", "npz": "people-npz"}
"""Formats of classes -> the same layout read as identities."""


def read_people(path: Path) -> Found:
    """A folder with a folder for each identity.

    Raises:
        DataError: as ``read_folder``.
    """
    return as_people(read_folder(path))


def read_people_table(path: Path, *, outside: bool = False, group: str | None = None) -> Found:
    """A table of files and identities; arguments and errors as ``read_table``."""
    return as_people(read_table(path, outside=outside, group=group, labels=words_for(path)))


def read_people_arrays(path: Path) -> Found:
    """Arrays of images and identities.

    Raises:
        DataError: as ``read_npz``.
    """
    return as_people(read_npz(path))


def people_tables(path: Path) -> list[Path]:
    """The file itself, or the tables of a folder whose first line names files and identities."""
    return tables_in(path, WORDS) or tables_in(path)


def words_for(path: Path) -> frozenset[str]:
    """The names of the column of identities: a label will do where nothing says more."""
    tables = tables_in(path, WORDS)
    return WORDS if tables and columns_of(tables[0], WORDS) is not None else LABEL_WORDS


def as_people(found: Found) -> Found:
    """Classes as identities, each of which stays in one split."""
    known = found.annotations
    assert isinstance(known, ClassAnnotations)
    together = Groups("identity", known.labels.astype(np.uint64), asked=True)
    note = f"{len(known.classes):,} identities; all pictures of one stay in one split"
    kept = tuple(one for one in found.notes if "labels are read" not in one)
    annotations = IdentityAnnotations(known.labels, known.classes)
    return replace(found, annotations=annotations, groups=together, notes=(*kept, note))
