"""The ways it can go wrong. Everything that striate raises on purpose is a ``StriateError`` of three lines.

StriateError                 the user's value cannot be used: what is wrong, what was expected, what to try
 +- ShapeError               a tensor or an input size does not fit
 +- LabelError               a class number or a class name does not exist
 +- SettingError             an argument, a flag or a name has no such value
 +- DataError                a data set cannot be read or must not be trained on
 |   +- ImageError           one picture cannot be decoded
 +- ModelFileError           a saved model is truncated, foreign, of another format or misshapen
 +- RunError                 a run folder exists already, is incomplete or cannot be written
 +- TrainingError            training went wrong: the loss is not a number
 |   +- OutOfMemory          a batch does not fit into memory; says which one would
 +- FileError                the system refuses to read or write: no space, a name too long, no permission
 +- Interrupted              a signal ended the run; what was done is saved
 +- UnexpectedError          a mistake of striate: what Python said is its cause
"""

import errno
import re

MOST_QUOTED = 200
"""Characters of one value that a message quotes, at most."""

LONGEST = 600
"""Characters of the line that says what is wrong, at most."""

LONG_VALUE = re.compile(r"'[^']{200,}'|\"[^\"]{200,}\"|\S{201,}")

_CONTROLS = (*range(0x20), *range(0x7F, 0xA0), 0x2028, 0x2029, *range(0x202A, 0x202F), *range(0x2066, 0x206A))
ESCAPES = {code: repr(chr(code))[1:-1] for code in _CONTROLS}
"""What moves the cursor, colors a terminal or turns the direction of writing, and how it is shown instead."""


def quoted(text: str) -> str:
    """A text for a message: no control characters, and of every long value its two ends.

    >>> quoted("a\\x1b[31m.png"), len(quoted("there is no " + "a" * 4000)) < 220
    ('a\\\\x1b[31m.png', True)
    """
    return LONG_VALUE.sub(lambda found: _ends(found[0], MOST_QUOTED), str(text).translate(ESCAPES))


def _ends(text: str, most: int) -> str:
    """The beginning and the end of a text that is too long."""
    return text if len(text) <= most else f"{text[: most * 3 // 4 - 5]} ... {text[-most // 4 :]}"


class StriateError(Exception):
    """An error that says what is wrong with the value, what was expected and what to try.

    >>> print(StriateError("batch is 0", "1 or more", "leave --batch out"))
    batch is 0
      expected: 1 or more
      try: leave --batch out
    """

    def __init__(self, wrong: str, expected: str, attempt: str) -> None:
        wrong, expected, attempt = _ends(quoted(wrong), LONGEST), quoted(expected), quoted(attempt)
        super().__init__(wrong, expected, attempt)
        self.wrong, self.expected, self.attempt = wrong, expected, attempt

    def __str__(self) -> str:
        return f"{self.wrong}\n  expected: {self.expected}\n  try: {self.attempt}"


class ShapeError(StriateError):
    """A tensor or an input size does not fit."""


class LabelError(StriateError):
    """A class number or a class name does not exist."""


class SettingError(StriateError):
    """An argument, a flag or a name has no such value."""


class DataError(StriateError):
    """A data set cannot be read, or must not be trained on."""


class ImageError(DataError):
    """One picture cannot be decoded."""


class ModelFileError(StriateError):
    """A saved model is truncated, foreign, of another format number, or misshapen."""


class RunError(StriateError):
    """A run folder exists already, is incomplete or cannot be written."""


class TrainingError(StriateError):
    """Training went wrong: the loss is not a number."""


class OutOfMemory(TrainingError):  # noqa: N818 - the words of the field
    """A batch does not fit into memory. ``batch`` is one that should; 0 for none."""

    batch: int = 0


class FileError(StriateError):
    """The system refuses to read or write: no space is left, a name is too long, permission is missing."""


class UnexpectedError(StriateError):
    """A mistake of striate, not of the user; ``__cause__`` is what Python said."""


class Interrupted(StriateError):  # noqa: N818 - the word of the field for a run that a signal ended
    """A signal ended the run; what was done is saved. ``signal`` is 2 for Ctrl-C, 15 for SIGTERM."""

    signal: int = 2


REFUSALS = {
    errno.ENAMETOOLONG: ("names of at most 255 characters", "a shorter path"),
    errno.ENOSPC: ("free space on the disk", "free some space, or write elsewhere"),
    errno.EDQUOT: ("free space within the quota", "free some space, or write elsewhere"),
    errno.EMFILE: ("fewer open files", "ulimit -n 4096"),
    errno.ENOMEM: ("enough memory", "a smaller batch, smaller pictures, or fewer workers"),
    errno.EAGAIN: ("room for one more thread or process", "ulimit -u, or fewer workers"),
}
"""What was expected and what to try, by what the system says."""


def from_os_error(error: OSError) -> FileError:
    """What the system refused, in three lines.

    >>> print(from_os_error(OSError(36, "File name too long", "aaa.png")))
    aaa.png cannot be used: File name too long
      expected: names of at most 255 characters
      try: a shorter path
    """
    expected, attempt = REFUSALS.get(
        error.errno or 0, ("a file or folder that can be used", "check the path and its permissions")
    )
    name = error.filename
    where = "the system refuses" if name is None else f"{name!s} cannot be used"
    return FileError(f"{where}: {error.strerror or error}", expected, attempt)
