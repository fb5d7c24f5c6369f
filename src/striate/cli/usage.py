"""Mistakes in flags and verbs, in the same three lines as every other mistake."""

from difflib import get_close_matches
from typing import Any

import typer

from striate.errors import SettingError

# click's own class, which typer keeps under a name that differs between its versions
UsageError: type[Exception] = typer.BadParameter.__bases__[0]


def three_lines(error: Any) -> SettingError:
    """What typer found wrong with the command line, as an error of three lines."""
    context = error.ctx
    path = context.command_path if context else "striate"
    attempt = f"{path} --help"
    if not error.message and not getattr(error, "param", None):
        return SettingError("no verb was given", verbs(context), attempt)
    if given := getattr(error, "option_name", None):
        return SettingError(f"`{path}` has no flag {given}", nearest(given, flags(context)), attempt)
    if commands := getattr(context.command, "commands", None) if context else None:
        word = context.args[0] if context.args else error.message
        return SettingError(f"there is no verb {word!r}", nearest(word, list(commands)), attempt)
    return SettingError(error.format_message().rstrip("."), "see the usage: " + usage(context), attempt)


def verbs(context: Any) -> str:
    return "one of: " + ", ".join(context.command.commands)


def flags(context: Any) -> list[str]:
    """Every long flag of the verb."""
    return [flag for parameter in context.command.params for flag in parameter.opts if flag.startswith("--")]


def nearest(given: str, names: list[str]) -> str:
    """The names that look like the one given; all of them if none does and they are few.

    >>> nearest("trian", ["train", "check"])
    'train'
    """
    close = get_close_matches(given, names, n=3, cutoff=0.5)
    return " or ".join(close) if close else "one of: " + ", ".join(names)


def usage(context: Any) -> str:
    text: str = context.get_usage()
    return " ".join(text.split()).removeprefix("Usage: ")
