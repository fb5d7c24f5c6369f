"""Masks in files, one for each picture, and what their numbers mean.

MaskFiles(files, classes)[7] --read_label_map--> numbers --by a table--> class numbers, 255 ignored
"""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from striate.data.annotations.mask_annotations import Mask, PixelCounts
from striate.data.checks.findings import Findings
from striate.data.checks.statistics import sample
from striate.data.decoding.label_map import LabelMap, Numbers, counted, read_label_map
from striate.data.decoding.threads import decoding_threads
from striate.data.image_store import Files
from striate.data.mask_classes import MaskClasses, shown
from striate.data.picture_size import picture_size
from striate.errors import DataError, ImageError, LabelError
from striate.formatting import percent
from striate.records.segmentation import mask_dtype
from striate.records.targets.mask_targets import ignored_in

COUNTED = 2_000
"""Masks at most whose values are counted before a training; evenly spread."""

PIXELS = 1_000_000_000
"""Pixels at most that are counted, by the size of the first mask."""

BINARY, FOREGROUND = (0, 255), ("background", "foreground")
IGNORED = 255
LARGEST_TABLE = 1 << 16
MOST_CLASSES = 32_767
MOST_UNNAMED = 255
"""Values of masks without names up to which each is taken for a class."""

UNUSABLE = ("unreadable", "mask-size", "mask-values")
"""Findings of masks that cannot be learned from; a mask with one that is accepted is left out."""

STRAY = 8
"""With more values without a class than that in one mask, an encoder or a scaling has made them up."""

MADE_UP = "JPEG, or scaling that is not by nearest, makes up such values: save the masks anew as PNG"
LISTED = 40
"""Values that a note lists."""

LARGE = "masks are indexed by class: save them as PNG, one number a class; or name the values by --classes"


@dataclass(frozen=True)
class MaskFiles:
    """Masks below one folder.

    Args:
        files: where they are.
        classes: what their numbers mean.
    """

    files: Files
    classes: MaskClasses

    def __len__(self) -> int:
        return len(self.files)

    def name(self, index: int) -> str:
        """The path of the file."""
        return self.files.name(index)

    def read(self, index: int) -> Mask:
        """(H, W): class numbers, or the ignored value of their type.

        Raises:
            ImageError: the file is no mask.
            LabelError: it holds a value that is no class.
        """
        name = self.files.name(index)
        found = read_label_map(name, colored=self.classes.colored)
        return self._labels(_as(found, colored=self.classes.colored), name)

    @cached_property
    def _sorted(self) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """All numbers that mean something, ascending, and the label of each."""
        numbers = np.array([*self.classes.values, *self.classes.ignored], np.int64)
        labels = np.full(len(numbers), ignored_in(mask_dtype(len(self.classes.names))), np.int64)
        labels[: len(self.classes.values)] = np.arange(len(self.classes.values))
        order = np.argsort(numbers)
        return numbers[order], labels[order]

    @cached_property
    def _table(self) -> NDArray[np.int32]:
        """The label of each small number; -2 for those that mean nothing."""
        numbers, labels = self._sorted
        table = np.full(LARGEST_TABLE, -2, np.int32)
        small = numbers < LARGEST_TABLE
        table[numbers[small]] = labels[small]
        return table

    def _labels(self, numbers: Numbers, name: str) -> Mask:
        if numbers.dtype == np.uint8:
            found = self._table[:256][numbers]
        else:
            known, labels = self._sorted
            place = np.searchsorted(known, numbers).clip(max=len(known) - 1)
            found = np.where(known[place] == numbers, labels[place], -2)
        if (found == -2).any():
            raise _no_class(name, numbers[found == -2], self.classes)
        return found.astype(np.uint8) if len(self.classes.names) <= MOST_UNNAMED else found.astype(np.int16)


def _as(found: LabelMap, *, colored: bool) -> Numbers:
    """The numbers of a file whose colors mean nothing: red, green and blue are equal there."""
    if colored or not found.colored:
        return found.numbers
    grey = found.numbers & 255
    return np.where(grey * 0x010101 == found.numbers, grey, found.numbers)


