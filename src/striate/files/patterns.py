"""Paths that a pattern stands for, where a name with brackets or stars may also be meant as it is.

loose [1]/*.png     "loose [1]" exists, so it is that folder;  *.png matches the names in it
"""

import fnmatch
import os
import re
from collections.abc import Iterator
from glob import has_magic
from pathlib import Path

from striate.files.walk import Walk

ANY_DEPTH = "**"


def matches(pattern: str) -> list[Path]:
    """The paths that a pattern stands for, sorted; the path itself if it exists.

    Every part that exists as it is written is taken as it is. ``*``, ``?`` and ``[...]`` match within a name,
    hidden names only if the pattern begins with a dot; ``**`` matches folders at any depth.
    """
    if os.path.lexists(pattern):
        return [Path(pattern)]
    start, *parts = Path(pattern).parts or ("",)
    first = Path(start) if os.path.isabs(pattern) else Path()
    rest = parts if os.path.isabs(pattern) else [start, *parts]
    return sorted(set(_matches(first, rest)))


def _matches(folder: Path, parts: list[str]) -> Iterator[Path]:
    if not parts:
        yield folder
        return
    part, *rest = parts
    if os.path.lexists(folder / part) or not has_magic(part):
        if os.path.lexists(folder / part):
            yield from _matches(folder / part, rest)
    elif part == ANY_DEPTH:
        for below in _folders(folder):
            yield from _matches(below, rest or ["*"])
    else:
        fits = re.compile(fnmatch.translate(part)).match
        for name in _names(folder):
            if fits(name) and (part.startswith(".") or not name.startswith(".")):
                yield from _matches(folder / name, rest)


def _folders(folder: Path) -> Iterator[Path]:
    """A folder and all that are below it; links once."""
    if not folder.is_dir():
        return
    seen = {""} | {name.rpartition("/")[0] for name in Walk(folder).files()}
    yield from (folder / below for below in sorted(seen))


def _names(folder: Path) -> list[str]:
    try:
        return sorted(os.listdir(folder))
    except OSError:
        return []
