"""Threads that decode compute alone, and the rest of the program keeps its threads."""

from threading import Barrier

import torch

from striate.data.decoding.threads import decoding_threads


def test_threads_that_decode_use_one_thread_each_and_no_other_thread_changes() -> None:
    before = torch.get_num_threads()
    torch.set_num_threads(2)
    try:
        together = Barrier(3)

        def number(_: int) -> int:
            together.wait(timeout=10)  # three threads at once: each is asked
            return torch.get_num_threads()

        with decoding_threads(3) as pool:
            assert list(pool.map(number, range(3))) == [1, 1, 1]
            assert torch.get_num_threads() == 2
    finally:
        torch.set_num_threads(before)
