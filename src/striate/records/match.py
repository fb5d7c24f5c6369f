"""Whom a picture shows, and whether two pictures show the same: distances and their limits."""

from dataclasses import dataclass
from typing import Any

from striate.arguments import checked_methods
from striate.formatting import percent
from striate.records.record import Record

UNKNOWN = "unknown"


@checked_methods
@dataclass(frozen=True)
class Match(Record):
    """The nearest known identity of one picture.

    Args:
        nearest: its name, whether it is near enough or not.
        distance: to it; the smaller the more alike.
        threshold: the largest distance that is accepted; None where none was set: then nothing is accepted.
        second: the name of the next one; None where there is only one.
        margin: how much farther that one is; None likewise.
        far: share of strangers that are accepted at the threshold, as it was measured; None without one.
        source: the file that the picture came from, or "".
    """

    nearest: str
    distance: float
    threshold: float | None = None
    second: str | None = None
    margin: float | None = None
    far: float | None = None
    source: str = ""

    @property
    def known(self) -> bool:
        """Whether the nearest identity is near enough.

        >>> Match("Ada", 0.4, threshold=0.5).known, Match("Ada", 0.4).known
        (True, False)
        """
        return self.threshold is not None and self.distance <= self.threshold

    @property
    def name(self) -> str:
        """The identity, or ``unknown``."""
        return self.nearest if self.known else UNKNOWN

    def in_words(self, top: int = 3) -> str:
        """The name, the distance with its threshold, and the next one.

        >>> Match("Ada", 0.4, threshold=0.5, second="Bob", margin=0.2, far=0.01).in_words()
        'Ada  distance 0.4 (at most 0.5; 1.0 % of strangers are accepted)  next Bob, 0.2 farther'
        """
        words = [self.name if self.known else f"{UNKNOWN}, nearest {self.nearest}"]
        words.append(f"distance {self.distance:.4g} ({_limit(self.threshold, self.far)})")
        if self.second is not None and self.margin is not None:
            words.append(f"next {self.second}, {self.margin:.4g} farther")
        return "  ".join(words)

    def to_dict(self) -> dict[str, Any]:
        """Plain Python values, ready for JSON; ``name`` is None where it is unknown."""
        return {
            "source": self.source,
            "name": self.nearest if self.known else None,
            "nearest": self.nearest,
            "distance": self.distance,
            "threshold": self.threshold,
            "second": self.second,
            "margin": self.margin,
            "far": self.far,
        }


@checked_methods
@dataclass(frozen=True)
class Comparison(Record):
    """Whether two pictures show the same.

    Args:
        distance: between them; the smaller the more alike.
        threshold: the largest distance that is accepted; None where none was set.
        far: share of strangers that are accepted at it, as it was measured; None without one.
        source: the file of the first picture, or "".
        other: the file of the second one, or "".
    """

    distance: float
    threshold: float | None = None
    far: float | None = None
    source: str = ""
    other: str = ""

    @property
    def same(self) -> bool | None:
        """Whether the distance is accepted; None where no threshold was set.

        >>> Comparison(0.4, 0.5).same, Comparison(0.6, 0.5).same, Comparison(0.4).same
        (True, False, None)
        """
        return None if self.threshold is None else self.distance <= self.threshold

    def in_words(self, top: int = 3) -> str:
        """The answer, and the distance with its threshold.

        >>> Comparison(0.6, 0.5, 0.01).in_words()
        'different  distance 0.6 (at most 0.5; 1.0 % of strangers are accepted)'
        """
        answer = {True: "the same", False: "different", None: "no answer"}[self.same]
        return f"{answer}  distance {self.distance:.4g} ({_limit(self.threshold, self.far)})"

    def to_dict(self) -> dict[str, Any]:
        """Plain Python values, ready for JSON."""
        limits = {"threshold": self.threshold, "far": self.far}
        return {
            "source": self.source,
            "other": self.other,
            "same": self.same,
            "distance": self.distance,
            **limits,
        }


def _limit(threshold: float | None, far: float | None) -> str:
    """The threshold and its error, in words."""
    if threshold is None:
        return "no threshold was set: striate calibrate"
    rate = "" if far is None else f"; {percent(far)} of strangers are accepted"
    return f"at most {threshold:.4g}{rate}"
