"""One walk through a folder: the files that a person put there, and each linked folder once.

    names that begin with a dot, Thumbs.db, @eaDir, __MACOSX, ...     left out, and counted
    folders of runs, files that the program drew                      left out, and counted
    links to folders    followed after all real folders; never into a folder that was entered before

A file is whatever is no folder: who opens it makes sure that it is a regular one (``regular``).
"""

import os
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from striate.files.written import MARKER, is_run, names_written

SYSTEM = frozenset(
    (
        *("thumbs.db", "desktop.ini", "ehthumbs.db", "icon\r", "@eadir", "__macosx", "$recycle.bin"),
        *("system volume information", "lost+found", "#recycle", "__pycache__"),
    )
)
"""Names that systems give, in small letters."""

HIDDEN, OF_SYSTEM, WRITTEN, ENTERED = (
    "hidden",
    "of the system",
    "written by striate",
    "links to folders that are read already",
)
SHOWN = 3
"""Names that a sentence about them tells."""


@dataclass(frozen=True)
class Listing:
    """What one folder holds: names, sorted.

    Args:
        files: whatever is no folder.
        folders: real folders.
        links: links to folders.
    """

    files: tuple[str, ...]
    folders: tuple[str, ...]
    links: tuple[str, ...]


@dataclass
class Walk:
    """A walk through one folder. Paths are relative to it, with ``/``.

    Args:
        root: the folder; it is read even if it is hidden or a run.

    Attributes:
        skipped: reason -> paths of what was left out.
    """

    root: Path
    skipped: dict[str, list[str]] = field(default_factory=dict)
    _entered: set[tuple[int, int]] = field(default_factory=set)

    def __post_init__(self) -> None:
        self._is_new("")

    def listing(self, below: str = "") -> Listing:
        """What a folder holds, less what is left out.

        Raises:
            OSError: it cannot be listed.
        """
        files, folders, links = list[str](), list[str](), list[str]()
        names, inside = list[str](), dict[str, os.DirEntry[str]]()
        with os.scandir(self.root / below) as scan:
            for entry in scan:  # of files the name alone is kept: there may be very many
                names.append(entry.name)
                if _is_folder(entry):
                    inside[entry.name] = entry
        names.sort()
        ours = names_written(self.root / below) if MARKER in names else ()
        for name in (one for one in names if one != MARKER):
            reason, folder = _reason(name, ours), inside.get(name)
            if reason is not None:
                self._skip(reason, below, name)
            elif folder is None:
                files.append(name)
            elif is_run(folder.path):
                self._skip(WRITTEN, below, name)
            else:
                (links if folder.is_symlink() else folders).append(name)
        return Listing(tuple(files), tuple(folders), tuple(links))

    def files(self, below: str = "") -> Iterator[str]:
        """The paths of all files in a folder and its folders; those of linked folders come last.

        Raises:
            OSError: a folder cannot be listed.
        """
        links: list[str] = []
        if not below or self._is_new(below):
            yield from self._real_files(below, links)
        while links:
            link = links.pop(0)
            if self._is_new(link):
                yield from self._real_files(link, links)

    def sentences(self) -> tuple[str, ...]:
        """What was left out, in words, the reasons in the order they were met."""
        return tuple(_sentence(reason, paths) for reason, paths in self.skipped.items())

    def _real_files(self, below: str, links: list[str]) -> Iterator[str]:
        listing = self.listing(below)
        prefix = f"{below}/" if below else ""
        yield from (prefix + name for name in listing.files)
        links += [prefix + name for name in listing.links]
        for name in listing.folders:
            self._remember(prefix + name)
            yield from self._real_files(prefix + name, links)

    def _is_new(self, below: str) -> bool:
        """Enter a folder; a link to one that was entered before is noted and not entered."""
        known = self._remember(below)
        if known and os.path.islink(self.root / below):
            self._skip(ENTERED, "", below)
            return False
        return True

    def _remember(self, below: str) -> bool:
        """Whether a folder was entered before, under any name; now it was."""
        status = os.stat(self.root / below)
        identity = (status.st_dev, status.st_ino)
        known = identity in self._entered
        self._entered.add(identity)
        return known

    def _skip(self, reason: str, below: str, name: str) -> None:
        self.skipped.setdefault(reason, []).append(f"{below}/{name}" if below else name)


def _reason(name: str, ours: frozenset[str] | tuple[()]) -> str | None:
    """Why a name is left out; None if it is not."""
    if name.lower() in SYSTEM:
        return OF_SYSTEM
    if name.startswith("."):
        return HIDDEN
    return WRITTEN if name in ours else None


def _is_folder(entry: "os.DirEntry[str]") -> bool:
    """Whether it is a folder or a link to one; a link to itself is none."""
    try:
        return entry.is_dir()
    except OSError:
        return False


def _sentence(reason: str, paths: list[str]) -> str:
    shown = ", ".join(paths[:SHOWN]) + (", ..." if len(paths) > SHOWN else "")
    return f"left out, {reason} ({len(paths):,}): {shown}"
