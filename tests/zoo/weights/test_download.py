"""Fetching, against a small server on this machine that cuts, lies and refuses."""

import hashlib
import re
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import ClassVar

import pytest

from striate.errors import ModelFileError, SettingError, StriateError
from striate.zoo.weights import download as room
from striate.zoo.weights.download import cache_folder, fetch, telling

CONTENT = bytes(range(256)) * 400  # 102,400 bytes
NAME = f"net-{hashlib.sha256(CONTENT).hexdigest()[:8]}.pth"


class Server(BaseHTTPRequestHandler):
    """Serves CONTENT under any name; what it does wrong is a list of answers, one a request."""

    plan: ClassVar[list[dict[str, object]]] = []
    asked: ClassVar[list[str | None]] = []

    def do_GET(self) -> None:
        self.asked.append(self.headers.get("Range"))
        wrong = self.plan.pop(0) if self.plan else {}
        start = self.start() if wrong.get("ranges", True) else 0
        status = wrong.get("status", 206 if start else 200)
        content = wrong.get("content", CONTENT)
        self.send_response(status)
        if "location" in wrong:
            self.send_header("Location", wrong["location"])
        if status == 206:
            self.send_header("Content-Range", f"bytes {start}-{len(content) - 1}/{len(content)}")
        body = content[start:] if status in (200, 206) else b""
        if wrong.get("length", True):
            self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body[: wrong.get("cut", len(body))])

    def start(self) -> int:
        found = re.match(r"bytes=(\d+)-", self.headers.get("Range") or "")
        return int(found[1]) if found else 0

    def log_message(self, *_: object) -> None:
        """Say nothing."""


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """The address of a server; waits between attempts are short."""
    monkeypatch.setattr(room, "PAUSE", 0.001)
    Server.plan, Server.asked = [], []
    running = ThreadingHTTPServer(("127.0.0.1", 0), Server)
    running.daemon_threads = False  # closing waits for them
    thread = threading.Thread(target=running.serve_forever, args=(0.01,))
    thread.start()
    yield f"http://127.0.0.1:{running.server_port}"
    running.shutdown()
    thread.join()
    running.server_close()


def refused(kind: type[StriateError], url: str, folder: Path, **limits: int) -> StriateError:
    """The error of fetching, checked for its three parts and for what it leaves behind."""
    with pytest.raises(kind) as caught:
        fetch(url, folder, **limits)
    assert all((caught.value.wrong, caught.value.expected, caught.value.attempt))
    assert not (folder / NAME).exists()
    return caught.value


def test_a_file_is_fetched_once(server: str, tmp_path: Path) -> None:
    path = fetch(f"{server}/models/{NAME}", tmp_path / "new" / "folder")
    assert path == tmp_path / "new" / "folder" / NAME
    assert path.read_bytes() == CONTENT
    assert fetch(f"{server}/models/{NAME}", path.parent) == path
    assert Server.asked == [None]
    assert [file.name for file in path.parent.iterdir() if file.suffix == ".part"] == []


