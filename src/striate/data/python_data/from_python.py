"""A Python object as data: torch data sets and loaders, arrays, lists of samples, and splits of those.

dataset                                  one set, of which a seeded share is held out
(train, val), (train, val, test)         splits in this order; also in a list, as of random_split
{"train": ..., "val": ..., "test": ...}  splits by name
(pictures, targets)                      two arrays or lists; of arrays with classes an Array is made
DataLoader                               its data set; order, batches and collate are striate's own
"""

import os
from collections.abc import Mapping, Sequence, Sized
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image
from torch import Tensor, nn
from torch.utils.data import (
    BatchSampler,
    DataLoader,
    DistributedSampler,
    IterableDataset,
    RandomSampler,
    SequentialSampler,
    SubsetRandomSampler,
    TensorDataset,
    WeightedRandomSampler,
)
from torch.utils.data import Dataset as TorchDataset

from striate.data.dataset import Dataset, Splits
from striate.data.formats.index import Found
from striate.data.formats.npz import found_in
from striate.data.formats.split_names import SPLIT_WORDS, SPLITS, UNSAID
from striate.data.python_data.item_pictures import ItemPictures
from striate.data.python_data.item_targets import annotations_of
from striate.data.python_data.items import FORM, ChosenItems, Items, JoinedItems, PairedItems, items_of
from striate.errors import DataError, SettingError

FORMAT = "python"
"""What such data are called where other data have the name of their layout."""

EXPECTED = (
    "a path, the word digits, a Dataset with len and [i], a DataLoader of one, (pictures, targets), "
    "a list of Samples, or splits of those"
)
KNOWN_SAMPLERS = (SequentialSampler, RandomSampler, WeightedRandomSampler, DistributedSampler)
"""What draws every item of a data set, in some order."""

SETS = (Dataset, DataLoader, TorchDataset)
"""What in a list is a split, and no item."""


@dataclass(frozen=True)
class PythonData:
    """What a Python object holds.

    Args:
        found: as a reader gives it.
        name: what to call it.
    """

    found: Found
    name: str


def from_python(data: Any) -> PythonData:
    """What a Python object holds. Targets are read once; pictures when they are asked for.

    Args:
        data: as above; or ``PythonData``, which is given back.

    Raises:
        SettingError: it is no data.
        DataError: it never ends, is empty, changes from reading to reading, or its items are not understood.
        ImageError: its pictures cannot be read.
    """
    if isinstance(data, PythonData):
        return data
    notes = list[str]()
    parts = [(split, unloaded(one, notes)) for split, one in splits_in(data)]
    name = "arrays" if is_pair(parts[0][1]) else type(_inner(parts[0][1])).__name__
    arrays = {split: two for split, one in parts if (two := _plain_arrays(one))}
    if len(arrays) == len(parts):
        found = found_in(Path(name), arrays, {})
        return PythonData(replace(found, notes=(*notes, *found.notes)), name)
    items = [_items(one, name if split == UNSAID else SPLITS[split]) for split, one in parts]
    store = ItemPictures(JoinedItems(items, name), name)
    if not len(store) or not all(map(len, items)):
        raise DataError(f"{name} holds no items", "one or more in each split", "another data set")
    store.require_steady()
    annotations, words = annotations_of(store)
    numbers = np.array([split for split, _ in parts], np.int8)
    split = np.repeat(numbers, list(map(len, items)))
    note = f"read from Python: {name}, {len(store):,} pictures"
    return PythonData(Found(store, annotations, split, notes=(note, *notes, *words)), name)


def once(data: Any) -> Any:
    """Data whose targets are not read again by each that reads them: a path, splits and None as they are."""
    return data if data is None or isinstance(data, str | os.PathLike | Splits) else from_python(data)


def splits_in(data: Any) -> list[tuple[int, Any]]:
    """The number of the split, or ``UNSAID``, and the object of each part.

    Raises:
        SettingError: a dictionary has other keys than splits.
    """
    if isinstance(data, Mapping) and data:
        strange = [key for key in data if str(key).lower() not in SPLIT_WORDS]
        if strange:
            keys = ", ".join(map(repr, list(data)[:8]))
            expected = "splits: train, and val and test where there are some"
            raise SettingError(f"data is a dictionary with the keys {keys}", expected, '{"train": dataset}')
        return [(SPLITS.index(SPLIT_WORDS[str(key).lower()]), one) for key, one in data.items()]
    if isinstance(data, tuple) and not is_pair(data) and len(data) in (2, 3) and all(map(_is_set, data)):
        return list(enumerate(data))
    if isinstance(data, list) and len(data) in (2, 3) and all(isinstance(one, SETS) for one in data):
        return list(enumerate(data))
    return [(UNSAID, data)]


def _is_set(one: Any) -> bool:
    """Whether a part of a tuple is a data set, not a picture or a target."""
    return is_pair(one) or isinstance(one, DataLoader | Dataset | list) or _is_map(one)


def _is_map(one: Any) -> bool:
    """Whether something has ``len`` and ``[i]``, and is no text, dictionary, tensor or array."""
    other = (str, bytes, Mapping, tuple, Tensor, np.ndarray, nn.Module, type)
    return isinstance(one, Sized) and hasattr(one, "__getitem__") and not isinstance(one, other)


