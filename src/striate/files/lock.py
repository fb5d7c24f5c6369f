"""One process at a time writes to a folder: the others are told which one does.

.lock in the folder --flock--> held until released, or until the process ends, however it ends

A lock lies on the open file, not on its name: a killed process leaves the name behind, and no lock.
"""

import errno
import os
import stat
from pathlib import Path
from types import TracebackType
from weakref import WeakSet

try:
    import fcntl
except ImportError:  # Windows: folders are not locked there
    fcntl = None  # type: ignore[assignment]

NAME = ".lock"
"""Of the file in the folder."""

MOST_OWNER = 64
"""Bytes that a lock may say about its owner."""


class Busy(Exception):  # noqa: N818 - what the folder is
    """Another process writes to the folder. ``owner`` says which one, as far as it is known."""

    def __init__(self, owner: str) -> None:
        super().__init__(owner)
        self.owner = owner


class FolderLock:
    """The right to write to a folder; a context manager that lets go of it.

    Args:
        folder: exists; the file ``.lock`` is made in it and stays there.

    Raises:
        Busy: another process has it, or this one has it elsewhere.
        OSError: the file cannot be made.
    """

    def __init__(self, folder: Path) -> None:
        self._process = os.getpid()
        flags = os.O_RDWR | os.O_CREAT | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0)
        self._handle: int | None = os.open(folder / NAME, flags, 0o644)
        try:
            self._take(self._handle)
        except BaseException:
            self.release()
            raise
        _HELD.add(self)

    def _take(self, handle: int) -> None:
        state = os.fstat(handle)
        if not stat.S_ISREG(state.st_mode) or state.st_nlink != 1:  # writing would reach another file
            raise OSError(errno.EINVAL, f"its {NAME} is linked to elsewhere, or no file", NAME)
        if fcntl is None:
            return
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            if error.errno in (errno.EWOULDBLOCK, errno.EACCES):
                owner = os.pread(handle, MOST_OWNER, 0).decode("ascii", "replace")
                raise Busy("".join(filter(str.isprintable, owner)) or "another process") from None
            return  # a file system without locks
        os.ftruncate(handle, 0)
        os.pwrite(handle, f"process {self._process} on {_host()}".encode("ascii", "replace"), 0)

    def release(self) -> None:
        """Let another process write; again does nothing."""
        handle, self._handle = self._handle, None
        if handle is not None:
            os.close(handle)

    def __enter__(self) -> "FolderLock":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.release()


def _host() -> str:
    return os.uname().nodename[:32] if hasattr(os, "uname") else "this machine"


_HELD: "WeakSet[FolderLock]" = WeakSet()


def _let_go_in_child() -> None:
    """A forked worker process must not hold the locks of its parent after that one died."""
    for lock in list(_HELD):
        lock.release()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_let_go_in_child)
