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
 +- Interrupted              a signal ended the run; what was done is saved
"""


class StriateError(Exception):
    """An error that says what is wrong with the value, what was expected and what to try.

    >>> print(StriateError("batch is 0", "1 or more", "leave --batch out"))
    batch is 0
      expected: 1 or more
      try: leave --batch out
    """

    def __init__(self, wrong: str, expected: str, attempt: str) -> None:
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


class Interrupted(StriateError):  # noqa: N818 - the word of the field for a run that a signal ended
    """A signal ended the run; what was done is saved. ``signal`` is 2 for Ctrl-C, 15 for SIGTERM."""

    signal: int = 2
