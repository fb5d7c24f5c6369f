"""Which part of a data set is held out: ``2/5``, the second of five. See ``striate.data.folds``."""

from dataclasses import dataclass

from striate.errors import SettingError

MOST = 1000
"""Folds."""


@dataclass(frozen=True)
class Fold:
    """One of several parts of a data set.

    Args:
        number: 1..of.
        of: 2 or more.
    """

    number: int
    of: int

    @classmethod
    def read(cls, text: str) -> "Fold":
        """What ``2/5`` says.

        Raises:
            SettingError: it says something else.

        >>> Fold.read("2/5")
        Fold(number=2, of=5)
        """
        number, _, of = text.partition("/")
        if number.isdecimal() and of.isdecimal() and 1 <= int(number) <= int(of) and 2 <= int(of) <= MOST:
            return cls(int(number), int(of))
        raise SettingError(f"fold is {text!r}", "NUMBER/OF, as in 2/5: the second of five", "fold 1/5")

    def __str__(self) -> str:
        return f"{self.number}/{self.of}"