def _no_class(name: str, numbers: NDArray[np.int64] | Numbers, classes: MaskClasses) -> LabelError:
    values = [shown(int(one), colored=classes.colored) for one in np.unique(numbers)[:10]]
    known = ", ".join(shown(one, colored=classes.colored) for one in classes.values[:10])
    return LabelError(
        f"{name} holds the values {', '.join(values)}, which are no class",
        f"{known}{', ...' if len(classes.values) > 10 else ''}, or a value to ignore",
        "name them by --classes, as in 7=car or 7=void; or save the masks as indexed PNG",
    )


@dataclass
class MaskCensus:
    """What some of the masks hold: every value with its pixels.

    Args:
        files: the masks.
        pictures: their pictures, in the same order.

    Attributes:
        rows: of the masks that could be read.
        values: pixels of each value in each of them.
        unusable: one of ``UNUSABLE`` for every row that has it.
    """

    files: Files
    pictures: Files
    rows: list[int] = field(default_factory=list)
    values: list[dict[int, int]] = field(default_factory=list)
    colored: bool = False
    lossy: list[str] = field(default_factory=list)
    unusable: dict[int, str] = field(default_factory=dict)
    findings: Findings = field(default_factory=Findings)

    def refuse(self, kind: str, row: int, detail: str) -> None:
        """A mask that cannot be used becomes a finding."""
        self.unusable.setdefault(row, kind)
        self.findings.add(kind, self.files.name(row), detail)

    @property
    def total(self) -> Counter[int]:
        """Pixels of each value."""
        total = Counter[int]()
        for one in self.values:
            total.update(one)
        return total

    def pixel_counts(self, classes: MaskClasses) -> PixelCounts:
        """Pixels of each class."""
        place = {value: number for number, value in enumerate(classes.values)}
        pixels = np.zeros((len(self.values), len(classes.values)), np.int64)
        for row, found in zip(pixels, self.values, strict=True):
            for value, count in found.items():
                if value in place:
                    row[place[value]] = count
        return PixelCounts(np.array(self.rows, np.int64), pixels)


