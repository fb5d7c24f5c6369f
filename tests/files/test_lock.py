import os
import subprocess
import sys
import time

import pytest

from striate.files.lock import NAME, Busy, FolderLock

HOLD = "import sys, time; from pathlib import Path; from striate.files.lock import FolderLock\n\
lock = FolderLock(Path(sys.argv[1])); print('held', flush=True); time.sleep(60)"


def test_a_folder_is_locked_once(tmp_path):
    with FolderLock(tmp_path), pytest.raises(Busy, match=f"process {os.getpid()} on "):
        FolderLock(tmp_path)
    FolderLock(tmp_path).release()
    assert list(tmp_path.iterdir()) == []


def test_the_lock_of_a_killed_process_is_gone_although_its_file_stays(tmp_path):
    with subprocess.Popen([sys.executable, "-c", HOLD, str(tmp_path)], stdout=subprocess.PIPE) as holder:
        assert holder.stdout is not None
        holder.stdout.readline()
        with pytest.raises(Busy, match=f"process {holder.pid} on "):
            FolderLock(tmp_path)
        holder.kill()
        holder.wait()
        assert (tmp_path / NAME).exists()
        FolderLock(tmp_path).release()


def test_a_forked_child_does_not_hold_the_lock_of_its_parent(tmp_path):
    lock = FolderLock(tmp_path)
    child = os.fork()
    if child == 0:
        time.sleep(5)
        os._exit(0)
    try:
        lock.release()
        time.sleep(0.1)
        FolderLock(tmp_path).release()
    finally:
        os.kill(child, 9)
        os.waitpid(child, 0)


def test_a_lock_file_that_leads_elsewhere_is_refused_and_the_other_file_stays(tmp_path):
    (tmp_path / "other").write_text("mine")
    for link in (os.link, os.symlink):
        link(tmp_path / "other", tmp_path / NAME)
        with pytest.raises(OSError, match=r"linked to elsewhere|symbolic links"):
            FolderLock(tmp_path)
        (tmp_path / NAME).unlink()
    assert (tmp_path / "other").read_text() == "mine"
