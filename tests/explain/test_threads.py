"""Several threads with one model get the answers that they get alone; ``benchmarks/threads.py`` asks more."""

import importlib
import warnings
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
import torch

from striate.explain.attribution.ignored_warnings import ignoring_missing_kernels

BENCHMARKS = Path(__file__).resolve().parents[2] / "benchmarks"


@pytest.fixture
def threads(monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    monkeypatch.syspath_prepend(BENCHMARKS)
    return importlib.import_module("threads")


def test_mixed_requests_of_four_threads_have_the_answers_of_one(threads: Any) -> None:
    before = torch.get_num_threads()
    model, pictures = threads.example("lenet5")
    assert threads.count_differences(4, 15, model, pictures) == (0, 60)
    assert all(part.training for part in model.modules())
    torch.set_num_threads(before)


def test_the_comparison_notices_a_wrong_answer(threads: Any) -> None:
    assert not threads.same(lambda: torch.ones(1), torch.zeros(1))
    assert not threads.same(lambda: 1 / 0, torch.zeros(1))


def test_ignoring_a_warning_in_many_threads_leaves_the_filters_as_they_were() -> None:
    def often(_: int) -> None:
        for _ in range(50):
            with ignoring_missing_kernels():
                warnings.warn("an autograd kernel was not registered", UserWarning, stacklevel=1)

    before = list(warnings.filters)
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(often, range(8)))
    assert list(warnings.filters) == before
    with pytest.raises(UserWarning, match="kernel"):
        warnings.warn("an autograd kernel was not registered", UserWarning, stacklevel=1)
