"""What a comparison may have several values of, as it is written in the terminal or in Python.

    --backbone resnet18,vgg16   --size 320,480   --proposals 100,300

One value is a setting, or an argument, of all; several are a choice: a row for each. Of proposals a number is
how many, and a word is what proposes them; a file of boxes is the same for all.
"""

import re
from collections.abc import Sequence
from difflib import get_close_matches
from typing import Any

from striate.compare.sweep import Sweep
from striate.errors import SettingError
from striate.train.run.task_settings import PROPOSALS_ENDING, PROPOSERS

Values = str | int | Sequence[str | int] | None
"""Comma-separated words, one value, or several."""

BACKBONE, SIZE, PROPOSALS, PROPOSER = "backbone", "size", "proposals", "proposer"


NUMBER = re.compile(r"[-+]?(\d+\.?\d*|\.\d+)")


def choices_of(
    settings: dict[str, Any], backbone: Values = None, size: Values = None, proposals: Values = None
) -> tuple[dict[str, Any], tuple[Sweep, ...]]:
    """The settings with what has one value, and what has several.

    Args:
        settings: as they were given, by name.
        backbone: names of networks.
        size: pixels, as 320 or 240x320.
        proposals: numbers, and names of proposers.

    Raises:
        SettingError: a value is given twice, or is none.

    >>> choices_of({}, "resnet18", "320,480", "100,300,selective")
    ({'arguments': {'backbone': 'resnet18', 'proposer': 'selective'}}, \
(Sweep(setting='size', values=('320', '480')), \
Sweep(setting='proposals', values=(100, 300))))
    """
    words = listed(PROPOSALS, proposals)
    require_counts(words)
    numbers = [int(word) for word in words if word.isdecimal()]
    files = [word for word in words if word.endswith(PROPOSALS_ENDING)]
    kinds = [word for word in words if not word.isdecimal() and word not in files]
    unknown = next((word for word in kinds if word not in PROPOSERS), None)
    if unknown is not None:
        near = get_close_matches(unknown, PROPOSERS, 1) or ["selective"]
        expected = f"numbers, {', '.join(PROPOSERS)}, or a {PROPOSALS_ENDING} file"
        raise SettingError(f"--proposals names {unknown!r}", expected, f"--proposals {near[0]}")
    if len(files) > 1 or (files and kinds):
        wrong = f"proposals: {', '.join([*files, *kinds])}"
        raise SettingError(wrong, "one file, or names of proposers", f"proposals {files[0]}")
    given: list[tuple[str, list[Any], bool]] = [
        (BACKBONE, listed(BACKBONE, backbone), True),
        (SIZE, listed(SIZE, size), False),
        (PROPOSALS, files, False),
        (PROPOSER, kinds, True),
        (PROPOSALS, numbers, True),
    ]
    choices, made = list[Sweep](), dict(settings)
    for name, values, of_network in given:
        if len(values) > 1:
            choices.append(Sweep(name, tuple(values), of_network))
        elif values and of_network:
            made["arguments"] = with_argument(made.get("arguments", {}), name, values[0])
        elif values:
            made[name] = values[0]
    return made, tuple(choices)


def require_counts(words: Sequence[str]) -> None:
    """What is written as a number is a whole one, 1 or more.

    Raises:
        SettingError: it is not.
    """
    for word in words:
        if NUMBER.fullmatch(word) and not (word.isdecimal() and int(word)):
            raise SettingError(
                f"proposals is {word}",
                "a whole number, 1 or more, or what proposes: selective",
                "proposals 300",
            )


def listed(name: str, values: Values) -> list[str]:
    """Each value as a word.

    Raises:
        SettingError: one is given twice, or is empty.

    >>> listed("size", "320, 480"), listed("proposals", [100, 300]), listed("size", 320), listed("size", None)
    (['320', '480'], ['100', '300'], ['320'], [])
    """
    if values is None:
        return []
    parts = values.split(",") if isinstance(values, str) else [values] if isinstance(values, int) else values
    words = [str(part).strip() for part in parts]
    twice = next((word for place, word in enumerate(words) if word in words[:place]), None)
    if twice is not None or not all(words):
        wrong = "a value is empty" if twice is None else f"{twice} is named twice"
        raise SettingError(f"{name}: {wrong}", "different values, divided by commas", f"--{name} 100,300")
    return words


def with_argument(arguments: Any, name: str, value: Any) -> Any:
    """Arguments of networks, a dictionary or words as NAME=VALUE, and one more."""
    if isinstance(arguments, dict):
        return {**arguments, name: value}
    return [*arguments, f"{name}={value}"]
