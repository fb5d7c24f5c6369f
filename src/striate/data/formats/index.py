"""What a reader found before anything is split, and how rows of (file, label, split) become compact arrays.

A listed file costs its name and about 20 bytes: one offset, one class number, its number in the store.
"""

from array import array
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from striate.data.annotations.annotations import Annotations
from striate.data.annotations.class_annotations import ClassAnnotations
from striate.data.checks.findings import Finding
from striate.data.formats.groups import Groups
from striate.data.formats.split_names import SPLITS, UNSAID
from striate.data.image_store import Files, Store


class IndexRow(NamedTuple):
    """One labelled file: its path below the root, its class name, and its split or None."""

    name: str
    label: str
    split: str | None


@dataclass(frozen=True)
class Found:
    """What a reader found, before anything is split.

    Args:
        store: the images.
        annotations: what is known of them.
        split: int8 (N,), an index into ``SPLITS``, or ``UNSAID``.
        findings: what was odd.
        notes: sentences for the user.
        groups: of pictures that belong together; None where nothing tells.
    """

    store: Store
    annotations: Annotations
    split: NDArray[np.int8]
    findings: tuple[Finding, ...] = ()
    notes: tuple[str, ...] = ()
    groups: Groups | None = None

    @property
    def classes(self) -> tuple[str, ...]:
        """K names."""
        return self.annotations.classes


def gather(root: Path, rows: Iterable[IndexRow]) -> Found:
    """Rows as a ``Found``; they are read once and never held as objects."""
    labels, split, numbers = array("i"), array("b"), dict[str, int]()

    def names() -> Iterator[str]:
        for name, label, part in rows:
            labels.append(numbers.setdefault(label, len(numbers)))
            split.append(UNSAID if part is None else SPLITS.index(part))
            yield name

    store = Files(root, names())
    classes, order = sorted_classes(numbers)
    annotations = ClassAnnotations(order[np.array(labels, dtype=np.int64)], classes)
    return Found(store, annotations, np.array(split, dtype=np.int8))


def sorted_classes(numbers: dict[str, int]) -> tuple[tuple[str, ...], NDArray[np.int64]]:
    """Class names in order, and for every old number the new one.

    Names sort as text; when all of them are whole numbers they sort as numbers, so that 10 comes after 9.

    >>> sorted_classes({"10": 0, "9": 1})[0], sorted_classes({"cat": 0, "ant": 1})[0]
    (('9', '10'), ('ant', 'cat'))
    """
    all_numbers = all(name.isascii() and name.isdigit() for name in numbers)
    classes = sorted(numbers, key=(lambda name: (int(name), name)) if all_numbers else None)
    order = np.zeros(len(numbers), dtype=np.int64)
    for index, name in enumerate(classes):
        order[numbers[name]] = index
    return tuple(classes), order
