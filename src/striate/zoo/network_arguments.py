"""The arguments that a network has of its own: written as words, and checked against what it takes.

["width=0.5", "stem=small"] --> {"width": 0.5, "stem": "small"} --> width: float, stem: "paper" or "small"
"""

from collections.abc import Iterable, Mapping
from difflib import get_close_matches
from inspect import Parameter
from types import NoneType, UnionType
from typing import Any, Literal, Union, get_args, get_origin

from striate.errors import SettingError

WORDS = {"true": True, "false": False, "none": None}
KINDS = {bool: "True or False", float: "a number", int: "a whole number", str: "a word"}


def written(texts: Iterable[str]) -> dict[str, Any]:
    """What ``NAME=VALUE`` means, for each of several.

    Args:
        texts: the value is a number, ``true``, ``false``, ``none``, or a word.

    Raises:
        SettingError: one is not written so, or a name comes twice.

    >>> written(["width=0.5", "stem=small", "auxiliary=true"])
    {'width': 0.5, 'stem': 'small', 'auxiliary': True}
    """
    found: dict[str, Any] = {}
    for text in texts:
        name, sign, value = str(text).partition("=")
        if not (name and sign and value) or name in found:
            wrong = f"set names {name} twice" if name in found else f"set is {text!r}"
            raise SettingError(wrong, "NAME=VALUE, each name once", "--set width=0.5")
        found[name] = WORDS[value.lower()] if value.lower() in WORDS else _number(value)
    return found


def require(network: str, known: Mapping[str, Parameter], arguments: Mapping[str, Any]) -> None:
    """The network has these arguments, and they can have these values.

    Args:
        network: its name.
        known: the arguments that it has, with their types and defaults.
        arguments: what the user gave.

    Raises:
        SettingError: it has no such argument, or that cannot have such a value.
    """
    for name, value in arguments.items():
        if name not in known:
            listed = ", ".join(f"{key}={one.default!r}" for key, one in known.items())
            near = get_close_matches(str(name), known, n=3)
            raise SettingError(
                f"{network} has no argument {name!r}",
                f"besides classes, in_channels and weights: {listed or 'none'}",
                " or ".join(near) or f"leave {name} out",
            )
        _require_kind(name, value, known[name])


def _number(text: str) -> int | float | str:
    """A number if it is written as one."""
    for kind in (int, float):
        try:
            return kind(text)
        except ValueError:
            continue
    return text


def _require_kind(name: str, value: Any, known: Parameter) -> None:
    """The value is one of the words, or of one of the kinds, that the argument takes."""
    hint = known.annotation
    kinds = list(get_args(hint)) if get_origin(hint) in (Union, UnionType) else [hint]
    if not any(_is(value, kind) for kind in kinds):
        told = [one for kind in kinds for one in _in_words(kind)]
        attempt = f"{name}={known.default!r}, which is what you get without it"
        if get_origin(hint) is Literal:
            attempt = " or ".join(f"{name}={word!r}" for word in get_args(hint))
        raise SettingError(f"{name} is {value!r}", " or ".join(told), attempt)


def _is(value: Any, kind: Any) -> bool:
    """Whether a value is of a kind; True and False are no numbers, and whole numbers are numbers."""
    if get_origin(kind) is Literal:
        return any(type(value) is type(word) and value == word for word in get_args(kind))
    if isinstance(value, bool):
        return kind is bool
    return isinstance(value, int | float if kind is float else kind)


def _in_words(kind: Any) -> list[str]:
    """What an error says of a kind."""
    if get_origin(kind) is Literal:
        return [repr(word) for word in get_args(kind)]
    return ["None"] if kind is NoneType else [KINDS[kind]]
