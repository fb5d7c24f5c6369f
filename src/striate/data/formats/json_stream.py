"""The elements of a JSON list, or of the lists in an object: a file of any size in bounded memory.

    {"info": {...}, "images": [{...}, {...}, ...], "annotations": [{...}, ...]}
         |                       |                                   |
    ("info", {...})      ("images", {...})                  ("annotations", {...})

A piece of the file is in memory, and one element of it as Python values.
"""

import codecs
import os
import re
from collections.abc import Callable, Iterator
from json import JSONDecodeError, JSONDecoder
from pathlib import Path
from typing import Any, BinaryIO

from striate.files.regular import open_regular

Progress = Callable[[int, int], None]

PIECE = 1 << 20
"""Bytes that are read at once."""

LARGEST = 1 << 26
"""Characters of one element: more is no annotation."""

TAIL = 16
"""Characters at the end of a piece in which a number, a word or an escape may be cut."""

SPACE = re.compile(r"[ \t\n\r]*")
REPORTED = 1 << 24
"""Bytes between two reports of progress."""


class JsonStream:
    """The members of the object in a file.

    Args:
        path: of the file.
        progress: called now and then with (bytes read, bytes in all).

    Attributes:
        lists: names of the members that are lists, also of empty ones; filled while they are read.
    """

    def __init__(self, path: Path, progress: Progress | None = None) -> None:
        self.path, self.lists = path, set[str]()
        self._progress = progress
        self._read = JSONDecoder().raw_decode
        self._decode = codecs.getincrementaldecoder("utf-8-sig")().decode
        self._text, self._at, self._before, self._ended = "", 0, 0, False
        self._file: BinaryIO
        self._bytes, self._size, self._told = 0, 0, 0

    def elements(self) -> Iterator[Any]:
        """The elements of a file that is one list.

        Raises:
            OSError: it cannot be read.
            ValueError: it is no list, or one element is larger than 64 million characters.
        """
        with open_regular(self.path) as self._file:
            self._size = os.fstat(self._file.fileno()).st_size
            if self._next() != "[":
                raise self._wrong("'['")
            yield from self._elements()
            if self._next():
                raise self._wrong("the end of the file")

    def members(self) -> Iterator[tuple[str, Any]]:
        """Name and value of every member; of a list, name and value of every element.

        Raises:
            OSError: it cannot be read.
            ValueError: it is no JSON object, or one element is larger than 64 million characters.
        """
        with open_regular(self.path) as self._file:
            self._size = os.fstat(self._file.fileno()).st_size
            self._expect("{")
            if self._next() == "}":
                self._at += 1
            else:
                yield from self._named()
            if self._next():
                raise self._wrong("the end of the file")

    def _named(self) -> Iterator[tuple[str, Any]]:
        """The members after the opening brace, and the closing one."""
        while True:
            self._next()
            name = self._value()
            if not isinstance(name, str):
                raise self._wrong("a name")
            self._expect(":")
            if self._next() == "[":
                self.lists.add(name)
                yield from ((name, value) for value in self._elements())
            else:
                yield name, self._value()
            if self._goes_on("}"):
                return

    def _elements(self) -> Iterator[Any]:
        self._at += 1
        if self._next() == "]":
            self._at += 1
            return
        while True:
            self._next()
            yield self._value()
            if self._goes_on("]"):
                return

    def _goes_on(self, end: str) -> bool:
        """Step over a comma (False) or the end (True)."""
        mark = self._next()
        if mark != "," and mark != end:
            raise self._wrong(f"',' or {end!r}")
        self._at += 1
        return mark == end

    def _expect(self, mark: str) -> None:
        if self._next() != mark:
            raise self._wrong(repr(mark))
        self._at += 1

    def _next(self) -> str:
        """The next character that is no space, not stepped over; empty at the end of the file."""
        while True:
            self._at = SPACE.match(self._text, self._at).end()  # type: ignore[union-attr]
            if self._at < len(self._text):
                return self._text[self._at]
            if not self._more(PIECE):
                return ""

    def _value(self) -> Any:
        """The value that begins here; where the piece ends in the middle of it, more is read."""
        while True:
            length = len(self._text) - self._at
            try:
                value, end = self._read(self._text, self._at)
                if end < len(self._text) or self._ended:
                    self._at = end
                    return value
            except JSONDecodeError as reason:
                if self._ended or not self._may_be_cut(reason):
                    wrong = f"{reason.msg} at character {self._before + reason.pos:,}"
                    raise ValueError(wrong) from None
            if length > LARGEST:
                raise self._wrong(f"a value of at most {LARGEST:,} characters")
            self._more(max(PIECE, length))  # twice as much: each character is parsed twice at most

    def _may_be_cut(self, reason: JSONDecodeError) -> bool:
        """Whether more text could mend an error: it is at the end of the piece, or a string has no end."""
        return reason.pos >= len(self._text) - TAIL or reason.msg.startswith("Unterminated")

    def _more(self, count: int) -> bool:
        """Read on; False at the end of the file."""
        if self._ended:
            return False
        piece = self._file.read(count)
        self._ended = not piece
        self._before += self._at
        self._text, self._at = self._text[self._at :] + self._decode(piece, final=not piece), 0
        self._bytes += len(piece)
        if self._progress and (self._bytes - self._told >= REPORTED or self._ended):
            self._told = self._bytes
            self._progress(self._bytes, self._size)
        return True

    def _wrong(self, expected: str) -> ValueError:
        found = self._text[self._at : self._at + 10] or "the end of the file"
        return ValueError(f"expected {expected} at character {self._before + self._at:,}, found {found!r}")
