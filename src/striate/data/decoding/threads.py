"""Threads that decode pictures, each of them alone.

    pool --+-- thread 1: decodes and scales picture 0, 2, ...     one thread of torch each
           +-- thread 2: decodes and scales picture 1, 3, ...

Torch would start a team of threads inside each of them: on two cores that makes four, which wait for each
other while others could decode. The number is set for these threads alone; what the rest of the program
computes meanwhile keeps its own.
"""

from concurrent.futures import ThreadPoolExecutor
from functools import cache

import torch
from threadpoolctl import ThreadpoolController


def decoding_threads(count: int | None = None) -> ThreadPoolExecutor:
    """A pool whose threads compute alone.

    Args:
        count: of threads; None for a few more than cores, as they also wait for files.
    """
    return ThreadPoolExecutor(count, initializer=_alone)


def _alone() -> None:
    torch.get_num_threads()  # torch sets its own number when a thread first asks, and then never again
    _openmp().limit(limits=1)


@cache
def _openmp() -> ThreadpoolController:
    """The OpenMP library that torch has loaded; it keeps a number for every thread."""
    return ThreadpoolController().select(user_api="openmp")
