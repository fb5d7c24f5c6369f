"""How kernels are compiled and kept: late, once, and without need of a place to keep them."""

import os
import subprocess
import sys
from pathlib import Path

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
