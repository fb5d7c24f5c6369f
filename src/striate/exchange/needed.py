"""What all exchanges ask: the library, answers as a list; and what is said where there is no word for one."""

from collections.abc import Iterable
from importlib import import_module
from typing import Any

from striate.errors import SettingError
from striate.records import Record


def library(name: str) -> Any:
    """A library, imported now.

    Raises:
        SettingError: it is not installed.
    """
    try:
        return import_module(name)
    except ImportError as reason:
        raise SettingError(
            f"{name} cannot be imported ({reason})", "an installed package", f"pip install {name}"
        ) from reason


def no_word(given: object, name: str, known: str) -> SettingError:
    """The error for an answer that a library has no word for."""
    return SettingError(f"{name} has no word for a {type(given).__name__}", known, "to_dict() of the record")


def several(answers: Any) -> list[Any]:
    """One answer, or many, as a list.

    Raises:
        SettingError: it is neither.
    """
    if isinstance(answers, Record):
        return [answers]
    if isinstance(answers, str) or not isinstance(answers, Iterable):
        wrong = (
            f"the answers are {answers!r:.60}"
            if answers is None
            else f"answers is a {type(answers).__name__}"
        )
        raise SettingError(wrong, "a record, or a list of them", "what predict gave")
    return list(answers)


def names_of(classes: Any) -> tuple[str, ...]:
    """The names of classes, or of points.

    Raises:
        SettingError: they are no names.
    """
    if isinstance(classes, str) or not isinstance(classes, Iterable):
        raise SettingError(f"classes is {classes!r:.60}", "names, by their numbers", 'classes=("cat", "dog")')
    return tuple(map(str, classes))
