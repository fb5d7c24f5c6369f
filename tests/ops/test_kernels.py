"""How kernels are compiled and kept: late, once, and without need of a place to keep them."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
import torch

from striate.ops.kernels import buffers, compile

IOU = """
import sys, torch
from striate import ops
assert "numba" not in sys.modules
boxes = torch.tensor([[0.0, 0, 10, 10], [0, 0, 10, 8], [20, 0, 30, 10]])
print(ops.box_iou(boxes, boxes[:1]).tolist(), "numba" in sys.modules)
"""
ANSWER = "[[1.0], [0.800000011920929], [0.0]] True\n"


def program(cache: Path, code: str = IOU) -> subprocess.CompletedProcess:
    environment = {**os.environ, "STRIATE_CACHE": str(cache)}
    environment.pop("NUMBA_CACHE_DIR", None)
    return subprocess.run(
        [sys.executable, "-c", code], env=environment, capture_output=True, text=True, timeout=250
    )


def test_a_first_call_says_that_it_compiles_and_the_next_program_finds_it(tmp_path: Path) -> None:
    first, second = program(tmp_path), program(tmp_path)
    assert first.stdout == second.stdout == ANSWER, first.stderr
    assert first.stderr == "compiling kernels for this processor, once: this takes some seconds\n"
    assert second.stderr == ""
    assert list((tmp_path / "kernels").rglob("overlap*.nbc"))


def test_a_damaged_cache_only_costs_time(tmp_path: Path) -> None:
    program(tmp_path)
    for path in (tmp_path / "kernels").rglob("*.nb[ci]"):
        path.write_bytes(b"damaged")
    found = program(tmp_path)
    assert (found.returncode, found.stdout) == (0, ANSWER), found.stderr


def test_a_cache_that_cannot_be_written_only_costs_time(tmp_path: Path) -> None:
    place = tmp_path / "file"
    place.write_text("not a folder")  # root may write to read-only folders, but not into a file
    found = program(place)
    assert (found.returncode, found.stdout) == (0, ANSWER), found.stderr


def test_a_forked_process_can_call_kernels_too(tmp_path: Path) -> None:
    code = """
import multiprocessing, torch
from striate import ops
def work(seed):
    boxes = torch.arange(2000.0).reshape(500, 4) + torch.tensor([0, 0, 5, 5]) * seed
    return ops.box_iou(boxes, boxes)[3, :5].tolist()
torch.set_num_threads(2)
here = [work(seed) for seed in range(4)]
with multiprocessing.get_context("fork").Pool(2) as pool:
    print(pool.map(work, range(4)) == here)
"""
    found = program(tmp_path, code)
    assert found.stdout == "True\n", found.stderr


@pytest.fixture
def kept(monkeypatch: pytest.MonkeyPatch) -> list:
    monkeypatch.setattr(buffers, "KEPT", buffers.deque())
    return buffers.KEPT


def test_the_memory_of_a_dropped_result_is_used_again_and_that_of_another_never(kept: list) -> None:
    first = torch.from_numpy(buffers.empty((1 << 20,), "f4")).fill_(1)
    second = torch.from_numpy(buffers.empty((1 << 20,), "f4")).fill_(2)
    view, place = first[5:10], second.data_ptr()
    del first, second
    third = torch.from_numpy(buffers.empty((600, 1000), "f4")).fill_(3)
    assert (third.data_ptr(), third.shape, third.dtype) == (place, (600, 1000), torch.float32)
    assert view.tolist() == [1] * 5
    del view, third
    assert len(kept) == 2


def test_little_memory_is_kept(kept: list, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(buffers, "LARGEST", 9 << 20)
    results = [buffers.empty((4 << 20,), "u1") for _ in range(5)]
    small, large = buffers.empty((100,), "u1"), buffers.empty((10 << 20,), "u1")
    del results, small, large
    assert [len(memory) for memory in kept] == [4 << 20] * 2
    assert len(buffers.empty((1 << 20,), "u1")) == 1 << 20  # four times as much would be too much
    assert len(kept) == 3


def test_an_error_of_a_part_is_raised_and_every_part_is_done_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(torch, "get_num_threads", lambda: 3)
    done: list = []
    compile.in_threads(lambda begin, end: done.extend(range(begin, end)), 1001, 1 << 20)
    assert sorted(done) == list(range(1001))
    with pytest.raises(ZeroDivisionError):
        compile.in_threads(lambda begin, end: 1 / 0, 10, 1 << 20)
