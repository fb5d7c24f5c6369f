"""What is wrong, odd or worth knowing in a data set, by file name.

info    a fact: the picture is animated, has alpha, ...; nothing has to be done
warn    look at it: an empty class folder, the same picture twice in one split
refuse  would silently spoil the training: it stops until `--accept KIND` says that this is meant
"""

from collections import Counter
from collections.abc import Collection, Iterable, Iterator
from dataclasses import asdict, dataclass
from typing import Literal

from striate.errors import DataError, SettingError

Severity = Literal["info", "warn", "refuse"]

# kind -> (severity, what it means for the reader)
KINDS: dict[str, tuple[Severity, str]] = {
    "unreadable": ("refuse", "files that cannot be decoded"),
    "missing": ("refuse", "rows whose file does not exist"),
    "outside": ("refuse", "rows whose file lies outside the folder of the table"),
    "several-labels": ("refuse", "several labels in one cell; accepted, each combination is a class"),
    "similar-names": ("refuse", "class names that differ only in case, spaces or Unicode form"),
    "unlabelled": ("refuse", "rows without a usable label"),
    "contradiction": ("refuse", "one picture with two labels"),
    "leak": ("refuse", "one picture in two splits"),
    "group-leak": ("refuse", "pictures that belong together in two splits"),
    "unseen": ("refuse", "classes that no training picture shows"),
    "one-class": ("refuse", "one class only: there is nothing to tell apart"),
    "no-train": ("refuse", "no picture to train on"),
    "frame": ("refuse", "numbers measured in a picture of another size"),
    "outside-picture": ("warn", "visible points outside of their picture"),
    "same-point": ("warn", "two points on one pixel in every picture"),
    "no-pair": ("refuse", "too few identities with two pictures or more: there is nothing to learn from"),
    "unmeasured-pairs": ("warn", "a split without two pictures of one identity, or without two identities"),
    "near-identical": ("warn", "nearly the same picture under two identities: such pairs decide a figure"),
    "one-picture": ("warn", "identities with one picture: they are never a pair"),
    "no-words": ("refuse", "no caption has a word: there is nothing to learn"),
    "bad-box": ("refuse", "boxes without an area, outside of their picture, with swapped corners or NaN"),
    "units": ("refuse", "boxes in shares of the sides where pixels are expected, or the reverse"),
    "class-numbers": ("refuse", "class numbers that begin at 0 or at 1, and nobody says which"),
    "background": ("refuse", "a class that is called background: it would be learned as an object"),
    "one-pixel": ("warn", "boxes with a side of one pixel or less"),
    "no-example": ("warn", "classes without an example"),
    "one-example": ("warn", "classes with one example"),
    "same-category": ("warn", "categories of one name; they are one class"),
    "bad-mask": ("warn", "masks that cannot be used: outside, of two points, run lengths of another size"),
    "no-mask": ("warn", "objects without a usable mask; segmentation ignores the pixels of their boxes"),
    "mask-size": ("refuse", "masks of another size than their picture"),
    "mask-values": ("refuse", "masks with values that are no class"),
    "lossy-mask": ("refuse", "masks saved with loss (JPEG): values near edges are made up"),
    "no-picture": ("warn", "masks without a picture; left out"),
    "one-class-masks": ("info", "masks that hold one class alone"),
    "not-annotated": ("warn", "pictures without annotations: background, or forgotten?"),
    "not-covered": ("warn", "classes of whose boxes less than 95 % have a prior of the model above IoU 0.5"),
    "crowded-cells": ("warn", "several centres in one cell of the model: it cannot hold them all"),
    "below-stride": (
        "warn",
        "boxes smaller than a cell of the model: a larger --size or a smaller stride helps",
    ),
    "suppressed": ("warn", "objects that overlap so much that suppression leaves one of them"),
    "empty-caption": ("warn", "regions of which nothing is said; their captions are not learned"),
    "one-word-caption": ("warn", "captions of one word"),
    "long-caption": (
        "info",
        "captions of more than 15 words, of which `--longest-caption` words are learned",
    ),
    "same-caption": ("warn", "one sentence is more than half of all captions"),
    "rare-word": ("info", "words that stand once in all captions"),
    "no-box": ("info", "pictures without a box: nothing is there"),
    "crowd": ("info", "crowd regions and difficult objects: neither right nor wrong"),
    "shared-group": ("warn", "a column that looks like groups of pictures, with one group in two splits"),
    "suspect": ("warn", "pictures whose nearest ones, to the model, have another class: a wrong label?"),
    "duplicate": ("warn", "the same picture more than once in a split"),
    "repeated": ("warn", "identical rows; the first is kept"),
    "empty": ("warn", "class folders without a picture"),
    "unmeasured": ("warn", "classes that a split never shows"),
    "tiny": ("warn", "pictures with a side below 8 pixels"),
    "imbalance": ("warn", "the largest class has 20 times the examples of the smallest or more"),
    "huge": ("info", "pictures of more than 25 million pixels"),
    "frames": ("info", "several frames or pages; the first is used"),
    "alpha": ("info", "transparent; laid over white"),
    "palette": ("info", "palette colors; converted to RGB"),
    "cmyk": ("info", "print colors; converted to RGB"),
    "missing-values": ("warn", "pixels without a value; left out of the scale and shown black"),
    "flat": ("warn", "a few pixels decide the scale of all others"),
    "deep": ("info", "more than 8 bits a channel; scaled to 0..255"),
    "lab": ("info", "L*a*b* colors; converted to RGB"),
    "rotated": ("info", "turned as the EXIF orientation says"),
    "stray": ("info", "files that are no pictures; left out"),
}
ANSWERS = {"bad-box": "--on-bad-box clip|drop|drop-image"}
"""What is answered otherwise than by accepting a kind as it is."""

