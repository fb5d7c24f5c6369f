"""Files are opened for reading only if they are regular: a pipe would block for ever, a device may never end.

path --stat--> regular? --open without blocking--> still regular? --> file

The second look is at what was opened, so that a path which is exchanged in between is caught too.
"""

import errno
import os
import stat
from pathlib import Path
from typing import BinaryIO

from striate.errors import StriateError

KINDS = {
    stat.S_IFIFO: "a named pipe",
    stat.S_IFSOCK: "a socket",
    stat.S_IFCHR: "a device",
    stat.S_IFBLK: "a device",
}
"""What a path may be that is neither a file nor a folder."""


NOT_BLOCKING = getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0)
NO_LINK = getattr(os, "O_NOFOLLOW", 0)
"""Flags of the systems that have them."""


class NotRegular(OSError):  # noqa: N818 - what the path is
    """The path is a pipe, a socket or a device."""


def open_regular(path: str | Path, *, follow: bool = True) -> BinaryIO:
    """A regular file, open for reading bytes.

    Args:
        path: of the file.
        follow: whether the path may be a symbolic link to the file.

    Raises:
        OSError: there is no such file, it may not be read, or it is no regular file.
    """
    _require_regular(os.stat(path, follow_symlinks=follow).st_mode, path)
    handle = os.open(path, os.O_RDONLY | NOT_BLOCKING | (0 if follow else NO_LINK))
    try:
        _require_regular(os.fstat(handle).st_mode, path)
        return os.fdopen(handle, "rb")
    except BaseException:
        os.close(handle)
        raise


def read_regular(path: str | Path, most: int | None = None, *, follow: bool = True) -> bytes:
    """The bytes of a regular file.

    Args:
        path: of the file.
        most: bytes that it may have; None for any number.
        follow: as for ``open_regular``.

    Raises:
        OSError: as ``open_regular``; or the file is larger.
    """
    with open_regular(path, follow=follow) as file:
        size = os.fstat(file.fileno()).st_size
        if most is not None and size > most:
            raise OSError(errno.EFBIG, f"it has {size:,} bytes, more than {most:,}", str(path))
        return file.read(size)


def is_regular(path: str | Path) -> bool:
    """Whether a path is a regular file, or a link to one."""
    try:
        return stat.S_ISREG(os.stat(path).st_mode)
    except (OSError, ValueError):
        return False


def reason_of(error: Exception) -> str:
    """Why a file cannot be opened, read or written, in a few words without its name; never empty.

    >>> reason_of(FileNotFoundError(2, "No such file or directory", "x")), reason_of(MemoryError())
    ('No such file or directory', 'MemoryError')
    """
    words = error.wrong if isinstance(error, StriateError) else getattr(error, "strerror", None) or str(error)
    return next((line for line in str(words).splitlines() if line.strip()), type(error).__name__)[:MOST_WORDS]


MOST_WORDS = 200
"""Characters of a library's message that an error repeats."""


def _require_regular(mode: int, path: str | Path) -> None:
    """The mode is that of a regular file.

    Raises:
        OSError: it is not.
    """
    if stat.S_ISDIR(mode):
        raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR), str(path))
    if stat.S_ISLNK(mode):
        raise NotRegular(errno.ELOOP, "it is a symbolic link", str(path))
    if not stat.S_ISREG(mode):
        kind = KINDS.get(stat.S_IFMT(mode), "something else")
        raise NotRegular(errno.EINVAL, f"it is {kind}, not a file", str(path))
