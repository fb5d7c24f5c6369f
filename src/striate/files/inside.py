"""What belongs to a folder lies in it: no link leads out of it, and where a file is expected stands no pipe.

run/log.jsonl -> /home/me/diary      refused, before anything is written through the link
"""

import os
import stat
from collections.abc import Iterable
from pathlib import Path


def strangers(folder: Path, names: Iterable[str]) -> list[str]:
    """What is wrong with entries of a folder, a phrase for each; entries that do not exist are fine.

    Args:
        folder: exists; it may itself be reached by a link.
        names: of files and folders in it; of a folder everything below is looked at.

    >>> strangers(Path("."), ["no such file"])
    []
    """
    root = os.path.realpath(folder)
    return [
        phrase for name in names for path in _below(folder / name) if (phrase := _wrong(path, folder, root))
    ]


def _below(path: Path) -> Iterable[Path]:
    """The path, and if it is a folder and no link all that is in it."""
    yield path
    if path.is_dir() and not path.is_symlink():
        for parent, folders, files in os.walk(path):
            yield from (Path(parent, name) for name in (*folders, *files))


def _wrong(path: Path, folder: Path, root: str) -> str:
    """What is wrong with one entry; empty for nothing."""
    try:
        state = os.lstat(path)
    except (OSError, ValueError):
        return ""
    shown = path.relative_to(folder)
    if stat.S_ISLNK(state.st_mode):
        target = os.path.realpath(path)
        return "" if target.startswith(root + os.sep) else f"{shown} is a link that leads out of the folder"
    if stat.S_ISREG(state.st_mode) or stat.S_ISDIR(state.st_mode):
        return ""
    return f"{shown} is a pipe, a socket or a device"
