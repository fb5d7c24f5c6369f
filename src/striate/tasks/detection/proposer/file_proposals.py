"""Boxes from a file: what ``striate propose`` or another program found.

    {"source": "a.jpg", "boxes": [[12, 8, 96, 80], [0, 0, 50, 40]], "scores": [0.9, 0.4]}
    {"source": "b.jpg", "boxes": []}

One line of JSON for each picture; boxes are x1, y1, x2, y2 in pixels of the picture, the best first. Scores
may be left out, or sort them. Only where each line begins is held in memory: a picture's boxes are read when
it is asked for.
"""

import json
import os
import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from json import JSONDecodeError, JSONDecoder
from pathlib import Path, PurePath
from typing import Any, NamedTuple, final

import torch
from torch import Tensor

from striate.data.array_images import from_tensor
from striate.errors import DataError, ShapeError
from striate.files.atomic import write
from striate.files.regular import open_regular, reason_of
from striate.formatting import plural
from striate.ops import clip_boxes_to_image
from striate.records import Proposals
from striate.tasks.detection.proposer.proposer import Proposer

ENDINGS = (".jsonl",)
SOURCE = re.compile(rb'\s*\{\s*"source"\s*:\s*')
LINE = '{"source": "a.jpg", "boxes": [[12, 8, 96, 80]], "scores": [0.9]} on every line'
NAMED = 3
"""Pictures that a sentence names."""


class Entry(NamedTuple):
    """A picture of the file, and where its line begins."""

    name: str
    offset: int


@final
class FileProposals(Proposer):
    """Proposes what a file says.

    A picture is recognised by the end of its path: of the pictures in the file that have its name, the one
    with most folders in common. One that the file does not name has no proposals.

    Args:
        path: of the file.

    Raises:
        DataError: it cannot be read, or a line is something else.
    """

    def __init__(self, path: str | Path) -> None:
        self.path = Path(path)
        self._entries: dict[str, list[Entry]] = defaultdict(list)
        self._corrected: dict[str, str] = {}
        with self._open() as file:
            offset = 0
            for number, line in enumerate(file, 1):
                if line.strip():
                    name = self._name(line, number)
                    self._entries[PurePath(name).name].append(Entry(name, offset))
                offset += len(line)
            stat = os.fstat(file.fileno())
        self._version = f"{stat.st_size} {stat.st_mtime_ns}"

    @property
    def settings(self) -> dict[str, Any]:
        """The file, and of when it is."""
        return {"proposals": str(self.path.resolve()), "version": self._version}

    @property
    def notes(self) -> tuple[str, ...]:
        """What was wrong with the boxes of the pictures so far."""
        counted = Counter(self._corrected.values())
        return tuple(
            f"{self.path}: {what} in {plural(count, 'picture')}: {self._some(what)}"
            for what, count in counted.items()
        )

    def _some(self, what: str) -> str:
        names = [name for name, one in self._corrected.items() if one == what]
        return _named(names)

    def propose(self, image: Tensor, source: str = "") -> Proposals:
        """The boxes of the picture, clipped to it; those that lie outside or are empty are left out."""
        size = from_tensor(image).shape[1], image.shape[2]
        entry = self._entry(source)
        if entry is None:
            return Proposals(torch.zeros(0, 4), torch.zeros(0), source)
        read = self._read(entry)
        order = read.scores.nan_to_num(-torch.inf).sort(descending=True, stable=True).indices
        boxes, scores = read.boxes[order], read.scores[order]
        clipped = clip_boxes_to_image(boxes.nan_to_num(0, 0, 0), size)
        kept = (clipped[:, 2:] > clipped[:, :2]).all(1) & boxes.isfinite().all(1) & scores.isfinite()
        if not kept.all():
            self._corrected[entry.name] = "boxes outside of the picture, without area or not finite left out"
        elif not torch.equal(clipped, boxes):
            self._corrected[entry.name] = "boxes clipped to the picture"
        return Proposals(clipped[kept], scores[kept], source)

    def notes_on(self, sources: Sequence[str]) -> tuple[str, ...]:
        """Pictures without boxes, and boxes of other pictures."""
        entries = [self._entry(source) for source in sources]
        missing = [source for source, entry in zip(sources, entries, strict=True) if entry is None]
        used = {entry for entry in entries if entry is not None}
        others = [entry.name for same in self._entries.values() for entry in same if entry not in used]
        notes = []
        if missing:
            count = f"{len(missing):,} of {plural(len(sources), 'picture')}"
            notes.append(f"{self.path} has no boxes for {count}: {_named(missing)}")
        if others:
            notes.append(
                f"{self.path} has boxes for {plural(len(others), 'other picture')}: {_named(others)}"
            )
        return tuple(notes)

    def _entry(self, source: str) -> Entry | None:
        """The line of a picture."""
        parts = PurePath(source).parts
        same = self._entries.get(parts[-1], ()) if parts else ()
        return max(same, key=lambda entry: _common(PurePath(entry.name).parts, parts), default=None)

    def _read(self, entry: Entry) -> Proposals:
        with self._open() as file:
            file.seek(entry.offset)
            line = file.readline()
        try:
            return Proposals.from_dict(json.loads(line))
        except (ValueError, ShapeError) as reason:
            raise DataError(
                f"{self.path}: the boxes of {entry.name} cannot be read", LINE, str(reason).split("\n")[0]
            ) from reason

    def _open(self) -> Any:
        try:
            return open_regular(self.path)
        except OSError as reason:
            raise DataError(
                f"{self.path} cannot be read ({reason_of(reason)})", LINE, "check the path"
            ) from reason

    def _name(self, line: bytes, number: int) -> str:
        """The picture that a line is about. Our own lines begin with it: boxes are not parsed here."""
        try:
            text = line.decode()
            start = SOURCE.match(line)
            name = JSONDecoder().raw_decode(text, start.end())[0] if start else json.loads(text)["source"]
            if isinstance(name, str):
                return name
        except (JSONDecodeError, UnicodeDecodeError, KeyError, TypeError, RecursionError):
            pass
        raise DataError(
            f"{self.path}, line {number} names no picture", LINE, "striate propose PICTURES --out FILE"
        )


def write_proposals(path: str | Path, proposals: Iterable[Proposals]) -> Path:
    """Write a file that ``FileProposals`` reads; an old file is replaced when all is written.

    Raises:
        DataError: it cannot be written, or does not end in .jsonl.
    """

    def put(temporary: Path) -> None:
        with open(temporary, "w", encoding="utf-8") as file:
            for one in proposals:
                file.write(one.to_json() + "\n")

    return write(path, put, ENDINGS, DataError)


def _common(first: Sequence[str], second: Sequence[str]) -> int:
    """How many parts two paths have in common at their ends.

    >>> _common(("b", "c.jpg"), ("a", "b", "c.jpg"))
    2
    """
    pairs = zip(reversed(first), reversed(second), strict=False)
    return next(
        (count for count, (one, other) in enumerate(pairs) if one != other), min(len(first), len(second))
    )


def _named(names: Sequence[str]) -> str:
    """Some names, and how many more there are."""
    more = f" and {len(names) - NAMED:,} more" if len(names) > NAMED else ""
    return ", ".join(names[:NAMED]) + more
