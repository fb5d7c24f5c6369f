"""One process at a time writes to a folder: the others are told which one does.

.lock in the folder --flock--> held until released, or until the process ends, however it ends

A lock lies on the open file, not on its name: a killed process leaves the name behind, and no lock. Whoever
takes a lock looks whether the name still means the file that was opened, as its last owner removes it.
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

FLAGS = getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0)

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
        folder: exists; the file of the lock is made in it, and removed at the end.
        name: of that file; another one than ``.lock`` where single files are locked.

    Raises:
        Busy: another process has it, or this one has it elsewhere.
        OSError: the file cannot be made.
    """

    def __init__(self, folder: Path, name: str = NAME) -> None:
        self._path, self._process = folder / name, os.getpid()
        self._handle: int | None = None
        while self._handle is None:
            self._handle = self._opened()
        _HELD.add(self)

    def _opened(self) -> int | None:
        """The lock file, locked; None if its last owner removed it just now."""
        handle = os.open(self._path, os.O_RDWR | os.O_CREAT | FLAGS, 0o644)
        try:
            self._take(handle)
            if _is_of(handle, self._path):
                return handle
        except BaseException:
            os.close(handle)
            raise
        os.close(handle)
        return None

    def _take(self, handle: int) -> None:
        state = os.fstat(handle)
        if not stat.S_ISREG(state.st_mode) or state.st_nlink > 1:  # writing would reach another file
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
        if self._handle is not None and os.getpid() == self._process and _is_of(self._handle, self._path):
            self._path.unlink(missing_ok=True)
        self.let_go()

    def let_go(self) -> None:
        """Close the file; the lock ends if no other process has it open."""
        handle, self._handle = self._handle, None
        if handle is not None:
            os.close(handle)

    def __del__(self) -> None:
        self.release()

    def __enter__(self) -> "FolderLock":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.release()


def _is_of(handle: int, path: Path) -> bool:
    """Whether an open file is what a path means now."""
    try:
        return os.path.samestat(os.fstat(handle), os.lstat(path))
    except OSError:
        return False


def _host() -> str:
    return os.uname().nodename[:32] if hasattr(os, "uname") else "this machine"


_HELD: "WeakSet[FolderLock]" = WeakSet()


def _let_go_in_child() -> None:
    """A forked worker process must not hold the locks of its parent after that one died."""
    for lock in list(_HELD):
        lock.let_go()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_let_go_in_child)
