"""Boxes from a file: what ``striate propose`` or another program found.

    {"source": "a.jpg", "boxes": [[12, 8, 96, 80], [0, 0, 50, 40]], "scores": [0.9, 0.4]}
    {"source": "b.jpg", "boxes": []}

One line of JSON for each picture, and one picture for each line; boxes are x1, y1, x2, y2 in pixels of the
picture, the best first. Scores may be left out, or sort them. Only where each line begins is held in memory:
the boxes of a picture are read when it is asked for.
"""

import json
import os
import re
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from json import JSONDecodeError, JSONDecoder
from pathlib import Path, PurePath
from typing import Any, NamedTuple, final

import torch
from torch import Tensor

from striate.arguments import LARGEST
from striate.data.array_images import from_tensor
from striate.errors import DataError
from striate.files.atomic import write
from striate.files.regular import open_regular, reason_of
from striate.formatting import plural
from striate.ops import clip_boxes_to_image
from striate.records import Proposals
from striate.tasks.detection.proposer.proposer import Proposer

ENDINGS = (".jsonl",)
SOURCE = re.compile(rb'\s*\{\s*"source"\s*:\s*')
LINE = '{"source": "a.jpg", "boxes": [[12, 8, 96, 80]], "scores": [0.9]} on every line'
ATTEMPT = "striate propose PICTURES --out FILE, which writes such lines"
NAMED = 3
"""Pictures that a sentence names."""


class Entry(NamedTuple):
    """A picture of the file, and where its line begins."""

    name: str
    number: int
    offset: int

    @property
    def parts(self) -> tuple[str, ...]:
        """Folders and file name."""
        return PurePath(self.name).parts


@final
class FileProposals(Proposer):
    """Proposes what a file says.

    A picture is recognised by the end of its path. Of the pictures in the file that have its name:

        a/x.png                        is /data/a/x.png          one path is the end of the other
        /old/a/x.png                   is /data/a/x.png          most folders in common
        a/x.png                        is /data/b/x.png          the only x.png in the file, which is noted
        a/x.png, c/x.png               /data/b/x.png is refused: it could be either
        a/x.png                        /data/a/x.png and /data/b/x.png are refused: one line, two pictures

    One that the file does not name has no proposals.

    Args:
        path: of the file.

    Raises:
        DataError: it cannot be read, a line is something else, or two lines are of one picture.
    """

    in_file_pixels = True

    def __init__(self, path: str | Path) -> None:
        self.path = Path(path)
        self._entries: dict[str, dict[str, Entry]] = defaultdict(dict)
        self._clipped: dict[str, None] = {}
        self._left_out: dict[str, None] = {}
        self._taken: dict[Entry, str] = {}
        with self._open() as file:
            offset = 0
            for number, line in enumerate(file, 1):
                if line.strip():
                    self._add(Entry(self._name(line, number), number, offset))
                offset += len(line)
            stat = os.fstat(file.fileno())
        self._version = f"{stat.st_size} {stat.st_mtime_ns}"

    def _add(self, entry: Entry) -> None:
        """Remember a line.

        Raises:
            DataError: another line is of the same picture.
        """
        other = self._entries[_last(entry.parts)].setdefault("/".join(entry.parts), entry)
        if other is not entry:
            raise DataError(
                f"{self.path}, lines {other.number} and {entry.number} are both of {entry.name}",
                "one line for each picture",
                "join their boxes in one line",
            )

    @property
    def settings(self) -> dict[str, Any]:
        """The file, and of when it is."""
        return {"proposals": str(self.path.resolve()), "version": self._version}

    @property
    def notes(self) -> tuple[str, ...]:
        """What was wrong with the boxes of the pictures so far, and which were recognised by their name."""
        by_name = [
            f"{source} as {entry.name}" for entry, source in self._taken.items() if _by_name(entry, source)
        ]
        noticed = {
            "boxes outside of the picture, without area or not finite left out in": list(self._left_out),
            "boxes clipped to the picture in": list(self._clipped),
            "no folder in common, recognised by the name alone:": by_name,
        }
        return tuple(
            f"{self.path}: {what} {plural(len(names), 'picture')}: {_named(names)}"
            for what, names in noticed.items()
            if names
        )

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
            self._left_out[entry.name] = None
        if not torch.equal(clipped[kept], boxes[kept]):
            self._clipped[entry.name] = None
        return Proposals(clipped[kept], scores[kept], source)

    def notes_on(self, sources: Sequence[str]) -> tuple[str, ...]:
        """Pictures without boxes, and boxes of other pictures.

        Raises:
            DataError: it has no line for any of them; one line could be of several of them, or one of them
                of several lines.
        """
        entries = [self._entry(source) for source in sources]
        missing = [source for source, entry in zip(sources, entries, strict=True) if entry is None]
        if missing and len(missing) == len(sources):
            count = f"any of {plural(len(sources), 'picture')}" if len(sources) > 1 else missing[0]
            raise DataError(
                f"{self.path} has no line for {count}",
                "lines that name the pictures by their paths",
                f'{{"source": "{missing[0]}", "boxes": [...]}}',
            )
        used = {entry for entry in entries if entry is not None}
        others = [
            entry.name for same in self._entries.values() for entry in same.values() if entry not in used
        ]
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
        """The line of a picture, which no other picture may have.

        Raises:
            DataError: it could be of several lines, or its line is of another picture.
        """
        parts = PurePath(source).parts
        same = self._entries.get(_last(parts), {})
        for start in range(
            len(parts)
        ):  # the line whose whole path ends that of the picture, the longest first
            if found := same.get("/".join(parts[start:])):
                return self._claimed(found, source)
        return self._claimed(self._nearest(list(same.values()), source), source) if same else None

    def _nearest(self, same: list[Entry], source: str) -> Entry:
        """Of lines with the file name of a picture the one with most folders in common.

        Raises:
            DataError: there are several.
        """
        parts = PurePath(source).parts
        fits = [_common(entry.parts, parts) for entry in same]
        best = [entry for entry, fit in zip(same, fits, strict=True) if fit == max(fits)]
        if len(best) == 1:
            return best[0]
        raise DataError(
            f"{self.path}, lines {best[0].number} and {best[1].number}, {best[0].name} and {best[1].name}, "
            f"could both be of {source}",
            "lines with the folders by which the pictures differ",
            f"name the folder of the picture in its line, {'/'.join(parts[-2:])}",
        )

    def _claimed(self, entry: Entry, source: str) -> Entry:
        """A line, for one picture.

        Raises:
            DataError: it is of another picture.
        """
        other = self._taken.setdefault(entry, source)
        if not _is_end(PurePath(other).parts, PurePath(source).parts):
            raise DataError(
                f"{self.path}, line {entry.number} names {entry.name}, which could be {other} or {source}",
                "a line for each picture, with the folders in which they differ",
                'name both; a picture without boxes has the line {"source": "folder/name.jpg", "boxes": []}',
            )
        return entry

    def _read(self, entry: Entry) -> Proposals:
        """The boxes of a line.

        Raises:
            DataError: they are none.
        """
        with self._open() as file:
            file.seek(entry.offset)
            line = file.readline()
        try:
            values = json.loads(line)
            wrong = _wrong(values)
        except (ValueError, RecursionError):
            wrong = "is no JSON"
        if wrong is not None:
            raise DataError(f"{self.path}, line {entry.number} ({entry.name}) {wrong}", LINE, ATTEMPT)
        return Proposals.from_dict(values)

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
        raise DataError(f"{self.path}, line {number} names no picture", LINE, ATTEMPT)


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


