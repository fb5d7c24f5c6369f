"""Threads that wait for each other go to sleep soon, unless the user or an earlier import has decided it."""

import os
import subprocess
import sys

import pytest

PLAIN = {name: value for name, value in os.environ.items() if not name.startswith(("OMP", "GOMP"))}


def told(program: str, **settings: str) -> str:
    """What a program prints, with threads set as given and not as in the tests."""
    command = [sys.executable, "-c", program]
    return subprocess.run(
        command, env=PLAIN | settings, capture_output=True, text=True, check=True
    ).stdout.strip()


@pytest.mark.parametrize(
    ("before", "settings", "wanted"),
    [
        ("", {}, "10000"),
        ("", {"GOMP_SPINCOUNT": "7"}, "7"),
        ("", {"OMP_WAIT_POLICY": "ACTIVE"}, "None"),
        ("import torch; ", {}, "None"),  # libgomp is loaded: it would change nothing but child processes
    ],
)
def test_the_users_own_setting_and_a_loaded_torch_stand(
    before: str, settings: dict[str, str], wanted: str
) -> None:
    program = before + "import striate, os; print(os.environ.get('GOMP_SPINCOUNT'))"
    assert told(program, **settings) == wanted


def test_a_waiting_thread_uses_less_of_a_core_than_it_does_by_itself() -> None:
    # 30 times, two threads end a sum, and the second waits for the next one: by itself for 300,000 tries
    program = "\n".join(
        (
            "import striate, time, torch",
            "torch.set_num_threads(2)",
            "values = torch.zeros(1 << 18)",
            "values.exp()",
            "begun = time.process_time()",
            "for _ in range(30):",
            "    values.exp()",
            "    time.sleep(0.03)",
            "print(time.process_time() - begun)",
        )
    )
    assert float(told(program)) < 0.4 * float(told(program, GOMP_SPINCOUNT="300000"))