def census(files: Files, pictures: Files, classes: MaskClasses | None, *, every: bool = False) -> MaskCensus:
    """Count the values of up to 2,000 masks, evenly spread, and compare their sizes with their pictures.

    Args:
        files: the masks.
        pictures: theirs.
        classes: what the user says of their values; None for nothing.
        every: count all of them, however many.
    """
    result = MaskCensus(files, pictures)
    colored = bool(classes and classes.colored)
    size = picture_size(files.name(0)) if len(files) else None
    most = min(COUNTED, max(16, PIXELS // (size[0] * size[1]))) if size else COUNTED
    most = len(files) if every else most

    def look(row: int) -> tuple[int, LabelMap | ImageError, tuple[int, int] | None]:
        try:
            found: LabelMap | ImageError = read_label_map(files.name(row), colored=colored)
        except ImageError as reason:
            found = reason
        return row, found, picture_size(pictures.name(row))

    with decoding_threads() as pool:
        looked = pool.map(look, sample(len(files), most).tolist())
        counted_maps = [_take(result, *one) for one in looked]
    grey = all(_is_grey(one) for one in counted_maps if one is not None and one[1])
    result.colored = colored or not grey
    for row, one in enumerate(counted_maps):
        if one is not None:
            values, in_color = one
            result.rows.append(int(sample(len(files), most)[row]))
            result.values.append(_in_kind(values, in_color, colored=result.colored))
    return result


def _take(
    result: MaskCensus, row: int, found: LabelMap | ImageError, picture: tuple[int, int] | None
) -> tuple[dict[int, int], bool] | None:
    """The values of one mask; what is wrong with it becomes a finding."""
    name = result.files.name(row)
    if isinstance(found, ImageError):
        result.refuse("unreadable", row, found.wrong.removeprefix(f"{name} "))
        return None
    height, width = found.numbers.shape
    if picture and picture != (height, width):
        detail = f"{height} x {width}, the picture has {picture[0]} x {picture[1]}; scale masks by nearest"
        result.refuse("mask-size", row, detail)
    if found.lossy:
        result.lossy.append(name)
    return counted(found.numbers), found.colored


def _is_grey(one: tuple[dict[int, int], bool]) -> bool:
    return all((value & 255) * 0x010101 == value for value in one[0])


def _in_kind(values: dict[int, int], in_color: bool, *, colored: bool) -> dict[int, int]:
    """Values as numbers, or as colors, whichever the data have."""
    if colored == in_color:
        return values
    if colored:
        return {value * 0x010101: count for value, count in values.items()}
    return {value & 255: count for value, count in values.items()}


def meaning(found: MaskCensus, named: MaskClasses | None, root: Path) -> tuple[MaskClasses, tuple[str, ...]]:
    """What the values mean, and notes about what was assumed.

    Raises:
        DataError: there are too many values for classes, or none.
    """
    values = sorted(found.total)
    if named is not None:
        return _with_usual(named, values)
    if not values:
        first = next(iter(found.findings), None)
        such = f": {first.source} {first.detail}" if first else ""
        raise DataError(
            f"{root} has no mask that can be read{such}",
            "masks with a number or a color at every pixel",
            "save the masks as indexed PNG, without an alpha channel",
        )
    if tuple(values) == BINARY and not found.colored:
        note = "masks hold 0 and 255 alone: taken for background and foreground; --classes names them"
        return MaskClasses(BINARY, FOREGROUND), (note,)
    if len(values) > MOST_UNNAMED:
        lossy = f", such as {found.lossy[0]}: JPEG makes up values near edges" if found.lossy else ""
        raise DataError(
            f"{root} has masks with {len(values):,} values{lossy}",
            f"up to {MOST_UNNAMED} classes, or names for the values",
            LARGE,
        )
    ignored = (IGNORED,) if not found.colored and IGNORED in values else ()
    kept = tuple(value for value in values if value not in ignored)
    names = tuple(shown(value, colored=found.colored) for value in kept)
    note = "the values of the masks have no names; --classes FILE, or sky,road,car, gives them some"
    both = (note, "value 255 is ignored") if ignored else (note,)
    return MaskClasses(kept, names, ignored, found.colored), both


def _with_usual(named: MaskClasses, values: Sequence[int]) -> tuple[MaskClasses, tuple[str, ...]]:
    """255 without a name is ignored; or it is the second class, where the masks hold 0 and 255 alone."""
    known = (*named.values, *named.ignored)
    if named.colored or IGNORED in known or IGNORED not in values:
        return named, ()
    if tuple(values) != BINARY:
        return replace(named, ignored=(*named.ignored, IGNORED)), ("value 255 has no name and is ignored",)
    if known != (0, 1):
        return named, ()
    of_255 = {0: 0, 1: 255}
    other = replace(
        named,
        values=tuple(of_255[one] for one in named.values),
        ignored=tuple(of_255[one] for one in named.ignored),
    )
    words = " and ".join(other.name_of(value) for value in BINARY)
    return other, (f"masks hold 0 and 255 alone: taken for {words}",)


def values_note(found: MaskCensus, classes: MaskClasses) -> str:
    """Every value with its name, its pixels and its share, and on how many masks it was counted."""
    total, count = found.total, len(found.files)
    pixels = max(sum(total.values()), 1)
    counted_on = f"all {count:,}" if len(found.rows) == count else f"{len(found.rows):,} of {count:,}"
    rows = [
        f"  {shown(value, colored=classes.colored):>7}  {classes.name_of(value) or 'no class':20}"
        f" {number:>15,} {'pixel ' if number == 1 else 'pixels'} {percent(number / pixels):>8}"
        for value, number in sorted(total.items())
    ]
    more = [f"  ... and {len(rows) - LISTED:,} more"] if len(rows) > LISTED else []
    return "\n".join([f"values of the masks, counted on {counted_on}:", *rows[:LISTED], *more])


def unnamed_findings(found: MaskCensus, classes: MaskClasses) -> None:
    """Values that are no class, and masks saved with loss, as findings."""
    known = {*classes.values, *classes.ignored}
    for row, values in zip(found.rows, found.values, strict=True):
        others = sorted(value for value in values if value not in known)
        if others:
            listed = _listed(shown(value, colored=classes.colored) for value in others)
            made_up = found.files.name(row) in found.lossy or len(others) > STRAY
            remedy = MADE_UP if made_up else "name them by --classes"
            found.refuse("mask-values", row, f"holds {listed}; {remedy}")
    for name in found.lossy:
        found.findings.add("lossy-mask", name, "JPEG; save the masks as PNG from their source")


def _listed(words: Iterable[str], most: int = 8) -> str:
    every: Sequence[str] = list(words)
    return ", ".join(every[:most]) + (f" and {len(every) - most:,} more" if len(every) > most else "")
