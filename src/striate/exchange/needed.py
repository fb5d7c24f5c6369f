"""What is said where a library is missing, or where it has no word for an answer."""

from importlib import import_module
from typing import Any

from striate.errors import SettingError


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
