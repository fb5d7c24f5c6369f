"""Read a whole data set once and tell, by file name, what is wrong or odd in it.

Splits --every picture, several threads--> ImageStats --> findings (KINDS in findings.py) and facts (counts,
sizes, colors)
"""

from collections import Counter
from collections.abc import Callable, Collection, Iterable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from striate.arguments import checked_methods
from striate.data.annotations.annotations import Annotations
from striate.data.annotations.box_annotations import BoxAnnotations
from striate.data.checks.detector_fit import DetectorFit
from striate.data.checks.duplicates import doubles, file_doubles
from striate.data.checks.findings import KINDS, Finding, blocking, refusal
from striate.data.checks.image_stats import ImageStats, stats_of
from striate.data.checks.near_identical import near_identical
from striate.data.dataset import Dataset, Splits
from striate.data.decoding.threads import decoding_threads
from striate.data.read_dataset import read
from striate.errors import ImageError
from striate.formatting import plural

Progress = Callable[[int, int], None]

IMBALANCE = 20  # the largest class has this many times the pictures of the smallest
TINY = 8  # pixels: a side below shows nothing to a network
HUGE = 25_000_000  # pixels


@checked_methods
@dataclass(frozen=True)
class CheckReport:
    """What ``check`` found.

    Args:
        path: what was read.
        format: how it was read.
        findings: in the order of ``KINDS``, the grave ones first.
        facts: counts by split and class, sizes, modes, mean and std; plain Python values.
        notes: what was assumed.
        fit: whether a detector suits the boxes, where one was named.
    """

    path: str
    format: str
    findings: tuple[Finding, ...]
    facts: dict[str, Any]
    notes: tuple[str, ...]
    fit: DetectorFit | None = None

    def __repr__(self) -> str:
        facts = self.facts
        stopping = len(self.blocking())
        classes = plural(len(facts["classes"]), facts["noun"])
        return (
            f"{self.path}: {plural(facts['pictures'], 'picture')}, {classes}, "
            f"{plural(len(self.findings), 'finding')}, of which {stopping} would stop a training"
        )

    def blocking(self, accept: Collection[str] = ()) -> list[Finding]:
        """The findings that training refuses, less the accepted kinds."""
        return blocking(self.findings, accept)

    def to_dict(self) -> dict[str, Any]:
        """Plain Python values, ready for JSON."""
        findings = [finding.to_dict() for finding in self.findings]
        return {
            "path": self.path,
            "format": self.format,
            "notes": list(self.notes),
            "facts": self.facts,
            "findings": findings,
            **({"fit": self.fit.to_dict()} if self.fit else {}),
        }

    def with_fit(self, fit: DetectorFit) -> "CheckReport":
        """The same report, and whether a detector suits the boxes."""
        return replace(with_findings(self, fit.findings()), fit=fit)


def with_findings(report: CheckReport, findings: Iterable[Finding]) -> CheckReport:
    """The same report with more findings."""
    return replace(report, findings=in_order([*report.findings, *findings]))


def check(
    path: str | Path,
    format: str | None = None,
    *,
    kinds: tuple[type[Annotations], ...] = (),
    group: str | None = None,
    progress: Progress | None = None,
    reading: Progress | None = None,
) -> CheckReport:
    """Read everything once.

    Args:
        path: as ``read``.
        format: as ``read``.
        kinds: as ``read``.
        group: as ``read``.
        progress: called now and then with (pictures done, pictures in all).
        reading: as ``read``.

    Raises:
        DataError: there is no such path, or nothing in it that can be read.
    """
    return report_of(read(path, format, kinds=kinds, group=group, reading=reading), str(path), progress)


def report_of(splits: Splits, path: str, progress: Progress | None = None) -> CheckReport:
    """What is wrong or odd in splits that were read from a path."""
    stats = all_stats(splits, progress)
    findings = [
        *splits.findings,
        *_of_pictures(splits, stats),
        *doubles(splits, {name: _identities(seen) for name, seen in stats.items()}),
        *near_identical(splits),
        *_of_balance(splits),
        *_of_sizes(splits, stats),
    ]
    return CheckReport(path, splits.format, in_order(findings), facts_of(splits, stats), splits.notes)


def in_order(findings: Iterable[Finding]) -> tuple[Finding, ...]:
    """Findings in the order of ``KINDS``, each once."""
    order = list(KINDS)
    return tuple(sorted(dict.fromkeys(findings), key=lambda finding: order.index(finding.kind)))


def refuse(splits: Splits, accept: Collection[str] = ()) -> None:
    """Stop before a training that the data would silently spoil; reads a little of every file, decodes none.

    Raises:
        DataError: names what was found, and the flags that accept it.
        SettingError: ``accept`` holds a word that is no such kind.
    """
    found = blocking([*splits.findings, *file_doubles(splits)], accept)
    if found:
        raise refusal(found)


def readable(splits: Splits, progress: Progress | None = None) -> Splits:
    """The same splits without the pictures that cannot be decoded; these are added to the findings."""
    stats = all_stats(splits, progress)
    bad = [finding for finding in _of_pictures(splits, stats) if finding.kind == "unreadable"]
    good = {
        name: [index for index, seen in enumerate(part) if isinstance(seen, ImageStats)]
        for name, part in stats.items()
    }
    parts = {name: splits[name].subset(indices) for name, indices in good.items() if indices}
    return replace(splits, parts=parts, findings=(*splits.findings, *bad))


