"""Trains on digits, or on the data of a job, in processes of their own, so that tests can kill them.

Each line of the input is a job, JSON; the answers are the number of the process and, later, its exit code.
With a job as its argument the program does that one and ends.
"""

import json
import os
import sys
import traceback
from typing import Any

import lightning_fabric  # noqa: F401 - imported once here instead of in each process
import torch
import torchmetrics.functional.classification  # noqa: F401

from striate.data.read_dataset import read
from striate.errors import Interrupted
from striate.train.run.run import train
from striate.train.run.settings import Settings


def work(job: dict[str, Any]) -> int:
    """Train, and return an exit code as the command line would."""
    torch.set_num_threads(1)
    os.environ.update(job.get("environment", {}))
    settings = Settings(**{"accelerator": "cpu", **job["settings"]})
    try:
        splits = read(job.get("data", "digits"), settings.format)
        for _ in train(splits, settings, job["folder"], resume=job.get("resume", False)):
            pass
    except Interrupted as error:
        return 128 + error.signal
    return 0


def in_a_process_of_its_own(job: dict[str, Any]) -> int:
    """The number of the process that does it."""
    number = os.fork()
    if number == 0:
        code = 1
        try:
            code = work(job)
        except Exception:
            traceback.print_exc()
        finally:
            os._exit(code)
    return number


def serve() -> None:
    """One process for each line."""
    for line in sys.stdin:
        number = in_a_process_of_its_own(json.loads(line))
        print(number, flush=True)
        print(os.waitstatus_to_exitcode(os.waitpid(number, 0)[1]), flush=True)


if __name__ == "__main__":
    if len(sys.argv) > 1:
        sys.exit(work(json.loads(sys.argv[1])))
    serve()
    os._exit(0)  # without taking apart what was imported
