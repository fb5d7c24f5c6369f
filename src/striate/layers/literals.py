"""Words that choose between two behaviours, checked once at the door.

stem="papr" --> SettingError: stem is 'papr', expected: 'paper' or 'small'
"""

from collections.abc import Sequence
from typing import Literal

from striate.errors import SettingError

Stem = Literal["paper", "small"]
"""How a network begins: as its paper says, or without halving anything, for pictures of about 32 pixels."""


def require_choice(argument: str, value: object, words: Sequence[object]) -> None:
    """The value is one of the words.

    Args:
        argument: its name.
        value: what the user gave.
        words: that it may be.

    Raises:
        SettingError: it is another one.

    >>> require_choice("stem", "small", ("paper", "small"))
    """
    if value not in words:
        raise SettingError(
            f"{argument} is {value!r}",
            " or ".join(map(repr, words)),
            " or ".join(f"{argument}={word!r}" for word in words),
        )
