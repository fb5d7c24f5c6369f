"""Files are written under a temporary name and renamed: a crash leaves the old file or the new one.

.name.<random>.ending --written--> --brought to the disk--> --renamed--> name.ending

Whether that will work is found out before the work begins: ``writable`` tries it with an empty file.
"""

import os
import re
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from secrets import token_hex

from striate.errors import RunError, StriateError

PICTURES = (".png", ".jpg", ".jpeg", ".webp", ".bmp", ".gif", ".tif", ".tiff")
PLOTS = (".png", ".svg", ".pdf")
"""Endings of files that can be drawn."""


@contextmanager
def beside(path: Path) -> Iterator[Path]:
    """A temporary path with the same ending; when all went well it becomes the file, else it is removed.

    Raises:
        OSError: it cannot be written or renamed.
    """
    temporary = _temporary(path)
    try:
        yield temporary
        with open(temporary, "rb+") as file:
            os.fsync(file.fileno())
        os.replace(temporary, path)
    finally:
        temporary.unlink(missing_ok=True)


def leftovers(path: Path) -> Iterator[Path]:
    """The temporary files that crashes left beside a file."""
    name = re.compile(rf"\.{re.escape(path.stem)}\.[0-9a-f]{{8}}{re.escape(path.suffix)}")
    beside_it = path.parent.iterdir() if path.parent.is_dir() else ()
    return (one for one in beside_it if name.fullmatch(one.name))


def writable(path: str | Path, endings: Sequence[str], kind: type[StriateError] = RunError) -> Path:
    """The path of a file, after it was tried that it can be written; its folder is made if need be.

    Args:
        path: of the file; an old one stays as it is.
        endings: which its name may have, in small letters, the usual one first.
        kind: of the error.

    Raises:
        StriateError: of this kind: it is a folder, has another ending, or nothing can be written there.
    """
    path = Path(path)
    try:
        if path.is_dir():
            raise kind(f"{path} is a folder", "the name of a file", str(path / f"new{endings[0]}"))
        if path.suffix.lower() not in endings:
            raise kind(
                f"{path} ends in {path.suffix}" if path.suffix else f"{path} has no ending",
                _expected(endings),
                f"{path.stem}{endings[0]}",
            )
        path.parent.mkdir(parents=True, exist_ok=True)
        temporary = _temporary(path)
        temporary.touch()
        temporary.unlink()
    except (OSError, ValueError) as reason:
        raise kind(_wrong(path, reason), _expected(endings), "another path") from reason
    return path


def write(
    path: str | Path,
    put: Callable[[Path], object],
    endings: Sequence[str],
    kind: type[StriateError] = RunError,
) -> Path:
    """Let ``put`` write a temporary file beside ``path``, and rename it; the folder is made if need be.

    Args:
        path: the file.
        put: writes to the path that it is given, which has the same ending.
        endings: which its name may have, in small letters, the usual one first.
        kind: of the error.

    Raises:
        StriateError: of this kind: the file cannot be written, or the ending names no format.
    """
    path = writable(path, endings, kind)
    try:
        with beside(path) as temporary:
            put(temporary)
    except (OSError, ValueError) as reason:
        raise kind(_wrong(path, reason), _expected(endings), "another path") from reason
    return path


def _temporary(path: Path) -> Path:
    return path.with_name(f".{path.stem}.{token_hex(4)}{path.suffix}")


def _expected(endings: Sequence[str]) -> str:
    """What a name may end in, in words."""
    *others, last = endings
    listed = f"{', '.join(others)} or {last}" if others else last
    return f"a name that ends in {listed}, in a folder with room that you may write to"


def _wrong(path: Path, reason: Exception) -> str:
    """Why a file cannot be written, without the name of the temporary file."""
    if isinstance(reason, FileExistsError | NotADirectoryError):
        return f"{path} cannot be written (a file stands where {path.parent} would be)"
    return f"{path} cannot be written ({getattr(reason, 'strerror', None) or reason})"