def all_stats(splits: Splits, progress: Progress | None = None) -> dict[str, list[ImageStats | ImageError]]:
    """What every picture of every split stats like, or why it cannot be read."""
    total = sum(map(len, splits.values()))
    done = 0
    stats: dict[str, list[ImageStats | ImageError]] = {name: [] for name in splits}
    for name, part in splits.items():
        for seen in _stats_of_part(part):
            stats[name].append(seen)
            done += 1
            if progress is not None and (done % 100 == 0 or done == total):
                progress(done, total)
    return stats


def _stats_of_part(part: Dataset) -> Iterator[ImageStats | ImageError]:
    def try_one(index: int) -> ImageStats | ImageError:
        try:
            return stats_of(part, index)
        except ImageError as reason:
            return reason

    with decoding_threads() as pool:
        yield from pool.map(try_one, range(len(part)))


def _of_pictures(splits: Splits, stats: dict[str, list[ImageStats | ImageError]]) -> Iterator[Finding]:
    for name, seen in stats.items():
        for index, one in enumerate(seen):
            source = splits[name].name(index)
            if isinstance(one, ImageError):
                yield Finding(
                    "unreadable", source, one.wrong.removeprefix(f"{source} cannot be read ").strip("()")
                )
                continue
            yield from (Finding(kind, source, detail) for kind, detail in one.remarks)
            if min(one.size) < TINY:
                yield Finding("tiny", source, f"{one.size[0]} x {one.size[1]} pixels")
            if one.size[0] * one.size[1] > HUGE:
                yield Finding("huge", source, f"{one.size[0]} x {one.size[1]} pixels")


def _identities(seen: list[ImageStats | ImageError]) -> NDArray[np.uint64]:
    """What every picture shows; an unreadable one is like no other."""
    numbers = (one.identity if isinstance(one, ImageStats) else id(one) for one in seen)
    return np.fromiter(numbers, dtype=np.uint64, count=len(seen))


def _of_sizes(splits: Splits, stats: dict[str, list[ImageStats | ImageError]]) -> Iterator[Finding]:
    """Pictures of another size than the one in which their boxes were measured."""
    for name, seen in stats.items():
        boxes = splits[name].annotations
        if not isinstance(boxes, BoxAnnotations) or "size" not in boxes.pictures:
            continue
        for index, (one, said) in enumerate(zip(seen, boxes.pictures["size"].tolist(), strict=True)):
            if isinstance(one, ImageStats) and said[0] and tuple(said) != one.size:
                detail = f"measured in {said[1]}x{said[0]}, the picture has {one.size[1]}x{one.size[0]}"
                yield Finding("frame", splits[name].name(index), detail)


def _of_balance(splits: Splits) -> list[Finding]:
    counts = splits["train"].counts() if "train" in splits else np.zeros(0, dtype=np.int64)
    shown = np.flatnonzero(counts)
    if len(shown) < 2 or counts[shown].max() < IMBALANCE * counts[shown].min():
        return []
    least, most = (splits.classes[shown[find(counts[shown])]] for find in (np.argmin, np.argmax))
    detail = f"{counts[shown].min()} of {least!r}, {counts[shown].max()} of {most!r}"
    return [Finding("imbalance", "train", detail)]


def facts_of(splits: Splits, stats: dict[str, list[ImageStats | ImageError]]) -> dict[str, Any]:
    """Counts, sizes and colors as plain Python values."""
    seen = [one for part in stats.values() for one in part if isinstance(one, ImageStats)]
    sizes = np.array([one.size for one in seen]).reshape(-1, 2)
    counts = {
        name: dict(zip(splits.classes, part.counts().tolist(), strict=True)) for name, part in splits.items()
    }
    return {
        "pictures": sum(map(len, splits.values())),
        "splits": {name: len(part) for name, part in splits.items()},
        "classes": list(splits.classes),
        "noun": splits["train"].annotations.noun if "train" in splits.parts else "class",
        "counts": counts,
        "height": _spread(sizes[:, 0]),
        "width": _spread(sizes[:, 1]),
        "modes": dict(Counter(one.mode for one in seen).most_common()),
        "grey": all(one.grey for one in seen),
        **_colors(seen),
    }


def _spread(values: NDArray[np.int64]) -> dict[str, float]:
    if not len(values):
        return {}
    return {"min": int(values.min()), "median": float(np.median(values)), "max": int(values.max())}


def _colors(seen: list[ImageStats]) -> dict[str, list[float]]:
    """Mean and std of all pixels, red, green and blue in 0..1."""
    if not seen:
        return {}
    pixels = sum(one.size[0] * one.size[1] for one in seen)
    mean = np.sum([one.total for one in seen], axis=0) / pixels
    square = np.sum([one.squares for one in seen], axis=0) / pixels
    std = np.sqrt(np.maximum(square - mean**2, 0))
    return {"mean": (mean / 255).round(4).tolist(), "std": (std / 255).round(4).tolist()}
