"""The threshold of a gallery: the largest distance at which few enough strangers are accepted.

pairs.csv: image_a,image_b,same --distances--> ROC --FAR 1 %--> threshold

A rate is only as sure as the pairs: with 600 pairs of strangers, 1 % is six of them. The interval says so.
"""

import csv
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from torch import Tensor

from striate.data.formats.csv_columns import encoding_of
from striate.data.formats.csv_paths import TablePaths
from striate.errors import DataError, SettingError
from striate.files.regular import read_regular, reason_of
from striate.ops.intervals import Interval, wilson
from striate.ops.verification_scores import roc

COLUMNS = ("image_a", "image_b", "same")
YES, NO = ("1", "true", "yes", "same"), ("0", "false", "no", "different")
MOST_BYTES = 1_000_000_000
NAMED = 3
"""Missing pictures that an error names."""


@dataclass(frozen=True)
class PairList:
    """Pairs of picture files whose answer is known.

    Args:
        first, second: paths.
        same: whether both show the same.
        notes: what was left out, sentences for the user.
    """

    first: tuple[Path, ...]
    second: tuple[Path, ...]
    same: tuple[bool, ...]
    notes: tuple[str, ...] = ()

    def __len__(self) -> int:
        return len(self.same)


@dataclass(frozen=True)
class Calibration:
    """How a threshold was found.

    Args:
        threshold: the largest distance that is accepted.
        far: share of the pairs of strangers that are accepted there.
        tar: share of the pairs of one identity that are.
        asked: the false accept rate that was asked for.
        eer: the error at the threshold where both kinds are equal.
        same, different: pairs of both kinds.
        interval: (low, high) of ``far``, 95 %.
        notes: sentences for the user.
    """

    threshold: float
    far: float
    tar: float
    asked: float
    eer: float
    same: int
    different: int
    interval: Interval
    notes: tuple[str, ...] = ()

    def to_dict(self) -> dict[str, Any]:
        """Plain values, ready for JSON."""
        numbers = {"far": self.far, "tar": self.tar, "eer": self.eer, "asked": self.asked}
        pairs = {"same": self.same, "different": self.different, "interval": list(self.interval)}
        return {"threshold": self.threshold, **numbers, **pairs}


def read_pairs(file: str | Path) -> PairList:
    """The pairs of a table with the columns ``image_a``, ``image_b`` and ``same``.

    Paths are relative to the table, or below a folder beside it. A pair of one picture with itself tells
    nothing and is left out.

    Raises:
        DataError: it is no such table, names pictures that are not there, or has a cell that is no answer.
    """
    path = Path(file)
    rows = _rows(path)
    names = [name for row in rows for name in row[:2]]
    paths = TablePaths(path.parent, names)
    found = {name: paths.find(name) for name in dict.fromkeys(names)}
    missing = [name for name, place in found.items() if place is None]
    if missing:
        shown = ", ".join(missing[:NAMED]) + (", ..." if len(missing) > NAMED else "")
        wrong = f"{path} names {len(missing):,} pictures that are not there: {shown}"
        raise DataError(wrong, "paths relative to the table", "mend the table, or put the pictures beside it")
    both = [(path.parent / str(found[a]), path.parent / str(found[b]), same) for a, b, same in rows]
    kept = [row for row in both if row[0] != row[1]]
    alone = len(both) - len(kept)
    notes = (f"{alone:,} pairs of a picture with itself are left out",) if alone else ()
    first, second, same = zip(*kept, strict=True) if kept else ((), (), ())
    return PairList(tuple(first), tuple(second), tuple(same), (*paths.notes(), *notes))


def _rows(path: Path) -> list[tuple[str, str, bool]]:
    """The cells of the three columns.

    Raises:
        DataError: there is no such file, or it is something else.
    """
    example = "image_a,image_b,same with 1 or 0 in the last column"
    try:
        head = read_regular(path, MOST_BYTES)
        lines = head.decode(encoding_of(head)).splitlines()
        table = csv.DictReader(lines)
        names = {str(name).strip().lower(): name for name in table.fieldnames or ()}
        lacking = [name for name in COLUMNS if name not in names]
        if lacking:
            raise ValueError(f"it has no column {lacking[0]}")
        first, second, same = (names[name] for name in COLUMNS)
        return [
            ((row[first] or "").strip(), (row[second] or "").strip(), _answer(row[same], table.line_num))
            for row in table
        ]
    except (OSError, ValueError, csv.Error) as reason:
        wrong = f"{path} cannot be read as pairs: {reason_of(reason)}"
        raise DataError(wrong, example, "mend the table") from reason


def _answer(cell: str | None, line: int) -> bool:
    """Whether a cell says that both are the same.

    Raises:
        ValueError: it says neither.
    """
    word = (cell or "").strip().lower()
    if word not in YES + NO:
        raise ValueError(f"line {line} says {word[:40]!r}, neither 1 nor 0")
    return word in YES


def calibrated(distances: Tensor, pairs: PairList, far: float) -> Calibration:
    """The threshold at a false accept rate.

    Args:
        distances: (P,), of the pairs.
        pairs: with their answers.
        far: share of strangers that may be accepted, above 0 and below 1.

    Raises:
        SettingError: the rate is out of range.
        DataError: there are too few pairs of strangers to tell such a rate, or not even one of them can be
            told from a pair of one identity.
    """
    if not 0 < far < 1:
        raise SettingError(f"far is {far}", "above 0 and below 1, as in 0.01", "--far 0.01")
    same = np.array(pairs.same, dtype=np.bool_)
    different = int((~same).sum())
    if different * far < 1:
        raise DataError(
            f"{different} pairs of two identities cannot show a false accept rate of {far:g}",
            f"{int(np.ceil(1 / far)):,} such pairs or more",
            f"more pairs, or --far {max(1 / max(different, 2), 0.01):.2g}",
        )
    curve = roc(distances, same)
    threshold, tar = curve.at_far(far)
    if not np.isfinite(threshold):
        raise DataError(
            f"the nearest {different * far:.0f} of all pairs are of two identities",
            "pairs of one identity that are nearer than most of two",
            "a model that tells them apart, or a higher --far",
        )
    accepted = int((np.asarray(distances)[~same] <= threshold).sum())
    return Calibration(
        threshold,
        accepted / different,
        tar,
        far,
        curve.eer,
        int(same.sum()),
        different,
        wilson(accepted, different),
        pairs.notes,
    )


def pair_distances_of(
    pairs: PairList, embed: Callable[[list[Path]], Tensor], between: Callable[[Tensor, Tensor], Tensor]
) -> Tensor:
    """(P,): the distances of pairs; each picture is read once."""
    every = list(dict.fromkeys((*pairs.first, *pairs.second)))
    numbers = {path: number for number, path in enumerate(every)}
    vectors = embed(every)
    first, second = (vectors[[numbers[path] for path in side]] for side in (pairs.first, pairs.second))
    return between(first, second)
