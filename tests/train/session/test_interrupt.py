"""Signals: remembered once, obeyed at the second."""

import os
import signal
import subprocess
import sys
import threading
import time

import pytest

from striate.errors import Interrupted
from striate.train.session import interrupt as module
from striate.train.session.interrupt import StopRequest

TWICE = """
import os, signal
from striate.train.session.interrupt import StopRequest
with StopRequest("run"):
    os.kill(os.getpid(), signal.SIGINT)
    print("still here", flush=True)
    os.kill(os.getpid(), signal.SIGINT)
    print("never said", flush=True)
"""


def test_the_first_signal_is_remembered_and_the_handlers_are_as_before_afterwards() -> None:
    before = (
        signal.getsignal(signal.SIGINT),
        signal.getsignal(signal.SIGTERM),
        signal.getsignal(signal.SIGALRM),
    )
    with StopRequest("run") as stop:
        os.kill(os.getpid(), signal.SIGTERM)
        assert stop.signal == signal.SIGTERM
    after = (
        signal.getsignal(signal.SIGINT),
        signal.getsignal(signal.SIGTERM),
        signal.getsignal(signal.SIGALRM),
    )
    assert after == before


def test_the_error_says_how_to_go_on_and_which_signal_came() -> None:
    with StopRequest("runs/one") as stop:
        os.kill(os.getpid(), signal.SIGINT)
    error = stop.interrupted("after step 3 of 9")
    assert error.signal == signal.SIGINT
    assert "SIGINT after step 3 of 9" in error.wrong
    assert "--resume" in error.attempt
    assert "runs/one" in error.attempt


def test_the_second_signal_ends_the_process_at_once() -> None:
    done = subprocess.run([sys.executable, "-c", TWICE], capture_output=True, text=True, check=False)
    assert done.returncode == -signal.SIGINT
    assert done.stdout == "still here\n"


def test_what_does_not_end_is_interrupted_where_it_is(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "PATIENCE", 0.1)
    timer = signal.getitimer(signal.ITIMER_REAL)[0]
    begin = time.perf_counter()

    def hang() -> None:
        with StopRequest("run"):
            os.kill(os.getpid(), signal.SIGINT)
            time.sleep(10)

    with pytest.raises(Interrupted, match="before a step could be finished"):
        hang()
    assert time.perf_counter() - begin < 2
    assert bool(signal.getitimer(signal.ITIMER_REAL)[0]) == bool(timer)  # another's alarm goes on


def test_in_another_thread_nothing_is_caught() -> None:
    before = signal.getsignal(signal.SIGINT)
    seen = []

    def enter() -> None:
        with StopRequest("run"):
            seen.append(signal.getsignal(signal.SIGINT))

    thread = threading.Thread(target=enter)
    thread.start()
    thread.join()
    assert seen == [before]


def test_torchrun_may_end_a_process_that_waits_for_a_dead_one(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TORCHELASTIC_RESTART_COUNT", "0")
    before = signal.getsignal(signal.SIGTERM)
    with StopRequest("run"):
        assert signal.getsignal(signal.SIGTERM) == before
        os.kill(os.getpid(), signal.SIGINT)
