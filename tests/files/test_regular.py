import os
import socket

import pytest

from striate.files.regular import NotRegular, is_regular, open_regular, read_regular, reason_of


def test_a_file_is_read_whole(tmp_path):
    path = tmp_path / "a"
    path.write_bytes(b"12345")
    assert read_regular(path) == read_regular(path, most=5) == b"12345"
    with open_regular(path) as file:
        assert file.read(2) == b"12"


def test_a_named_pipe_is_refused_at_once(tmp_path):  # open() would wait for a writer for ever
    os.mkfifo(tmp_path / "pipe")
    with pytest.raises(NotRegular, match="it is a named pipe, not a file"):
        open_regular(tmp_path / "pipe")


def test_devices_and_sockets_are_refused(tmp_path, monkeypatch):
    with pytest.raises(NotRegular, match="it is a device, not a file"):
        open_regular("/dev/zero")
    monkeypatch.chdir(tmp_path)  # the path of a socket may have 107 letters
    with socket.socket(socket.AF_UNIX) as one:
        one.bind("socket")
        with pytest.raises(NotRegular, match="it is a socket, not a file"):
            open_regular("socket")


def test_a_folder_and_a_missing_file_are_errors_of_the_system(tmp_path):
    with pytest.raises(IsADirectoryError):
        open_regular(tmp_path)
    with pytest.raises(FileNotFoundError):
        open_regular(tmp_path / "none")


def test_a_larger_file_than_allowed_is_refused_before_it_is_read(tmp_path):
    with open(tmp_path / "sparse", "wb") as file:
        file.truncate(2**40)
    with pytest.raises(OSError, match=r"1,099,511,627,776 bytes, more than 1,000"):
        read_regular(tmp_path / "sparse", most=1000)


def test_links_are_followed_only_where_that_is_allowed(tmp_path):
    (tmp_path / "a").write_bytes(b"x")
    (tmp_path / "link").symlink_to("a")
    assert read_regular(tmp_path / "link") == b"x"
    with pytest.raises(NotRegular, match="it is a symbolic link"):
        read_regular(tmp_path / "link", follow=False)


def test_a_path_is_asked_without_being_opened(tmp_path):
    os.mkfifo(tmp_path / "pipe")
    (tmp_path / "a").write_bytes(b"")
    assert is_regular(tmp_path / "a")
    assert not any(is_regular(tmp_path / name) for name in ("pipe", "none", "a\0b"))


def test_a_reason_is_one_line_and_never_empty():
    assert reason_of(MemoryError()) == "MemoryError"
    assert reason_of(ValueError("first\nsecond")) == "first"
    assert len(reason_of(ValueError("x" * 999))) == 200
