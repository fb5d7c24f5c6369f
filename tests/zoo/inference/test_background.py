"""Work in the background gives a result or a reason, and does not outlive the process nor keep it."""

import subprocess
import sys
import time
from threading import Event

import pytest

from striate.zoo.inference.background import BackgroundWork


def test_work_gives_its_result() -> None:
    allowed = Event()
    work = BackgroundWork(lambda: allowed.wait(60) and "done")
    assert work.running
    assert work.result is None
    allowed.set()
    assert work.wait(60)
    assert (work.result, work.failure) == ("done", None)


def test_a_failure_is_kept_and_raised_nowhere() -> None:
    work = BackgroundWork(lambda: 1 / 0)
    assert work.wait(60)
    assert work.result is None
    assert isinstance(work.failure, ZeroDivisionError)


@pytest.mark.parametrize(
    "end", ["", "raise SystemExit(3)", "import os, signal; os.kill(os.getpid(), signal.SIGINT)"]
)
def test_a_process_ends_at_once_while_work_is_in_progress(end: str) -> None:
    program = "\n".join(
        (
            "import time",
            "from striate.zoo.inference.background import BackgroundWork",
            "def work():",
            "    print('begun', flush=True)",
            "    while True: time.sleep(0.01)",
            "running = BackgroundWork(work)",
            "time.sleep(0.3)",
            "print(time.time(), flush=True)",
            end,
        )
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, timeout=60)
    first, ended = done.stdout.split()
    assert first == "begun"
    assert time.time() - float(ended) < 5
    assert "Fatal" not in done.stderr
