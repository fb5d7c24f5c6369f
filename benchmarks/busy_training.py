"""What a training of ResNet-20 keeps of its rate beside another job, and what waiting quietly costs it.

Held equal: pictures, network, seed, two threads, the two cores. Each side is a whole ``striate.train`` in a
process of its own; only one runs at a time, the other is stopped. Taken in turns: quiet, busy (beside one
thread that counts), for each side, then again. ``striate`` waits as striate decides; ``libgomp`` waits as
libgomp does by itself (GOMP_SPINCOUNT=300000); ``shared`` is striate with ``share_cores``; further counts may
be given.

    taskset -c 0,1 python benchmarks/busy_training.py [--turns 8] [--seconds 4] [--counts 1000,10000]
"""

import argparse
import os
import signal
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

ASKED_BUSY, ASKED_QUIET = 0.45, 0.98
LIBGOMP = "300000"
"""Turns of its waiting loop, unless it is told otherwise: libgomp/env.c."""

CHILD = """
import sys, time, numpy as np, striate
random = np.random.default_rng(0)
labels = np.arange(16384) % 10
images = (random.integers(0, 60, (16384, 32, 32, 3)) + 15 * labels[:, None, None, None]).astype(np.uint8)
np.savez(sys.argv[1] + "/data.npz", images=images, labels=labels)
def told(event):
    if hasattr(event, "left"):
        print(time.perf_counter(), event.step, flush=True)
data, run = sys.argv[1] + "/data.npz", sys.argv[1] + "/run"
striate.train(data, model="resnet20", epochs=1000, batch=128, validation=0.01, out=run, on_event=told,
              share_cores=sys.argv[2] == "shared")
"""
BATCH = 128
SETTLED = 2.5
"""Seconds that are not counted, in which a training that looks for other jobs finds them gone or there."""
SPINNER = "while True: pass"


class Training:
    """A training in a process of its own, which runs only when it is asked to."""

    def __init__(self, waiting: dict[str, str], folder: str, cores: str = "kept") -> None:
        settings = {name: value for name, value in os.environ.items() if not name.startswith(("OMP", "GOMP"))}
        self.process = subprocess.Popen(
            [sys.executable, "-c", CHILD, folder, cores],
            env=settings | waiting,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
        )
        assert self.process.stdout is not None
        self.lines = self.process.stdout
        self.rate(3)  # reading, deciding, the first steps
        self.process.send_signal(signal.SIGSTOP)

    def rate(self, seconds: float) -> float:
        """Pictures a second between the first and the last event of so many seconds from now on."""
        begun = time.perf_counter()
        events: list[tuple[float, int]] = []
        while not events or events[-1][0] < begun + seconds or len(events) < 2:
            when, step = self.lines.readline().split()
            if float(when) > begun:  # lines from before it was stopped are still in the pipe
                events.append((float(when), int(step)))
        (first, step), (last, final) = events[0], events[-1]
        return BATCH * (final - step) / (last - first)

    def measured(self, seconds: float) -> float:
        """The rate while everything else of ours is stopped."""
        self.process.send_signal(signal.SIGCONT)
        try:
            self.rate(SETTLED)
            return self.rate(seconds)
        finally:
            self.process.send_signal(signal.SIGSTOP)


def beside_a_job(measure: Callable[[], float]) -> float:
    """The measure while one thread counts."""
    job = subprocess.Popen([sys.executable, "-c", SPINNER])
    try:
        time.sleep(0.3)
        return measure()
    finally:
        job.kill()
        job.wait()


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--turns", type=int, default=8)
    parser.add_argument("--seconds", type=float, default=4)
    parser.add_argument("--counts", default="")
    asked = parser.parse_args()
    sides = {"striate": {}, "shared": {}, "libgomp": {"GOMP_SPINCOUNT": LIBGOMP}}
    sides |= {count: {"GOMP_SPINCOUNT": count} for count in asked.counts.split(",") if count}
    rates: dict[str, tuple[list[float], list[float]]] = {name: ([], []) for name in sides}
    with tempfile.TemporaryDirectory() as folder:
        trainings: dict[str, Training] = {}
        try:
            for name, waiting in sides.items():
                own = Path(folder) / name
                own.mkdir()
                trainings[name] = Training({"OMP_NUM_THREADS": "2", **waiting}, str(own), name)
            for _ in range(asked.turns):
                for name, training in trainings.items():
                    rates[name][0].append(training.measured(asked.seconds))
                for name, training in trainings.items():
                    rates[name][1].append(beside_a_job(lambda t=training: t.measured(asked.seconds)))
        finally:
            for training in trainings.values():
                training.process.kill()
                training.process.wait()
    table(rates)


def table(rates: dict[str, tuple[list[float], list[float]]]) -> None:
    """Print the rates of every side, and ratios of turns that lie beside each other."""
    for name, (quiet, busy) in rates.items():
        kept = statistics.median(b / a for a, b in zip(quiet, busy, strict=True))
        cost = statistics.median(a / b for a, b in zip(quiet, rates["libgomp"][0], strict=True))
        print(
            f"{name:8} quiet {statistics.median(quiet):6.0f} pictures/s ({cost:.3f} of libgomp's own),"
            f" beside a job {statistics.median(busy):6.0f} ({kept:.0%} of quiet)"
        )
    print(f"asked of striate: quiet >= {ASKED_QUIET}, beside a job >= {ASKED_BUSY:.0%}")


if __name__ == "__main__":
    main()
