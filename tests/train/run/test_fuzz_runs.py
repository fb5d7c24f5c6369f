"""A few dozen of the mutated run folders of ``benchmarks/fuzz_runs.py``."""

from benchmarks.fuzz_runs import fuzz
from benchmarks.fuzzing import MOST_MEMORY


def test_a_mutated_run_goes_on_or_is_refused() -> None:
    report = fuzz(count=24, seed=1)
    assert not report.violations, report.violations[0]
    assert sum(report.outcomes.values()) == 24
    assert report.outcomes["refused"] >= 8
    assert report.memory < MOST_MEMORY
