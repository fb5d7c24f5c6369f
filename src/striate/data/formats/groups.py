"""Pictures that belong together, such as those of one person: a column of a table says which do.

    image,person,...        --group person        p1.jpg and p2.jpg are in one split,
    p1.jpg,Ada                                    whichever that is
    p2.jpg,Ada

A row without a value is a group of its own. Columns with a usual name are recognised: nothing is split by
them, but a finding tells where one group stands in two splits.
"""

from array import array
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from difflib import get_close_matches
from hashlib import blake2b

import numpy as np
from numpy.typing import NDArray

from striate.errors import SettingError

WORDS = frozenset(("group", "person", "subject", "patient", "individual", "participant", "identity"))
"""Names of columns that are recognised, lower case."""


@dataclass(frozen=True)
class Groups:
    """Which pictures belong together.

    Args:
        column: of the table.
        numbers: uint64 (N,), equal for pictures of one group.
        asked: whether somebody named the column; else it was recognised, and splits are made without it.
    """

    column: str
    numbers: NDArray[np.uint64]
    asked: bool

    @property
    def notes(self) -> tuple[str, ...]:
        """What the user is told of groups that were asked for."""
        count = len(np.unique(self.numbers))
        return (f"pictures of one {self.column} stay in one split: {count:,} groups",) if self.asked else ()


@dataclass
class GroupRows:
    """Collects the group of each row of a table.

    Args:
        column: its number in the table; None where there is none.
        name: of the column.
        asked: see ``Groups``.
    """

    column: int | None
    name: str = ""
    asked: bool = False
    _numbers: "array[int]" = field(default_factory=lambda: array("Q"))

    @classmethod
    def of(cls, columns: Sequence[str], asked: str | None, used: Collection[int | None] = ()) -> "GroupRows":
        """The column that was asked for, or else one that is recognised and not used for something else.

        Raises:
            SettingError: there is no such column.

        >>> GroupRows.of(["image", "Person", "x"], None).column
        1
        """
        lower = [name.strip().lower() for name in columns]
        if asked is None:
            known = [number for number, name in enumerate(lower) if name in WORDS and number not in used]
            return cls(known[0], columns[known[0]].strip()) if known else cls(None)
        if asked.strip().lower() not in lower:
            near = get_close_matches(asked.strip().lower(), lower, 3, cutoff=0)
            raise SettingError(
                f"group is {asked!r}, and the table has no such column",
                "one of: " + ", ".join(name.strip() for name in columns[:20]),
                "group " + " or ".join(near),
            )
        return cls(lower.index(asked.strip().lower()), asked.strip(), asked=True)

    def add(self, cells: Sequence[str], picture: str) -> None:
        """Take in a row that is used, and the file of its picture."""
        if self.column is not None:
            value = cells[self.column].strip() if self.column < len(cells) else ""
            self._numbers.append(group_number(value or f"\0{picture}"))

    def groups(self) -> Groups | None:
        """The groups of all rows; None where there is no column."""
        if self.column is None:
            return None
        return Groups(self.name, np.array(self._numbers, dtype=np.uint64), self.asked)


def group_number(name: str) -> int:
    """A number 0..2^64 - 1 that depends on the name alone.

    >>> group_number("Ada") == group_number("Ada") != group_number("Bob")
    True
    """
    return int.from_bytes(blake2b(name.encode("utf-8", "surrogatepass"), digest_size=8).digest(), "little")
