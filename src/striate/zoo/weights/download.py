"""One file from the network into the cache: resumed after a cut, checked by its hash, renamed when complete.

    https://host/resnet50-0676ba61.pth
        |   Range: bytes=<what is there>-
        v
    .resnet50-0676ba61.pth.part  --sha256 begins with 0676ba61-->  resnet50-0676ba61.pth

A published file carries the first eight hexadecimal digits of its SHA-256 in its name. Whoever fetches the
same file at the same time waits for the first. Only https is spoken, and plain http with this machine itself.
"""

import hashlib
import os
import re
import sys
import time
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from http.client import HTTPException, HTTPMessage, HTTPResponse
from pathlib import Path
from typing import IO, Any
from urllib.error import HTTPError
from urllib.parse import urljoin, urlsplit

from striate.errors import ModelFileError, SettingError

VARIABLE = "STRIATE_CACHE"
DIGITS = re.compile(r"-([0-9a-f]{8})\.\w+$")
LOOPBACK = {"localhost", "127.0.0.1", "::1"}
MOST_BYTES = 2**30  # the largest published file has 755 MB
PIECE = 2**20
PATIENCE = 30.0
"""Seconds without a byte after which a connection counts as cut."""
CUTS = 4
"""Cuts one after the other, without a new byte in between, after which fetching gives up."""
PAUSE = 0.2
"""Seconds before the first new attempt, doubled with every further one."""

Listener = Callable[[str, int, int | None], None]
"""Called with the name of a file, bytes that are there, and bytes in all if the server says so."""

_listener: ContextVar[Listener | None] = ContextVar("listener", default=None)


@contextmanager
def telling(listener: Listener) -> Iterator[None]:
    """Whatever is fetched inside, however deep, says how far it is. Files that are there say nothing.

    Args:
        listener: called at each piece.

    >>> with telling(lambda name, done, total: print(name, done, total)):
    ...     pass
    """
    before = _listener.set(listener)
    try:
        yield
    finally:
        _listener.reset(before)


def cache_folder() -> Path:
    """``$STRIATE_CACHE``, or ``~/.cache/striate``."""
    return Path(os.environ.get(VARIABLE) or "~/.cache/striate").expanduser()


def fetch(url: str, folder: Path | None = None, *, most: int = MOST_BYTES) -> Path:
    """The path of a file that is fetched once, and only from the disk from then on.

    Args:
        url: its name ends in eight digits of its hash, ``...-0676ba61.pth``.
        folder: where it is kept; ``weights`` in the cache folder when left out.
        most: bytes above which nothing is fetched.

    Raises:
        SettingError: the URL carries no hash, or is neither https nor of this machine.
        ModelFileError: the file cannot be fetched or written, is too large, or has another hash.
    """
    name = urlsplit(url).path.rsplit("/", 1)[-1]
    digits = DIGITS.search(name)
    if digits is None:
        raise SettingError(
            f"{url} carries no hash", "a name such as resnet50-0676ba61.pth", "another address"
        )
    _require_safe(url)
    path = (folder or cache_folder() / "weights") / name
    try:
        if not path.exists():
            with _alone(path):
                if not path.exists():
                    _download(url, path, digits[1], most)
        found = _hash(path)
    except OSError as error:
        raise ModelFileError(
            f"{path} cannot be read or written: {error.strerror or error}",
            "a folder with room that you may write to",
            f"the environment variable {VARIABLE} names another folder",
        ) from error
    if not found.startswith(digits[1]):
        again = f"delete it: it is fetched again from {url}"
        raise _foreign(f"{path} is not the published file", found, digits[1], again)
    return path


# ---- the file


