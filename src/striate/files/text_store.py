"""Texts beside the memory: of many long ones, such as polygons, only where each lies is kept.

    add("[[1, 2, ...]]") --> a few megabytes of memory, and beyond them a temporary file <-- str(text)

The file has no name, and ends with the last of its texts.
"""

import os
from tempfile import SpooledTemporaryFile
from threading import Lock
from weakref import finalize

IN_MEMORY = 1 << 24
"""Bytes of texts up to which there is no file."""

LENGTH = 4
"""Bytes in which the length of a text stands before it."""


class Text:
    """A text in a store; ``str`` reads it."""

    __slots__ = ("_at", "_store")

    def __init__(self, store: "TextStore", at: int) -> None:
        self._store, self._at = store, at

    def __str__(self) -> str:
        return self._store.read(self._at)


class TextStore:
    """Any number of texts.

    >>> store = TextStore()
    >>> str(store.add("a polygon")), store.add("")
    ('a polygon', '')
    """

    def __init__(self, in_memory: int = IN_MEMORY) -> None:
        self._file = SpooledTemporaryFile(in_memory)  # noqa: SIM115 - it lives as long as the store
        finalize(self, self._file.close)  # when no text is left
        self._end, self._lock = 0, Lock()
        self._in_memory, self._unwritten = in_memory, False

    def add(self, text: str) -> Text | str:
        """Keep a text; of an empty one nothing is kept.

        Raises:
            OSError: the folder of temporary files is full.
        """
        if not text:
            return ""
        content = text.encode("utf-8", "surrogatepass")
        with self._lock:
            at = self._end
            self._file.seek(at)
            self._file.write(len(content).to_bytes(LENGTH, "little") + content)
            self._end += LENGTH + len(content)
            self._unwritten = True
        return Text(self, at)

    def read(self, at: int) -> str:
        """The text that lies there. Forked processes read one file, each at a position of its own."""
        with self._lock:
            if self._end <= self._in_memory:
                self._file.seek(at)
                length = int.from_bytes(self._file.read(LENGTH), "little")
                return self._file.read(length).decode("utf-8", "surrogatepass")
            if self._unwritten:
                self._file.flush()
                self._unwritten = False
            file = self._file.fileno()
            length = int.from_bytes(os.pread(file, LENGTH, at), "little")
            return os.pread(file, length, at + LENGTH).decode("utf-8", "surrogatepass")
