"""Which pictures a model is measured on: one answer for every verb, and a sentence that says it.

    the data of its training   read as they were then (format, seed, share, accepted findings):
                               test, else val, else train
    other data                 all of them, whatever splits they have

A model remembers how its data were read, and what some of its training pictures show: data are those of the
training if at least half of those pictures are in them, or if at least half of them were trained on. Pictures
may be renamed or moved, and some may be added, without their becoming other data.
"""

import base64
import binascii
from collections.abc import Collection, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, get_args

import numpy as np
from numpy.typing import NDArray

from striate.data.annotations.annotations import Annotations
from striate.data.checks.bad_boxes import OnBadBox
from striate.data.checks.check import readable
from striate.data.checks.content_hash import identities
from striate.data.checks.statistics import sample
from striate.data.class_mapping import ALL, part_of
from striate.data.dataset import Dataset, Splits
from striate.data.image_store import Array, Store
from striate.data.picture_size import picture_size
from striate.data.python_data.from_python import PythonData, once
from striate.data.read_dataset import read
from striate.data.recognise import recognise
from striate.errors import DataError, SettingError

SAMPLED = 1024
"""Training pictures that a model remembers, evenly spread: 8 KB in its file."""

MEASURED = 64
"""Training pictures whose size is looked at."""

NAMED = ("group", "classes", "fold")
"""Options of ``read`` that are words."""

OWN = ("group", "fold")
"""Those that say something of the data of the training alone."""

HALF = 0.5
"""Share from which data are those of the training."""

UNSEEN_FIRST = ("test", "val", "train")


@dataclass(frozen=True)
class TrainedOn:
    """What a model remembers of the data that it was trained on.

    Args:
        format: in which they were read.
        accept: kinds of findings that were accepted.
        options: what ``read`` was called with besides: seed, validation, test, group, classes and fold.
        count: training pictures.
        pictures: uint64, what up to 1,024 of them show, sorted.
        size: (H, W), the medians of their sides, pixels; None where nobody looked.
    """

    format: str
    accept: tuple[str, ...]
    options: dict[str, Any]
    count: int
    pictures: NDArray[np.uint64] = field(repr=False, compare=False)
    size: tuple[int, int] | None = None

    @classmethod
    def of(cls, splits: Splits, accept: Collection[str], options: Mapping[str, Any]) -> "TrainedOn":
        """What to remember of splits that are trained on."""
        train = splits["train"]
        some = np.sort(identities(train.store, train.places[sample(len(train), SAMPLED)]))
        size = typical_size(train.store, train.places)
        return cls(splits.format, tuple(accept), dict(options), len(train), some, size)

    def to_dict(self) -> dict[str, Any]:
        """Plain values, ready for JSON."""
        pictures = base64.b64encode(self.pictures.astype("<u8").tobytes()).decode("ascii")
        plain = {"format": self.format, "accept": list(self.accept), "options": self.options}
        size = {} if self.size is None else {"size": list(self.size)}
        return {**plain, "count": self.count, "pictures": pictures, **size}

    @classmethod
    def from_dict(cls, values: Any) -> "TrainedOn":
        """The inverse of ``to_dict``, for values that somebody may have edited.

        Raises:
            SettingError: they are no such values.
        """
        try:
            raw = base64.b64decode(values["pictures"], validate=True)
            accept, options, count = values["accept"], values["options"], values["count"]
            seed, shares = options["seed"], (options["validation"], options.get("test", 0.0))
            whole_numbers = type(seed) is int and seed >= 0 and type(count) is int and count >= 0
            kinds = isinstance(accept, list) and all(isinstance(kind, str) for kind in accept)
            share = all(isinstance(one, int | float) and 0 <= one < 1 for one in shares)
            mended = options.get("on_bad_box", "stop") in get_args(OnBadBox)
            named = all(isinstance(options.get(name, ""), str) for name in NAMED)
            size = values.get("size")
            sides = size is None or (len(size) == 2 and all(type(one) is int and one > 0 for one in size))
            known = set(options) - {"test", "on_bad_box", *NAMED} == {"seed", "validation"}
            if whole_numbers and kinds and share and mended and named and known and sides:
                pictures = np.frombuffer(raw, dtype="<u8").astype(np.uint64)
                pixels = None if size is None else (size[0], size[1])
                return cls(str(values["format"]), tuple(accept), dict(options), count, pictures, pixels)
        except (KeyError, TypeError, ValueError, binascii.Error):
            pass
        wrong = "the data of the training are not described"
        raise SettingError(wrong, "format, options and pictures", "save the model again")

    @property
    def meaning(self) -> dict[str, Any]:
        """Options of ``read`` that say what is in the files, so that they hold for other data too."""
        return {"classes": self.options["classes"]} if "classes" in self.options else {}

    def overlap(self, splits: Splits) -> tuple[float, float]:
        """The share of the training pictures that are among these, and of these that were trained on."""
        total = sum(map(len, splits.values()))
        if not len(self.pictures) or not total:
            return 0.0, 0.0
        seen = [identities(part.store, part.places) for part in splits.values()]
        found = np.isin(self.pictures, np.concatenate(seen)).mean()
        return float(found), min(1.0, float(found) * self.count / total)

    def learned(self, part: Dataset) -> bool:
        """Whether at least half of some pictures were among those that were learned from."""
        if not len(self.pictures):
            return False
        shown = np.isin(self.pictures, identities(part.store, part.places)).mean()
        return bool(shown * self.count >= HALF * len(part))


