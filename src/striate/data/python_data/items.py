"""Pictures with what is known of them, by number: what every kind of Python object is read through.

torch Dataset, Subset, ConcatDataset    (picture, target), a dictionary or a Sample, by number
(pictures, targets)                     two sequences of one length
striate Dataset                         with its annotations as they are
"""

import os
from abc import ABC, abstractmethod
from bisect import bisect_right
from collections.abc import Mapping, Sequence
from itertools import accumulate
from typing import Any, final

import numpy as np
from torch import Tensor
from torch.utils.data import ConcatDataset, Subset

from striate.data.dataset import Dataset
from striate.errors import DataError, LabelError
from striate.files.regular import reason_of
from striate.records import Sample

PICTURE_KEYS = ("image", "img", "picture", "pixel_values")
TARGET_KEYS = (
    *("label", "labels", "target", "targets", "class", "mask", "points", "keypoints"),
    *("caption", "captions"),
)
BOXES = "boxes"
FORM = 'a picture and its target: (picture, target), {"image": ..., "label": ...} or a Sample'
WRAP = "a Dataset of yours whose items are such pairs; or take the target out in its __getitem__"

Item = tuple[Any, Any]
"""A picture and its target, as somebody gave them."""


class Items(ABC):
    """N pictures with what is known of them.

    Attributes:
        label: what to call them in messages.
        classes: names of class numbers, as far as anybody says.
    """

    label: str
    classes: tuple[str, ...] = ()

    @abstractmethod
    def __len__(self) -> int:
        """N."""

    @abstractmethod
    def item(self, index: int) -> Item:
        """A picture and its target, as somebody gave them."""

    def known(self) -> Sequence[Any] | None:
        """All targets, where they can be had without the pictures; else None."""
        return None

    def path(self, index: int) -> str | None:
        """The file of a picture, where it is known."""
        return None

    def name(self, index: int) -> str:
        """What to call a picture in messages."""
        return self.path(index) or f"{self.label}[{index}]"


@final
class DatasetItems(Items):
    """A data set of somebody's own, or of torchvision: ``len`` and ``[i]``.

    Args:
        dataset: items are as ``parted`` takes them.
        label: as of ``Items``.
    """

    def __init__(self, dataset: Any, label: str) -> None:
        self.dataset, self.label = dataset, label
        self.classes = classes_named(getattr(dataset, "classes", None), label)
        rows = getattr(dataset, "samples", None)
        self._rows = rows if isinstance(rows, list) and len(rows) == len(dataset) else None
        self._targets = self._told()

    def __len__(self) -> int:
        return len(self.dataset)

    def item(self, index: int) -> Item:
        """The item of that number.

        Raises:
            DataError: it cannot be read, or is no picture with a target.
        """
        try:
            found = self.dataset[index]
        except Exception as reason:  # of somebody's own code
            raise unread(self.name(index), reason) from reason
        return parted(found, f"{self.label}[{index}]")

    def known(self) -> Sequence[Any] | None:
        """``targets``, ``labels`` or ``samples`` of the data set, if its first and last items agree."""
        if self._targets is None or not len(self):
            return None
        ends = ((place, self.item(place)[1]) for place in {0, len(self) - 1})
        return self._targets if all(_same(self._targets[place], one) for place, one in ends) else None

    def path(self, index: int) -> str | None:
        """The file, of torchvision's folders, and of a list of paths with targets."""
        rows = self.dataset if isinstance(self.dataset, list) else self._rows
        row = None if rows is None else rows[index]
        return file_of(row[0]) if isinstance(row, tuple) and row else None

    def name(self, index: int) -> str:
        """The file, or what a sample of a list says that it came from."""
        row = self.dataset[index] if isinstance(self.dataset, list) else None
        return (row.source if isinstance(row, Sample) else "") or super().name(index)

    def _told(self) -> Sequence[Any] | None:
        """What attributes tell, one class for each picture."""
        for name in ("targets", "labels"):
            column = getattr(self.dataset, name, None)
            if isinstance(column, Tensor | np.ndarray):
                column = column.tolist() if column.ndim == 1 else None
            if isinstance(column, list | tuple) and len(column) == len(self.dataset):
                return column
        return None if self._rows is None else [row[-1] for row in self._rows]


