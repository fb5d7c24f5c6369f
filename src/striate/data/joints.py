"""The names of points, which of them are left and right of each other, and which a line joins.

    {"names": ["left_eye", "right_eye", "nose"],
     "pairs": [["left_eye", "right_eye"]], "skeleton": [["left_eye", "nose"]]}

The pairs change places in a mirrored picture. They come with the data, from a file (``--joints FILE``), by
the name of a known set of points, or from names that differ by left and right alone.
"""

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from pathlib import Path
from typing import Any

from striate.arguments import described
from striate.errors import SettingError
from striate.files.regular import read_regular

Pairs = tuple[tuple[int, int], ...]

MOST_BYTES = 1_000_000
SHOWN = 20
"""Names that an error lists."""

KINDS = {"pairs": "mirror pair", "skeleton": "line of the skeleton"}
FORM = '{"names": [...], "pairs": [[left, right], ...], "skeleton": [[from, to], ...]}'
LEFT_WORD = re.compile("(?<![a-z])(left|l)(?![a-z])")
RIGHT = {"left": "right", "l": "r"}


@dataclass(frozen=True)
class Joints:
    """L named points.

    Args:
        names: L names, all different.
        pairs: numbers of points that change places in a mirror; a point is in one pair at most.
        skeleton: pairs of numbers that a line joins in a drawing.
        sigmas: how far off an annotator is, as a share of the object's side, for each point; empty where
            nobody says. OKS divides by them.

    Raises:
        SettingError: a name occurs twice, or a pair names no point, one point twice, or one of another
            pair.

    >>> Joints(("left_eye", "right_eye"), ((0, 1),)).can_be_mirrored
    True
    """

    names: tuple[str, ...]
    pairs: Pairs = ()
    skeleton: Pairs = ()
    sigmas: tuple[float, ...] = ()

    def __post_init__(self) -> None:
        if twice := [name for name in self.names if self.names.count(name) > 1]:
            raise SettingError(f"the point {twice[0]!r} is named twice", "names that differ", "rename one")
        if self.sigmas and (len(self.sigmas) != len(self.names) or min(self.sigmas) <= 0):
            wrong = f"there are {len(self.sigmas)} sigmas of {len(self.names)} points"
            raise SettingError(wrong, "a number above 0 for each point", "leave sigmas out")
        for kind, pairs in zip(KINDS.values(), (self.pairs, self.skeleton), strict=True):
            for pair in pairs:
                if len(set(pair)) < 2 or not all(0 <= end < len(self.names) for end in pair):
                    shown = " and ".join(self._shown(end) for end in pair)
                    raise SettingError(
                        f"a {kind} joins {shown}",
                        f"two different points, by name or by number 0..{len(self.names) - 1}",
                        "mend the joints file",
                    )
        ends = [end for pair in self.pairs for end in pair]
        if again := [end for end in ends if ends.count(end) > 1]:
            raise SettingError(
                f"the point {self.names[again[0]]!r} is in more than one mirror pair",
                "a point in one pair at most",
                "mend the pairs of the joints file",
            )

    def _shown(self, number: int) -> str:
        """A point by its name; by its number where there is no such point."""
        return repr(self.names[number]) if 0 <= number < len(self.names) else str(number)

    @property
    def can_be_mirrored(self) -> bool:
        """Whether it is known which points change places in a mirror."""
        return bool(self.pairs)

    @property
    def mirrored(self) -> tuple[int, ...]:
        """For each point the number of the one that is in its place in a mirror.

        >>> Joints(("left_eye", "nose", "right_eye"), ((0, 2),)).mirrored
        (2, 1, 0)
        """
        order = list(range(len(self.names)))
        for first, second in self.pairs:
            order[first], order[second] = second, first
        return tuple(order)

    def require_pairs(self) -> None:
        """It is known which points change places in a mirror.

        Raises:
            SettingError: it is not.
        """
        if not self.pairs:
            raise SettingError(
                "pictures are mirrored, and no points are named left and right of each other",
                "names such as left_eye and right_eye, or the pairs of a joints file",
                "--joints FILE with pairs, or --augment and --tta without mirror",
            )

    def renamed(self, names: tuple[str, ...]) -> "Joints":
        """The same pairs and skeleton with the numbers of another order of names."""
        order = [names.index(name) for name in self.names]
        pairs, skeleton = (
            tuple((order[a], order[b]) for a, b in lines) for lines in (self.pairs, self.skeleton)
        )
        known = bool(self.sigmas) and len(names) == len(self.names)
        sigmas = tuple(self.sigmas[order.index(one)] for one in range(len(names))) if known else ()
        return Joints(names, pairs, skeleton, sigmas)

    def to_dict(self) -> dict[str, Any]:
        """Plain Python values, ready for JSON."""
        return {
            "names": list(self.names),
            "pairs": [list(pair) for pair in self.pairs],
            "skeleton": [list(pair) for pair in self.skeleton],
            **({"sigmas": list(self.sigmas)} if self.sigmas else {}),
        }

    @classmethod
    def from_dict(cls, values: Any, origin: str = "the joints") -> "Joints":
        """Joints from JSON; pairs are written with names or with numbers from 0.

        Raises:
            SettingError: the values have another form.
        """
        if not isinstance(values, Mapping) or not isinstance(values.get("names"), list | tuple):
            raise SettingError(f"{origin} has no list of names", FORM, "mend the file")
        names = tuple(str(name) for name in values["names"])
        pairs, skeleton = (
            tuple(_numbered(pair, names, f"{origin}: a {kind}") for pair in _pairs(values, key, origin))
            for key, kind in KINDS.items()
        )
        return cls(names, pairs, skeleton, _sigmas(values, origin))