def typical_size(store: Store, places: NDArray[np.int64]) -> tuple[int, int] | None:
    """(H, W), the medians of the sides of up to 64 pictures, from their headers; None if none can be read."""
    if isinstance(store, Array):
        return store.size
    chosen = places[sample(len(places), MEASURED)].tolist()
    sizes = [size for place in chosen if (size := picture_size(store.name(place)))]
    if not sizes:
        return None
    height, width = np.median(np.array(sizes), axis=0).astype(int).tolist()
    return height, width


@dataclass(frozen=True)
class MeasuredData:
    """Pictures to measure a model on.

    Args:
        splits: the data.
        split: the part of them that is meant: a split, or ``all``.
        trained_on: whether these are the data of the training.
        sentence: what the pictures are to the model.
    """

    splits: Splits
    split: str
    trained_on: bool
    sentence: str

    @property
    def pictures(self) -> Dataset:
        """Those that are meant."""
        return part_of(self.splits, self.split)


def unseen(splits: Splits) -> str:
    """The split that tells most about new pictures: ``test``, else ``val``, else ``train``; no empty one."""
    return next((name for name in UNSEEN_FIRST if len(splits.parts.get(name, ()))), "train")


def data_to_measure(
    data: Any,
    trained_on: TrainedOn | None,
    split: str | None = None,
    *,
    format: str | None = None,
    accept: Collection[str] = (),
    kinds: tuple[type[Annotations], ...] = (),
    shapes: bool = False,
    **options: Any,
) -> MeasuredData:
    """The pictures that a model is measured on.

    Args:
        data: as for ``read``, or splits.
        trained_on: what the model remembers; None for nothing.
        split: the part of them; chosen when left out.
        format: as for ``read``; that of the training, for its data, when left out.
        accept: kinds of findings that are accepted, besides those of the training for its data.
        kinds: of annotations that the model can be measured by; none for any.
        shapes: whether masks and joints of boxes are kept.
        options: of ``read``; those of the training when left out.

    Raises:
        SettingError: there is no such split or format.
        DataError: the data cannot be read.
    """
    data = once(data)
    splits, known = as_trained(
        data, trained_on, format=format, accept=accept, kinds=kinds, shapes=shapes, **options
    )
    if known and split is None and isinstance(data, PythonData) and trained_on:
        whole = len(part_of(splits, ALL))
        if trained_on.learned(splits[unseen(splits)]):  # of the training's own splits one alone was given
            return MeasuredData(splits, ALL, True, f"all {whole:,} pictures, which the network learned from")
    if known:
        chosen = split or unseen(splits)
        return MeasuredData(splits, chosen, True, f"{chosen}, of the data that the model was trained on")
    if split is None and not isinstance(data, Splits) and not options:
        same = {} if trained_on is None else trained_on.meaning
        own = {**same, "kinds": kinds, "shapes": shapes, "validation": 0.0}
        again = read(data, format, accept=tuple(accept), **own)
        splits = _accepted(again, accept)
    chosen = split or ALL
    return MeasuredData(splits, chosen, False, _of_others(splits, chosen, trained_on))


def as_trained(
    data: Any,
    trained_on: TrainedOn | None,
    *,
    format: str | None = None,
    accept: Collection[str] = (),
    kinds: tuple[type[Annotations], ...] = (),
    shapes: bool = False,
    **options: Any,
) -> tuple[Splits, bool]:
    """The data, split as the training split its own, and whether they are those of the training."""
    if isinstance(data, Splits):
        return data, trained_on is not None and is_of(trained_on, data)
    options |= {"kinds": kinds, "shapes": shapes}
    data = once(data)
    if trained_on is None:
        return _accepted(read(data, format, accept=tuple(accept), **options), accept), False
    is_path = isinstance(data, str | Path)
    asked, both = {**trained_on.options, **options}, tuple(dict.fromkeys((*accept, *trained_on.accept)))
    looks = (trained_on.format, _looks_like(data, kinds)) if is_path else (None,)
    formats = [format] if format else dict.fromkeys(looks)
    *first, last = formats
    own = [name for name in OWN if name in trained_on.options and name not in options]  # others may lack it
    for name in formats if own else first:  # the format of the training, where the data look like another
        with suppress(DataError, SettingError):
            splits = read(data, name, accept=both, **asked)
            if is_of(trained_on, splits):
                return _accepted(splits, both), True
    asked = {name: value for name, value in asked.items() if name not in own}
    splits = read(data, last, accept=both, **asked)
    if is_of(trained_on, splits):
        return _accepted(splits, both), True
    if set(both) != set(accept):  # what was accepted in the data of the training is not in others
        splits = read(data, last, accept=tuple(accept), **asked)
    return _accepted(splits, accept), False


def is_of(trained_on: TrainedOn, splits: Splits) -> bool:
    """Whether data are those that a model was trained on."""
    return max(trained_on.overlap(splits)) >= HALF


def _looks_like(data: str | Path, kinds: tuple[type[Annotations], ...]) -> str | None:
    """The format that is recognised; None where ``read`` shall say what is wrong."""
    try:
        return recognise(Path(data), kinds)
    except (DataError, OSError):
        return None


def _accepted(splits: Splits, accept: Collection[str]) -> Splits:
    """Without what cannot be read, if that was accepted."""
    return readable(splits) if "unreadable" in accept else splits


def _of_others(splits: Splits, chosen: str, trained_on: TrainedOn | None) -> str:
    """What pictures are to a model that was trained on others."""
    count = len(part_of(splits, chosen))
    which = f"all {count:,} pictures" if chosen == ALL else f"{chosen}, {count:,} pictures"
    if trained_on is None:
        return f"{which}: the model does not say which pictures it was trained on"
    _, share = trained_on.overlap(splits)
    about = round(share * sum(map(len, splits.values())))
    known = f", although about {about:,} of them were among its pictures" if about else ""
    return f"{which}: the model was not trained on these data{known}"