@final
class PairedItems(Items):
    """Pictures and targets in two sequences of one length.

    Args:
        pictures: N, each as ``predict`` takes it.
        targets: N.
        label: as of ``Items``.

    Raises:
        DataError: there are more of one than of the other.
    """

    def __init__(self, pictures: Sequence[Any], targets: Sequence[Any], label: str) -> None:
        if len(pictures) != len(targets):
            wrong = f"{label}: {len(pictures)} pictures and {len(targets)} targets"
            raise DataError(wrong, "a target for each picture", "pictures and targets of one length")
        self.pictures, self.targets, self.label = pictures, targets, label

    def __len__(self) -> int:
        return len(self.pictures)

    def item(self, index: int) -> Item:
        """A picture and its target."""
        return self.pictures[index], self.targets[index]

    def known(self) -> Sequence[Any]:
        """The targets."""
        return self.targets

    def path(self, index: int) -> str | None:
        """The file, where a picture is given by its path."""
        return file_of(self.pictures[index])


@final
class AnnotatedItems(Items):
    """A data set of ours.

    Args:
        dataset: whose annotations are taken as they are.
        label: as of ``Items``.
    """

    def __init__(self, dataset: Dataset, label: str) -> None:
        self.dataset, self.label, self.classes = dataset, label, dataset.classes

    def __len__(self) -> int:
        return len(self.dataset)

    def item(self, index: int) -> Item:
        """A picture; its annotations are read elsewhere."""
        return self.dataset.image(index), None

    def name(self, index: int) -> str:
        """As in the data set."""
        return self.dataset.name(index)


@final
class ChosenItems(Items):
    """Some of other items.

    Args:
        whole: the others.
        indices: of those that are meant.
    """

    def __init__(self, whole: Items, indices: Sequence[int]) -> None:
        self.whole, self.indices = whole, np.asarray(indices, dtype=np.int64)
        self.label, self.classes = whole.label, whole.classes

    def __len__(self) -> int:
        return len(self.indices)

    def item(self, index: int) -> Item:
        """That of the whole."""
        return self.whole.item(int(self.indices[index]))

    def known(self) -> Sequence[Any] | None:
        """Those of the whole."""
        every = self.whole.known()
        return None if every is None else [every[place] for place in self.indices.tolist()]

    def path(self, index: int) -> str | None:
        """That of the whole."""
        return self.whole.path(int(self.indices[index]))

    def name(self, index: int) -> str:
        """That of the whole."""
        return self.whole.name(int(self.indices[index]))


@final
class JoinedItems(Items):
    """Items, and then others.

    Args:
        parts: one or more.
        label: as of ``Items``.
    """

    def __init__(self, parts: Sequence[Items], label: str) -> None:
        self.parts, self.label = parts, label
        self.ends = list(accumulate(map(len, parts)))
        names = {part.classes for part in parts}
        self.classes = names.pop() if len(names) == 1 else ()

    def __len__(self) -> int:
        return self.ends[-1]

    def place(self, index: int) -> tuple[Items, int]:
        """The part that holds an item, and its number there."""
        part = bisect_right(self.ends, index)
        return self.parts[part], index - (self.ends[part - 1] if part else 0)

    def item(self, index: int) -> Item:
        """That of its part."""
        part, own = self.place(index)
        return part.item(own)

    def known(self) -> Sequence[Any] | None:
        """Those of all parts, if all of them say."""
        found = [part.known() for part in self.parts]
        whole = [one for one in found if one is not None]
        return [target for part in whole for target in part] if len(whole) == len(found) else None

    def path(self, index: int) -> str | None:
        """That of its part."""
        part, own = self.place(index)
        return part.path(own)

    def name(self, index: int) -> str:
        """That of its part."""
        part, own = self.place(index)
        return part.name(own)


