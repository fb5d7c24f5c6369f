"""Whatever stdout, stderr and the working folder are: three lines, and the promised exit code."""

import os
import shlex
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

STRIATE = f"{shlex.quote(sys.executable)} -m striate"
QUICK = {**os.environ, "OMP_NUM_THREADS": "1"}


def shell(command: str, folder: Path | None = None) -> subprocess.CompletedProcess[str]:
    """What a shell makes of a command, in which STRIATE stands for the program."""
    return subprocess.run(
        ["bash", "-c", command.replace("STRIATE", STRIATE)],
        capture_output=True,
        text=True,
        env=QUICK,
        cwd=folder,
    )


@pytest.mark.parametrize(
    ("command", "code"),
    [
        ("STRIATE --version >&-", 0),
        ("STRIATE --version 2>&-", 0),
        ("STRIATE --version <&- >&- 2>&-", 0),
        ("STRIATE trian 2>&-", 2),
        ("STRIATE trian 2>/dev/full", 2),
        ("STRIATE --help | :; exit ${PIPESTATUS[0]}", 141),
    ],
)
def test_closed_and_full_streams_keep_the_exit_code(command: str, code: int) -> None:
    done = shell(command)
    assert (done.returncode, done.stderr) == (code, "")


@pytest.mark.parametrize("what", ["--version", "--help"])
def test_a_full_disk_is_told_in_three_lines(what: str) -> None:
    done = shell(f"STRIATE {what} >/dev/full")
    assert done.returncode == 2
    assert done.stderr.splitlines() == [
        "FileError: the system refuses: No space left on device",
        "  expected: free space on the disk",
        "  try: free some space, or write elsewhere",
    ]


def test_a_working_folder_that_was_removed_is_told(tmp_path: Path) -> None:
    (tmp_path / "gone").mkdir()
    done = shell("cd gone; rmdir ../gone; STRIATE summary lenet5", tmp_path)
    assert done.returncode == 2
    assert done.stderr.startswith("FileError: the working folder was removed\n")


@pytest.mark.parametrize("seconds", [0.1, 0.2, 0.4])
def test_ctrl_c_is_quiet_from_the_first_moment(seconds: float) -> None:
    process = subprocess.Popen(
        [sys.executable, "-m", "striate", "summary", "resnet110"],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        env=QUICK,
    )
    time.sleep(seconds)
    process.send_signal(signal.SIGINT)
    said = process.communicate()[1]
    assert (process.returncode, said) == (130, b"interrupted\n")


def test_the_signals_are_set_before_anything_heavy_is_imported() -> None:
    code = (
        "import sys, striate.cli.main\n"
        "assert not {'typing', 'rich', 'typer', 're', 'pathlib'} & set(sys.modules) - before"
    )
    subprocess.run(
        [sys.executable, "-c", f"import sys; before = set(sys.modules)\n{code}"], check=True, env=QUICK
    )
