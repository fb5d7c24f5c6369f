"""Pages and tables as files: each is written beside and renamed."""

from collections.abc import Mapping
from pathlib import Path

from striate.errors import RunError
from striate.files.atomic import beside

AGAIN = "make room, then the same command again: what is done is kept"
"""What to try where everything but the page is kept."""


def write_texts(folder: Path, texts: Mapping[str, str], attempt: str) -> Path:
    """Write files into a folder.

    Args:
        folder: that is there.
        texts: name of each file -> what it holds; what is no UTF-8 is written as an escape.
        attempt: what to try if they cannot be written.

    Returns:
        the path of the first.

    Raises:
        RunError: the folder cannot be written to.
    """
    try:
        for name, text in texts.items():
            with beside(folder / name) as file:
                file.write_bytes(text.encode("utf-8", "backslashreplace"))
    except OSError as reason:
        wrong = f"{folder} cannot be written: {reason}"
        raise RunError(wrong, "a folder with room that you may write to", attempt) from reason
    return folder / next(iter(texts))