def _sigmas(values: Mapping[str, Any], origin: str) -> tuple[float, ...]:
    """The numbers under ``sigmas``.

    Raises:
        SettingError: they are no numbers.
    """
    try:
        return tuple(float(one) for one in values.get("sigmas", ()))
    except (TypeError, ValueError) as reason:
        wrong = f"{origin}: sigmas is {described(values['sigmas'])}"
        raise SettingError(wrong, "a number for each point", FORM) from reason


def _pairs(values: Mapping[str, Any], key: str, origin: str) -> Sequence[Any]:
    """The list under a key; empty where there is none.

    Raises:
        SettingError: it is no list.
    """
    pairs = values.get(key, ())
    if isinstance(pairs, list | tuple):
        return pairs
    raise SettingError(f"{origin}: {key} is {described(pairs)}", "a list of pairs", FORM)


def _numbered(pair: Any, names: tuple[str, ...], what: str) -> tuple[int, int]:
    """The numbers of the two points of a pair, which is written with names or numbers.

    Raises:
        SettingError: it is no pair, or names no point.
    """
    ends = pair if isinstance(pair, list | tuple) else ()
    if len(ends) != 2 or not all(type(end) in (str, int) for end in ends):
        raise SettingError(f"{what} is {described(pair)}", "two names, or two numbers from 0", FORM)
    for end in ends:
        if isinstance(end, str) and end not in names:
            near = get_close_matches(end, names, 1, cutoff=0)
            expected = "one of: " + ", ".join(names[:SHOWN]) + (", ..." if len(names) > SHOWN else "")
            raise SettingError(f"{what} names {described(end)}, which is no point", expected, "".join(near))
    first, second = (names.index(end) if isinstance(end, str) else end for end in ends)
    return first, second


def mirror_pairs(names: Sequence[str]) -> Pairs:
    """Pairs of names that differ by left and right alone.

    >>> mirror_pairs(["left_eye", "nose", "right_eye", "l_ear", "r_ear"])
    ((0, 2), (3, 4))
    """
    numbers = {name.lower(): number for number, name in enumerate(names)}
    others = {name: LEFT_WORD.sub(lambda word: RIGHT[word[0]], name, count=1) for name in numbers}
    return tuple(
        (numbers[name], numbers[other])
        for name, other in others.items()
        if other != name and other in numbers
    )


def _face68() -> Joints:
    """The 68 points of 300-W (Sagonas et al. 2013): jaw, brows, nose, eyes, mouth."""
    ranges = ((0, 17), (17, 22), (22, 27), (27, 36), (36, 42), (42, 48), (48, 60), (60, 68))
    skeleton = [(a, a + 1) for start, end in ranges for a in range(start, end - 1)]
    skeleton += [(41, 36), (47, 42), (59, 48), (67, 60)]
    pairs = [(a, 16 - a) for a in range(8)] + [(17 + a, 26 - a) for a in range(5)]
    pairs += [(31, 35), (32, 34), (36, 45), (37, 44), (38, 43), (39, 42), (40, 47), (41, 46)]
    pairs += [(48, 54), (49, 53), (50, 52), (55, 59), (56, 58), (60, 64), (61, 63), (65, 67)]
    return Joints(tuple(map(str, range(68))), tuple(pairs), tuple(skeleton))


def _lsp14() -> Joints:
    """The 14 joints of Leeds Sports Pose (Johnson, Everingham 2010)."""
    right, left = ("ankle", "knee", "hip"), ("hip", "knee", "ankle")
    arms = ("wrist", "elbow", "shoulder")
    names = [f"right_{part}" for part in right] + [f"left_{part}" for part in left]
    names += [f"right_{part}" for part in arms] + [f"left_{part}" for part in reversed(arms)]
    names += ["neck", "head_top"]
    lines = ((0, 1), (1, 2), (3, 4), (4, 5), (6, 7), (7, 8), (9, 10), (10, 11), (8, 12), (9, 12), (12, 13))
    return Joints(tuple(names), mirror_pairs(names), (*lines, (2, 8), (3, 9)))


KNOWN = {"face68": _face68, "lsp14": _lsp14}
"""Sets of points that many data sets share, by name."""


def joints_of(names: tuple[str, ...]) -> Joints:
    """What names alone tell: a known set, or the pairs that differ by left and right."""
    known = next((made() for made in KNOWN.values() if made().names == names), None)
    return known or Joints(names, mirror_pairs(names))


def read_joints(name: str) -> Joints:
    """Joints from a JSON file, or a known set by its name.

    Raises:
        SettingError: there is no such file or set, or it has another form.
    """
    if name in KNOWN:
        return KNOWN[name]()
    path = Path(name)
    if not path.is_file():
        known = ", ".join(KNOWN)
        raise SettingError(f"joints is {name!r}", f"a JSON file, or one of: {known}", "check the path")
    try:
        values = json.loads(read_regular(path, MOST_BYTES))
    except (ValueError, RecursionError) as reason:
        raise SettingError(
            f"{name} is no JSON ({reason})", "a JSON file of joints", "mend the file"
        ) from reason
    return Joints.from_dict(values, name)