@contextmanager
def _alone(path: Path) -> Iterator[None]:
    """Hold the file's lock; another process or thread that wants the same file waits here."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with open(path.with_name(f".{path.name}.lock"), "w") as lock:
        if sys.platform != "win32":
            import fcntl

            fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def _download(url: str, path: Path, digits: str, most: int) -> None:
    """Fetch into the part file, as often as it is cut, and give it its name if the hash is right."""
    part = path.with_name(f".{path.name}.part")
    cuts = 0
    while True:
        before = _size(part)
        try:
            if _transfer(url, part, most, path.name):
                break
            reason = "the connection was cut"
        except HTTPError as error:
            error.close()
            if error.code < 500:
                raise _refused(url, path, f"the server answers {error.code} {error.reason}") from error
            reason = f"the server answers {error.code} {error.reason}"
        except _NetworkError as error:
            reason = str(error)
        except ModelFileError:  # too large
            part.unlink(missing_ok=True)
            raise
        cuts = 1 if _size(part) > before else cuts + 1
        if cuts >= CUTS:
            raise _refused(url, path, reason)
        time.sleep(PAUSE * 2 ** (cuts - 1))
    found = _hash(part)
    if not found.startswith(digits):
        part.unlink()
        raise _foreign(f"{url} sent other bytes than were published", found, digits, "once more")
    os.replace(part, path)


def _size(part: Path) -> int:
    return part.stat().st_size if part.exists() else 0


def _hash(path: Path) -> str:
    with open(path, "rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _foreign(wrong: str, found: str, digits: str, attempt: str) -> ModelFileError:
    """The hash is another one."""
    return ModelFileError(
        f"{wrong}: its SHA-256 begins with {found[:8]}", f"{digits}, as its name says", attempt
    )


# ---- the network


class _NetworkError(Exception):
    """The host cannot be reached, or the connection was cut, or was silent for too long."""


def _transfer(url: str, part: Path, most: int, name: str) -> bool:
    """Append what is missing to the part file; whether it is complete now.

    Raises:
        HTTPError: the server refuses.
        OSError: the part file cannot be written.
    """
    have, listener = _size(part), _listener.get()
    try:
        answer = _ask(url, have)
    except HTTPError as error:
        if error.code == 416 and have:  # nothing is behind what is there; the hash will tell
            error.close()
            return True
        raise
    with answer:
        start, total = _extent(answer)
        have = have if start == have else 0  # a server that knows no ranges begins anew
        _require_room(url, total or have, most)
        with open(part, "r+b" if have else "wb") as file:
            file.seek(have)
            file.truncate()
            for piece in _pieces(answer):
                have += len(piece)
                _require_room(url, have, most)
                file.write(piece)
                if listener:
                    listener(name, have, total)
    return total is None or have == total


def _ask(url: str, have: int) -> HTTPResponse:
    """The answer for what is behind the first ``have`` bytes; a proxy is not asked for this machine."""
    handlers: list[urllib.request.BaseHandler] = [_SafeRedirects()]
    if urlsplit(url).hostname in LOOPBACK:
        handlers.append(urllib.request.ProxyHandler({}))
    headers = {"User-Agent": "striate"} | ({"Range": f"bytes={have}-"} if have else {})
    request = urllib.request.Request(url, headers=headers)
    try:
        answer: HTTPResponse = urllib.request.build_opener(*handlers).open(request, timeout=PATIENCE)
    except HTTPError:
        raise
    except (OSError, HTTPException) as error:
        raise _NetworkError(getattr(error, "reason", None) or error) from error
    return answer


def _pieces(answer: HTTPResponse) -> Iterator[bytes]:
    """What the connection gives until it ends."""
    while True:
        try:
            piece = answer.read(PIECE)
        except (OSError, HTTPException) as error:
            raise _NetworkError(error) from error
        if not piece:
            return
        yield piece


def _extent(answer: HTTPResponse) -> tuple[int, int | None]:
    """Where in the file the answer begins, and how long the whole is if the server says so."""
    found = re.fullmatch(r"bytes (\d+)-\d+/(\d+)", answer.headers.get("Content-Range") or "")
    if answer.status == 206 and found:
        return int(found[1]), int(found[2])
    length = answer.headers.get("Content-Length") or ""
    return 0, int(length) if length.isdigit() else None


class _SafeRedirects(urllib.request.HTTPRedirectHandler):
    """Follows a redirection only to where we would have gone ourselves."""

    def http_error_302(
        self, req: urllib.request.Request, fp: IO[bytes], code: int, msg: str, headers: HTTPMessage
    ) -> Any:
        """The next answer, from an address that is safe."""
        try:
            _require_safe(urljoin(req.full_url, headers.get("Location") or ""))
        except SettingError:
            fp.close()
            raise
        return super().http_error_302(req, fp, code, msg, headers)

    http_error_301 = http_error_303 = http_error_307 = http_error_308 = http_error_302


def _require_safe(url: str) -> None:
    """https, or http to this machine."""
    parts = urlsplit(url)
    if parts.scheme == "https" or (parts.scheme == "http" and parts.hostname in LOOPBACK):
        return
    raise SettingError(
        f"nothing is fetched from {url}", "an address that begins with https://", "fetch it yourself"
    )


def _require_room(url: str, size: int, most: int) -> None:
    """The file is not larger than anything that is published."""
    if size > most:
        raise ModelFileError(
            f"{url} has {size:,} bytes or more",
            f"at most {most:,}",
            "fetch it yourself, and pass its path as weights",
        )


def _refused(url: str, path: Path, reason: str) -> ModelFileError:
    """The three lines for somebody without a connection."""
    return ModelFileError(
        f"{url} cannot be fetched: {reason}",
        f"a connection to {urlsplit(url).hostname}, or the file at {path}",
        "once more, which goes on where it was cut; or fetch the file elsewhere and put it there",
    )