def test_the_environment_moves_the_cache(
    server: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("STRIATE_CACHE", raising=False)
    assert cache_folder() == Path.home() / ".cache" / "striate"
    monkeypatch.setenv("STRIATE_CACHE", str(tmp_path))
    assert fetch(f"{server}/{NAME}") == tmp_path / "weights" / NAME


def test_a_cut_is_resumed_where_it_was(server: str, tmp_path: Path) -> None:
    Server.plan = [{"cut": 1000}, {"cut": 5000}]
    assert fetch(f"{server}/{NAME}", tmp_path).read_bytes() == CONTENT
    assert Server.asked == [None, "bytes=1000-", "bytes=6000-"]


def test_a_later_call_goes_on_with_what_an_earlier_one_has(server: str, tmp_path: Path) -> None:
    Server.plan = [{"cut": 1000}, {"status": 503}, {"status": 503}, {"status": 503}]
    error = refused(ModelFileError, f"{server}/{NAME}", tmp_path)
    assert "503" in error.wrong
    Server.asked.clear()
    assert fetch(f"{server}/{NAME}", tmp_path).read_bytes() == CONTENT
    assert Server.asked == ["bytes=1000-"]


def test_a_server_without_ranges_begins_anew(server: str, tmp_path: Path) -> None:
    Server.plan = [{"cut": 1000}, {"ranges": False}]
    assert fetch(f"{server}/{NAME}", tmp_path).read_bytes() == CONTENT


def test_a_complete_part_only_needs_its_name(server: str, tmp_path: Path) -> None:
    (tmp_path / f".{NAME}.part").write_bytes(CONTENT)
    Server.plan = [{"status": 416}]
    assert fetch(f"{server}/{NAME}", tmp_path).read_bytes() == CONTENT


def test_an_answer_without_a_length_is_judged_by_its_hash(server: str, tmp_path: Path) -> None:
    Server.plan = [{"length": False}]
    assert fetch(f"{server}/{NAME}", tmp_path).read_bytes() == CONTENT
    Server.plan = [{"length": False, "cut": 1000}]
    assert "other bytes" in refused(ModelFileError, f"{server}/{NAME}", tmp_path / "b").wrong


def test_other_bytes_are_refused_and_forgotten(server: str, tmp_path: Path) -> None:
    Server.plan = [{"content": b"<html>please log in</html>"}]
    error = refused(ModelFileError, f"{server}/{NAME}", tmp_path)
    assert "other bytes" in error.wrong
    assert NAME[4:12] in error.expected
    assert fetch(f"{server}/{NAME}", tmp_path).read_bytes() == CONTENT


def test_a_part_of_something_else_costs_one_attempt(server: str, tmp_path: Path) -> None:
    (tmp_path / f".{NAME}.part").write_bytes(b"?" * 1000)
    refused(ModelFileError, f"{server}/{NAME}", tmp_path)
    assert fetch(f"{server}/{NAME}", tmp_path).read_bytes() == CONTENT


def test_a_file_put_there_by_hand_is_checked_and_kept(server: str, tmp_path: Path) -> None:
    (tmp_path / NAME).write_bytes(CONTENT)
    assert fetch(f"{server}/{NAME}", tmp_path) == tmp_path / NAME
    (tmp_path / NAME).write_bytes(b"something else")
    with pytest.raises(ModelFileError, match="is not the published file") as caught:
        fetch(f"{server}/{NAME}", tmp_path)
    assert "delete it" in caught.value.attempt
    assert (tmp_path / NAME).read_bytes() == b"something else"
    assert Server.asked == []


def test_what_is_not_there_is_not_asked_for_again(server: str, tmp_path: Path) -> None:
    Server.plan = [{"status": 404}]
    assert "404" in refused(ModelFileError, f"{server}/{NAME}", tmp_path).wrong
    assert len(Server.asked) == 1


@pytest.mark.parametrize("length", [True, False], ids=["said", "found out"])
def test_a_file_that_is_too_large_is_not_kept(server: str, tmp_path: Path, length: bool) -> None:
    Server.plan = [{"length": length}]
    error = refused(ModelFileError, f"{server}/{NAME}", tmp_path, most=50_000)
    assert "at most 50,000" in error.expected
    assert not list(tmp_path.glob(".*.part"))


def test_offline_says_where_to_put_the_file(tmp_path: Path, server: str) -> None:
    with ThreadingHTTPServer(("127.0.0.1", 0), Server) as closed:
        port = closed.server_port
    error = refused(ModelFileError, f"http://127.0.0.1:{port}/{NAME}", tmp_path)
    assert f"http://127.0.0.1:{port}/{NAME} cannot be fetched" in error.wrong
    assert str(tmp_path / NAME) in error.expected
    assert "put it there" in error.attempt


def test_a_silent_server_is_left(server: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(room, "PATIENCE", 0.05)
    monkeypatch.setattr(Server, "do_GET", lambda self: threading.Event().wait(0.3))
    assert "timed out" in refused(ModelFileError, f"{server}/{NAME}", tmp_path).wrong


@pytest.mark.parametrize("address", ["http://example.org", "file:///etc", "ftp://127.0.0.1"])
def test_only_https_leaves_this_machine(address: str, tmp_path: Path) -> None:
    assert "https://" in refused(SettingError, f"{address}/{NAME}", tmp_path).expected


def test_a_redirection_away_from_https_is_not_followed(server: str, tmp_path: Path) -> None:
    Server.plan = [{"status": 302, "location": f"http://example.org/{NAME}"}]
    refused(SettingError, f"{server}/{NAME}", tmp_path)
    Server.plan = [{"status": 302, "location": f"/elsewhere/{NAME}"}]
    assert fetch(f"{server}/{NAME}", tmp_path).read_bytes() == CONTENT


def test_an_address_without_a_hash_is_refused(tmp_path: Path) -> None:
    assert "carries no hash" in refused(SettingError, "https://example.org/net.pth", tmp_path).wrong


def test_many_at_once_fetch_it_once(server: str, tmp_path: Path) -> None:
    Server.plan = [{"cut": 1000}]
    with ThreadPoolExecutor(8) as pool:
        paths = list(pool.map(lambda _: fetch(f"{server}/{NAME}", tmp_path), range(8)))
    assert {path.read_bytes() for path in paths} == {CONTENT}
    assert Server.asked == [None, "bytes=1000-"]


def test_a_folder_that_cannot_be_written_is_named(server: str, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("no folder")
    with pytest.raises(ModelFileError, match="cannot be read or written") as caught:
        fetch(f"{server}/{NAME}", tmp_path / "file" / "weights")
    assert "STRIATE_CACHE" in caught.value.attempt


def test_whoever_listens_is_told_how_far_it_is_over_a_cut(
    server: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(room, "PIECE", 50_000)
    Server.plan = [{"cut": 60_000}]
    said: list[tuple[str, int, int | None]] = []
    with telling(lambda *words: said.append(words)):
        fetch(f"{server}/{NAME}", tmp_path)
        fetch(f"{server}/{NAME}", tmp_path)  # is there: nothing to tell
    fetch(f"{server}/{NAME}", tmp_path / "again")  # nobody listens
    assert said == [(NAME, done, 102_400) for done in (50_000, 60_000, 102_400)]