def classes_named(names: Any, label: str) -> tuple[str, ...]:
    """The names of class numbers that an attribute ``classes`` holds; none where it is something else.

    Args:
        names: a list or a tuple of texts, or a dictionary from name to number, or from number to name.
        label: of the data set, for messages.

    Raises:
        LabelError: a name comes twice, or the numbers of a dictionary are not 0, 1, ... .

    >>> classes_named({"dog": 1, "cat": 0}, "Mine"), classes_named(["cat", "dog"], "Mine")
    (('cat', 'dog'), ('cat', 'dog'))
    """
    if isinstance(names, Mapping):
        pairs = [(key, one) if isinstance(one, str) else (one, key) for key, one in names.items()]
        numbers = dict(pairs)
        if sorted(map(str, numbers)) != sorted(map(str, range(len(pairs)))):
            wrong = f"classes of {label} is a dictionary whose numbers are not 0 to {len(pairs) - 1}"
            raise LabelError(wrong, "a list of names, or {name: number}", 'classes = ["cat", "dog"]')
        names = [numbers[number] for number in range(len(pairs))]
    if not isinstance(names, list | tuple) or not all(isinstance(name, str) for name in names):
        return ()
    twice = next((name for name in names if names.count(name) > 1), None)
    if twice is not None:
        numbered = " and ".join(str(number) for number, name in enumerate(names) if name == twice)
        wrong = f"classes of {label} names {twice!r} for the numbers {numbered}"
        raise LabelError(wrong, "another name for each number", f"{twice}-2, or one number for both")
    return tuple(names)


def items_of(dataset: Any, label: str) -> Items:
    """The items of a data set that has ``len`` and ``[i]``; those of torch's that stand for others, too.

    Args:
        dataset: ours, torch's or somebody's own.
        label: what to call it in messages.
    """
    if isinstance(dataset, Dataset):
        return AnnotatedItems(dataset, label)
    if type(dataset) is Subset:
        return ChosenItems(items_of(dataset.dataset, label), dataset.indices)
    if type(dataset) is ConcatDataset:
        return JoinedItems([items_of(one, label) for one in dataset.datasets], label)
    return DatasetItems(dataset, label)


def file_of(picture: Any) -> str | None:
    """The path by which a picture is given; None for anything else.

    >>> file_of("a/b.jpg"), file_of(b"...")
    ('a/b.jpg', None)
    """
    return os.fspath(picture) if isinstance(picture, str | os.PathLike) else None


def parted(item: Any, name: str) -> Item:
    """The picture and the target of an item.

    Raises:
        DataError: it is neither a pair, a dictionary with both, nor a ``Sample``.
    """
    if isinstance(item, Sample):
        return item.image, item.targets
    if isinstance(item, Mapping):
        return _of_dictionary(item, name)
    if isinstance(item, tuple | list) and len(item) == 2:
        return item[0], item[1]
    many = f" of {len(item)}" if isinstance(item, tuple | list) else ""
    raise DataError(f"{name} is a {type(item).__name__}{many}", FORM, WRAP)


def _of_dictionary(item: Mapping[Any, Any], name: str) -> Item:
    """The picture and the target under their usual names."""
    pictures = [key for key in PICTURE_KEYS if key in item]
    if len(pictures) == 1 and BOXES in item:
        return item[pictures[0]], {key: value for key, value in item.items() if key != pictures[0]}
    targets = [key for key in TARGET_KEYS if key in item]
    if len(pictures) == len(targets) == 1:
        return item[pictures[0]], item[targets[0]]
    listed = ", ".join(map(repr, list(item)[:8]))
    expected = f"one of {', '.join(PICTURE_KEYS)}, and one of {', '.join(TARGET_KEYS)}, {BOXES}"
    raise DataError(f"{name} is a dictionary with the keys {listed}", expected, WRAP)


def unread(name: str, reason: Exception) -> DataError:
    """The error of an item that somebody's own code could not give."""
    words = f"{type(reason).__name__}: {reason_of(reason)}"
    return DataError(f"{name} cannot be read ({words})", FORM, "the data set alone: dataset[i] must give it")


def _same(told: Any, target: Any) -> bool:
    """Whether an attribute tells the class that an item has."""
    try:
        return bool(int(told) == int(target)) if not isinstance(told, str) else told == target
    except (TypeError, ValueError, RuntimeError):
        return False
