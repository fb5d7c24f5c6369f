"""Files are written beside their place and renamed, so that a crash leaves the old file or the new one.

.name.<random>.ending --written--> --brought to the disk--> --renamed--> name.ending
"""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from secrets import token_hex


@contextmanager
def beside(path: Path) -> Iterator[Path]:
    """A place to write to, with the same ending; when all went well it becomes the file, else it is removed.

    Raises:
        OSError: it cannot be written or renamed.
    """
    place = path.with_name(f".{path.stem}.{token_hex(4)}{path.suffix}")
    try:
        yield place
        with open(place, "rb+") as file:
            os.fsync(file.fileno())
        os.replace(place, path)
    finally:
        place.unlink(missing_ok=True)


def leftovers(path: Path) -> Iterator[Path]:
    """What crashes left beside a file."""
    return path.parent.glob(f".{path.stem}.{'[0-9a-f]' * 8}{path.suffix}")