LISTED = 1_000
"""Findings of one kind that are kept: a million bad boxes shall not fill the memory."""

SHOWN = 10  # names in an error; the rest is a number


@dataclass(frozen=True)
class Finding:
    """One thing about one file, row, class or folder.

    Args:
        kind: a key of ``KINDS``.
        source: the file, row, class or folder.
        detail: the particulars, in words.
    """

    kind: str
    source: str
    detail: str = ""

    @property
    def severity(self) -> Severity:
        """``info``, ``warn`` or ``refuse``."""
        return KINDS[self.kind][0]

    def to_dict(self) -> dict[str, str]:
        """Plain Python values, ready for JSON."""
        return {**asdict(self), "severity": self.severity}

    def __str__(self) -> str:
        return f"{self.source}: {self.detail}" if self.detail else self.source


class Findings:
    """Findings as they are met; of each kind the first 1,000, and how many more there are."""

    def __init__(self) -> None:
        self._listed: list[Finding] = []
        self._counts = Counter[str]()

    def add(self, kind: str, source: str, detail: str = "") -> None:
        """One more."""
        self._counts[kind] += 1
        if self._counts[kind] <= LISTED:
            self._listed.append(Finding(kind, source, detail))

    def more(self, kind: str, count: int) -> None:
        """So many more, of which nothing is told."""
        self._counts[kind] += count

    def __iter__(self) -> Iterator[Finding]:
        yield from self._listed
        for kind, count in self._counts.items():
            known = sum(one.kind == kind for one in self._listed)
            if count > known:
                yield Finding(kind, "and others", f"{count - known:,} more")


def blocking(findings: Iterable[Finding], accept: Collection[str] = ()) -> list[Finding]:
    """The findings that stop a training, less the accepted kinds.

    Raises:
        SettingError: ``accept`` names a kind that never refuses anything.
    """
    refusing = [kind for kind, (severity, _) in KINDS.items() if severity == "refuse" and kind not in ANSWERS]
    for kind in accept:
        if kind in ANSWERS:
            raise SettingError(f"accept is {kind!r}", "a kind that can be left as it is", ANSWERS[kind])
        if kind not in refusing:
            raise SettingError(f"accept is {kind!r}", "one of: " + ", ".join(refusing), "leave it out")
    return [finding for finding in findings if finding.severity == "refuse" and finding.kind not in accept]


def refusal(findings: Collection[Finding]) -> DataError:
    """All of them as one error: how many of every kind, the first ten names, the flags that accept them.

    >>> print(refusal([Finding("unreadable", "a.jpg", "truncated")]))
    files that cannot be decoded (1): a.jpg: truncated
      expected: data without such findings
      try: `striate check` lists them all; mend them, or accept them with --accept unreadable
    """
    counts = Counter(finding.kind for finding in findings)
    lines = []
    for kind, count in counts.items():
        named = [str(finding) for finding in findings if finding.kind == kind][:SHOWN]
        more = f"; and {count - len(named)} more" if count > len(named) else ""
        lines.append(f"{KINDS[kind][1]} ({count}): " + "; ".join(named) + more)
    flags = " ".join(dict.fromkeys(ANSWERS.get(kind, f"--accept {kind}") for kind in counts))
    return DataError(
        ". ".join(lines),
        "data without such findings",
        f"`striate check` lists them all; mend them, or accept them with {flags}",
    )
