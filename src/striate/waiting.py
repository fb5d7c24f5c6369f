"""How the threads of torch wait for each other: a fraction of a millisecond awake, then asleep.

    thread 1   work work work | waits awake ... | sleeps ........... | work     awake: it takes a core
    thread 2   work work work work work work (interrupted by a job)   | work     asleep: the job may have it

libgomp, the thread library of torch on Linux, lets a thread that waits try 300,000 times, which is 10
milliseconds. While nothing else wants the cores that costs nothing. Beside another job the waiting thread
takes the core from its own partner: a training on two threads beside a job on one of two cores fell to a
quarter of its rate. Ten thousand tries are longer than nearly all waits inside a network, and shorter than
the time that the system gives a thread.

libgomp reads this when it is loaded. A program that imports torch before striate keeps what libgomp does by
itself, and may set GOMP_SPINCOUNT=10000 in its environment. Source: libgomp manual, GOMP_SPINCOUNT.
"""

import os
import sys

TRIES = "10000"
"""0.3 milliseconds: a try takes about 33 nanoseconds."""

USERS_OWN = ("GOMP_SPINCOUNT", "OMP_WAIT_POLICY")
"""Variables with which a user says how threads wait."""


def wait_quietly() -> None:
    """Set how threads wait, unless the user has, or torch is loaded already."""
    if "torch" not in sys.modules and not any(name in os.environ for name in USERS_OWN):
        os.environ["GOMP_SPINCOUNT"] = TRIES