def _wrong(values: object) -> str | None:
    """What is wrong with the values of a line; None for nothing.

    >>> _wrong({"boxes": [[1, 2, 3, 4], [1, 2, 3]]}), _wrong({"boxes": [[1, 2, 3, 4]], "scores": []})
    ('has 3 numbers in box 2', 'has 0 scores of 1 box')
    """
    if not isinstance(values, Mapping):
        return "is no dictionary"
    boxes, scores = values.get("boxes"), values.get("scores")
    if not isinstance(boxes, list):
        return "has no list of boxes"
    for number, box in enumerate(boxes, 1):
        if not isinstance(box, list) or not all(map(_is_number, box)):
            return f"has something else than numbers in box {number}"
        if len(box) != 4:
            return f"has {plural(len(box), 'number')} in box {number}"
    if scores is None:
        return None
    if not isinstance(scores, list) or not all(map(_is_number, scores)):
        return "has scores that are no numbers"
    counts = f"has {plural(len(scores), 'score')} of {plural(len(boxes), 'box')}"
    return None if len(scores) == len(boxes) else counts


def _is_number(value: object) -> bool:
    """Also NaN and infinity, with which a box is left out."""
    return isinstance(value, float) or (type(value) is int and abs(value) < LARGEST)


def _last(parts: Sequence[str]) -> str:
    return parts[-1] if parts else ""


def _by_name(entry: Entry, source: str) -> bool:
    """Whether a picture and its line have the file name in common and no folder, though both name one."""
    parts = PurePath(source).parts
    return _common(entry.parts, parts) == 1 < min(len(entry.parts), len(parts))


def _is_end(first: Sequence[str], second: Sequence[str]) -> bool:
    """Whether one path is the end of the other.

    >>> _is_end(("b", "c.jpg"), ("a", "b", "c.jpg")), _is_end(("a", "c.jpg"), ("b", "c.jpg"))
    (True, False)
    """
    return _common(first, second) == min(len(first), len(second))


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