def is_pair(one: Any) -> bool:
    """Whether something is (pictures, targets).

    >>> is_pair((np.zeros((2, 8, 8), np.uint8), [0, 1])), is_pair(([("a.jpg", 0)], [("b.jpg", 1)]))
    (True, False)
    """
    if isinstance(one, TensorDataset):
        return len(one.tensors) == 2
    if not isinstance(one, tuple) or len(one) != 2:
        return False
    pictures = one[0]
    if isinstance(pictures, np.ndarray | Tensor):
        return pictures.ndim >= 3
    first = pictures[0] if isinstance(pictures, list) and pictures else None
    return isinstance(first, np.ndarray | Tensor | Image.Image | str | Path | bytes)


def _pair(one: Any) -> tuple[Any, Any]:
    """Pictures and targets, each with ``len`` and ``[i]``; a column of a table as an array.

    Raises:
        DataError: the targets are something else.
    """
    if isinstance(one, TensorDataset):
        return one.tensors[0], one.tensors[1]
    pictures, targets = one
    if isinstance(targets, Sequence | np.ndarray | Tensor) and not isinstance(targets, str | bytes):
        return pictures, targets
    if isinstance(targets, Sized) and hasattr(targets, "__array__"):
        return pictures, np.asarray(targets)
    wrong = f"the targets of (pictures, targets) are of the type {type(targets).__name__}"
    raise DataError(wrong, "a list, an array or a tensor, a target for each picture", "list(targets)")


def _plain_arrays(one: Any) -> tuple[NDArray[Any], NDArray[Any]] | None:
    """Arrays of pictures of one size with a class each; None for anything else."""
    if not is_pair(one) or not isinstance(_pair(one)[0], np.ndarray | Tensor):
        return None
    pictures, targets = map(_array, _pair(one))
    return (pictures, targets) if targets.ndim == 1 and targets.dtype.kind in "iuU" else None


def _array(values: Any) -> NDArray[Any]:
    """An array of a tensor or a list; of what makes none an array of objects."""
    if isinstance(values, Tensor):
        return values.detach().cpu().numpy()
    try:
        return np.asarray(values)
    except (ValueError, TypeError, RuntimeError):
        return np.empty(len(values), object)


def unloaded(data: Any, notes: list[str]) -> Any:
    """The data set behind a loader; anything else as it is.

    Args:
        data: one split.
        notes: gets a sentence for the user.

    Raises:
        DataError: it is, or loads, what has neither ``len`` nor ``[i]``.
    """
    if not isinstance(data, DataLoader):
        return data
    said = "of the DataLoader its data set is read: order, batches and collate are striate's own"
    notes += [said] if said not in notes else []
    sampler = getattr(data.batch_sampler, "sampler", data.sampler)
    if isinstance(sampler, SubsetRandomSampler):
        return ChosenItems(items_of(data.dataset, _name(data.dataset)), sorted(map(int, sampler.indices)))
    if not isinstance(data.dataset, IterableDataset) and not _draws_all(data, sampler):
        raise DataError(
            f"the DataLoader draws by a {type(sampler).__name__}, which may leave items out",
            "a sampler of torch",
            "torch.utils.data.Subset(dataset, indices) with the items that are meant",
        )
    uneven = _uneven(sampler)
    notes += [uneven] if uneven and uneven not in notes else []
    return data.dataset


def _uneven(sampler: Any) -> str:
    """A sentence on a sampler that draws some items more often than others, or not all; "" for another."""
    if isinstance(sampler, WeightedRandomSampler):
        return 'the WeightedRandomSampler is not used; balance="sampling" draws rare classes more often'
    if not isinstance(sampler, RandomSampler):
        return ""
    if sampler.replacement or sampler.num_samples != len(sampler.data_source):
        return "the RandomSampler is not used: an epoch goes through all pictures once; subset= takes a share"
    return ""


def _draws_all(loader: DataLoader[Any], sampler: Any) -> bool:
    """Whether a loader goes through its whole data set."""
    ours = loader.batch_sampler is None or type(loader.batch_sampler) is BatchSampler
    return ours and type(sampler) in KNOWN_SAMPLERS


def _inner(one: Any) -> Any:
    """The data set that a subset is of, for its name."""
    inner = getattr(one, "dataset", one)
    return inner if inner is one else _inner(inner)


def _name(one: Any) -> str:
    return type(_inner(one)).__name__


def _items(one: Any, label: str) -> Items:
    """The items of one split.

    Raises:
        DataError: it never ends, or gives no item by number.
        SettingError: it is no data at all.
    """
    if isinstance(one, Items):
        return one
    if is_pair(one):
        return PairedItems(*_pair(one), label)
    if isinstance(one, IterableDataset) or hasattr(one, "__next__"):
        raise DataError(
            f"{_name(one)} gives its items one after the other, and may never end",
            f"a Dataset with len and [i], as each epoch shuffles anew; {FORM}",
            "list(itertools.islice(dataset, 10_000)), as many as are meant",
        )
    if isinstance(one, Dataset) or _is_map(one):
        return items_of(one, label)
    kind = type(one).__name__
    raise SettingError(f"data are of the type {kind}", EXPECTED, "name a folder, or give a Dataset")
