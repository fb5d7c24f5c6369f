"""Mistakes in flags and verbs, in the same three lines as every other mistake."""

import re
from difflib import get_close_matches
from typing import Any

import typer

from striate.errors import SettingError

# click's own class, which typer keeps under a name that differs between its versions
UsageError: type[Exception] = typer.BadParameter.__bases__[0]

QUOTED = re.compile("'(.+?)'")


def three_lines(error: Any) -> SettingError:
    """What typer found wrong with the command line, as an error of three lines."""
    context = error.ctx
    message = error.format_message().rstrip(".")
    if context is None:  # the parser does not know the verb: a flag without its value
        return SettingError(message, "--flag VALUE", "striate VERB --help")
    path = context.command_path
    attempt = f"{path} --help"
    if flag := getattr(error, "option_name", None):
        known = [name.removeprefix("--") for name in flags(context)]
        near = [f"--{name}" for name in get_close_matches(flag.removeprefix("--"), known, n=3)]
        expected = " or ".join(near) or "one of: " + ", ".join(flags(context))
        if not near and "set" in known:
            argument = flag.removeprefix("--").replace("-", "_")
            attempt = f"--set {argument}=VALUE for an argument of the network, or {attempt}"
        return SettingError(f"`{path}` has no flag {flag}", expected, attempt)
    if verbs := getattr(context.command, "commands", None):
        quoted = QUOTED.search(message)
        word = quoted.group(1) if quoted else message
        return SettingError(f"there is no verb {word!r}", nearest(word, list(verbs)), attempt)
    return SettingError(f"`{path}`: {message[:1].lower()}{message[1:]}", usage(context), attempt)


def flags(context: Any) -> list[str]:
    """Every long flag of the verb."""
    return [flag for parameter in context.command.params for flag in parameter.opts if flag.startswith("--")]


def nearest(word: str, names: list[str]) -> str:
    """The names that look like the one given; all of them if none does and they are few.

    >>> nearest("trian", ["train", "check"])
    'train'
    """
    close = get_close_matches(word, names, n=3, cutoff=0.5)
    return " or ".join(close) if close else "one of: " + ", ".join(names)


def usage(context: Any) -> str:
    """``striate evaluate [OPTIONS] MODEL DATA``."""
    words: list[str] = context.get_usage().split()
    return " ".join(word.replace("{", "").replace("}", "").replace("......", "...") for word in words[1:])
