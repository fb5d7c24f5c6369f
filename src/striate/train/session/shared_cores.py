"""Training beside other programs: as many threads as there are cores that nobody else uses.

    two threads, two cores, a job        T1 works | waits awake ........ | works    a quarter of the rate
                                         T2 works | the job has its core | works
    one thread while the job is there    T1 works works works works works works     half of the rate

The threads of one operation wait for each other, and oneDNN lets them wait awake. The operating system cannot
tell that from work, so beside another job most of the time of the cores is spent on waiting.

How sums are split among threads decides their last bits. So the number is changed only where the user asks
for it, with ``share_cores``; without, the user is told once what it would bring.
"""

import math
import multiprocessing
import os
import time
from pathlib import Path
from typing import NamedTuple

import torch

EVERY = 1.0
"""Seconds between two looks."""

ENOUGH = 0.5
"""Cores that others take from which on a thread less is faster."""

SEEN = 5
"""Looks one after the other that find others at work before it is told: a short job is no reason."""

NOT_WORK = slice(3, 5)
"""Columns of idle time and of waiting for disks, among those of a processor in /proc/stat."""


class Used(NamedTuple):
    """Seconds of processors since some time in the past.

    Args:
        at: the clock.
        all: that all programs took from the cores this process may use.
        own: that this process and its workers took.
    """

    at: float
    all: float
    own: float


def used() -> Used | None:
    """What was used until now; None where the system does not say, as it is not Linux."""
    try:
        cores, rows = os.sched_getaffinity(0), Path("/proc/stat").read_text().splitlines()
        mine = [row.split() for row in rows if row[:3] == "cpu" and row[3:4].isdigit()]
        times = [[int(number) for number in row[1:]] for row in mine if int(row[0][3:]) in cores]
    except (OSError, AttributeError, ValueError):
        return None
    if not times:
        return None
    ticks = sum(sum(row[:8]) - sum(row[NOT_WORK]) for row in times)  # what follows counts guests again
    own = time.process_time() + sum(_of(child.pid) for child in multiprocessing.active_children())
    return Used(time.monotonic(), ticks / os.sysconf("SC_CLK_TCK"), own)


def _of(pid: int | None) -> float:
    """Seconds of processors that a process took; 0 if it has ended."""
    try:
        columns = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return 0.0
    return (int(columns[11]) + int(columns[12])) / os.sysconf("SC_CLK_TCK")


def threads_beside(others: float, threads: int, cores: int) -> int:
    """How many threads compute fastest while other programs take so many cores.

    >>> [threads_beside(others, threads=2, cores=2) for others in (0.0, 0.4, 0.67, 1.0, 2.0)]
    [2, 2, 1, 1, 1]
    >>> threads_beside(3.0, threads=8, cores=16)
    8
    """
    return max(1, min(threads, math.floor(cores - others + ENOUGH)))


class SharedCores:
    """Looks now and then at what other programs use.

    Args:
        adapt: change the number of torch's threads by it; otherwise only tell.
    """

    def __init__(self, adapt: bool) -> None:
        self._adapt, self._threads, self._seen = adapt, torch.get_num_threads(), 0
        self._before = used()

    def look(self) -> str | None:
        """After each step; a sentence for the user, once, where fewer threads would be faster."""
        before = self._before
        if before is None or self._threads == 1 or time.monotonic() - before.at < EVERY:
            return None
        now = self._before = used()
        if now is None:
            return None
        others = max(0.0, (now.all - before.all - (now.own - before.own)) / (now.at - before.at))
        wanted = threads_beside(others, self._threads, len(os.sched_getaffinity(0)))
        if self._adapt:
            self._use(wanted)
            return None
        self._seen = self._seen + 1 if wanted < self._threads else 0
        return self._told(others) if self._seen == SEEN else None

    def restore(self) -> None:
        """Use the threads that there were at first."""
        if self._adapt:
            self._use(self._threads)

    def _use(self, threads: int) -> None:
        if threads != torch.get_num_threads():
            torch.set_num_threads(threads)

    def _told(self, others: float) -> str:
        cores = len(os.sched_getaffinity(0))
        return (
            f"other programs take {others:.1f} of {cores} cores, and threads that wait for each other lose "
            "more than that: with share_cores the training uses fewer threads meanwhile"
        )
