"""The files that the paths of a table mean: beside the table, or by one rule for all rows, which is noted.

    as written            beside the table; with / for \\
    where you are         relative to the current folder
    without k parts       /home/other/data/img/1.png  ->  img/1.png
    below a folder        1.png  ->  train_images/1.png
    by another spelling   1  or  1.PNG  ->  1.png;  another Unicode form of the name

A file outside the folder of the table (``..``, an absolute path, a link) is opened only if that is accepted.
"""

import os
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from difflib import get_close_matches
from pathlib import Path
from unicodedata import normalize

from striate.data.decode import EXTENSIONS
from striate.data.picture_files import ending_of
from striate.errors import DataError
from striate.files.walk import Walk

TRIED = 20
"""Names of a table that decide how paths are meant."""
MOST_FOLDERS = 2_000
"""Folders below the table in which its files are looked for."""
MOST_NAMES = 20_000
"""Names of a folder among which the nearest is looked for."""
REMEMBERED = 256
"""Folders whose names are remembered."""
SAME = ({".jpg", ".jpeg", ".jpe"}, {".tif", ".tiff"})
"""Endings of one format."""


@dataclass(frozen=True)
class Rule:
    """How the paths of a table become paths of files.

    Args:
        before: the folder they are below, relative to the table; the current folder where ``here``.
        dropped: parts of every path that are left off.
        here: relative to the current folder, not to the table.
    """

    before: str = ""
    dropped: int = 0
    here: bool = False

    def __str__(self) -> str:
        if self.here:
            return "paths are relative to the current folder, not to the table"
        if self.dropped:
            return f"of every path, the first {self.dropped} folders are left off"
        return f"files are taken from {self.before}/"


class TablePaths:
    """Paths of one table.

    Args:
        folder: of the table.
        names: some of its paths, which decide the rule.

    Raises:
        DataError: the files of those names lie in several folders.
    """

    def __init__(self, folder: Path, names: Iterable[str]) -> None:
        self.folder = os.path.abspath(folder)
        self.respelled = Counter[str]()
        self.rule: Rule | None = None
        self._real = os.path.realpath(folder)
        self._listed: dict[str, dict[str, tuple[str, ...]]] = {}
        self._real_folders: dict[str, str] = {}
        tried = [name for name in names if name and "\0" not in name][:TRIED]
        if tried and not any(self._spelled(name) for name in tried):
            self.rule = self._best(tried)

    def find(self, name: str) -> str | None:
        """The path of a file, relative to the table's folder, absolute outside it; None if there is none."""
        if not name or "\0" in name:
            return None
        found = self._spelled(name)
        if found is None and self.rule is not None:
            found = self._by(self.rule, name)
        if found is None:
            return None
        written, meant = os.path.splitext(name)[1], os.path.splitext(found)[1]
        if written != meant:
            self.respelled[f"{written or 'no ending'} stands for {meant}"] += 1
        relative = os.path.relpath(found, self.folder) if os.path.isabs(found) else found
        return found if os.path.isabs(found) and relative.startswith("..") else relative

    def is_outside(self, relative: str) -> bool:
        """Whether a file lies outside the folder of the table, links followed."""
        parent, name = os.path.split(os.path.join(self.folder, relative))
        if parent not in self._real_folders:
            self._real_folders[parent] = os.path.realpath(parent)
        real = os.path.join(self._real_folders[parent], name)
        real = os.path.realpath(real) if os.path.islink(real) else real
        return not real.startswith(os.path.join(self._real, ""))

    def nearest(self, name: str) -> str | None:
        """The file that is named most like a missing one, in the folder where it should be."""
        before = self.rule.before if self.rule else ""
        parent, last = os.path.split(os.path.join(before, name.replace("\\", "/")))
        names = [one for same in self._names(parent).values() for one in same][:MOST_NAMES]
        near = get_close_matches(last, names, 1)
        return os.path.join(parent, near[0]) if near else None

    def notes(self) -> tuple[str, ...]:
        """What was taken where a path did not say it."""
        rule = () if self.rule is None else (str(self.rule),)
        return (*rule, *(f"{words} in {count:,} rows" for words, count in self.respelled.most_common()))

    def _by(self, rule: Rule, name: str) -> str | None:
        if rule.here:
            return self._spelled(os.path.abspath(name))
        parts = [part for part in name.replace("\\", "/").split("/") if part][rule.dropped :]
        return self._spelled("/".join([rule.before, *parts] if rule.before else parts)) if parts else None

    def _best(self, names: list[str]) -> Rule | None:
        """The rule by which most of the names are files; None if none finds any.

        Raises:
            DataError: several folders fit equally well.
        """
        depth = max(name.replace("\\", "/").count("/") for name in names)
        rules = [Rule(here=True), *(Rule(dropped=count) for count in range(1, depth + 1))]
        best = max(rules, key=lambda rule: self._hits(rule, names))
        if self._hits(best, names):
            return best
        below = {Rule(before): self._hits(Rule(before), names) for before in self._folders()}
        most = max(below.values(), default=0)
        fitting = [rule for rule, count in below.items() if count == most and most]
        if len(fitting) > 1:
            folders = " and in ".join(f"{rule.before}/" for rule in fitting[:3])
            raise DataError(
                f"{names[0]} lies in {folders}",
                f"paths that say which file below {self.folder} is meant",
                "write the folder into the column of paths",
            )
        return fitting[0] if fitting else None

    def _hits(self, rule: Rule, names: list[str]) -> int:
        return sum(self._by(rule, name) is not None for name in names)

    def _folders(self) -> list[str]:
        """Folders below the table, links not followed."""
        walk, found, ahead = Walk(Path(self.folder)), list[str](), [""]
        while ahead and len(found) < MOST_FOLDERS:
            below = ahead.pop(0)
            try:
                inside = walk.listing(below).folders
            except OSError:
                continue
            ahead += [f"{below}/{name}" if below else name for name in inside]
            found += [below] if below else []
        return found

    def _spelled(self, path: str) -> str | None:
        """The file as written, relative to the table, or by another spelling of its last part."""
        if os.path.isfile(os.path.join(self.folder, path)):
            return path
        if "\\" in path:
            return self._spelled(path.replace("\\", "/"))
        parent, last = os.path.split(path)
        same = self._names(parent).get(_key(last), ())
        if len(same) == 1 and os.path.isfile(os.path.join(self.folder, parent, same[0])):
            return os.path.join(parent, same[0])
        return None

    def _names(self, parent: str) -> dict[str, tuple[str, ...]]:
        """Spellings -> the pictures in a folder that may be meant; the last folders are remembered."""
        if parent not in self._listed:
            if len(self._listed) >= REMEMBERED:
                self._listed.clear()
            self._listed[parent] = _spellings(os.path.join(self.folder, parent))
        return self._listed[parent]


def _spellings(folder: str) -> dict[str, tuple[str, ...]]:
    found: dict[str, tuple[str, ...]] = {}
    try:
        names = sorted(os.listdir(folder))
    except (OSError, ValueError):
        return found
    for name in (name for name in names if ending_of(name) in EXTENSIONS):
        for key in {_key(name), _key(name[: len(name) - len(ending_of(name))])}:
            found[key] = (*found.get(key, ()), name)
    return found


def _key(name: str) -> str:
    """Names that differ only in case, Unicode form or the spelling of the ending have one key."""
    ending = ending_of(name)
    same = next((min(endings) for endings in SAME if ending in endings), ending)
    return normalize("NFC", name[: len(name) - len(ending)]).casefold() + same
