"""A few dozen of the mutated model files of ``benchmarks/fuzz_model_files.py``."""

from benchmarks.fuzz_model_files import fuzz
from benchmarks.fuzzing import MOST_MEMORY


def test_a_mutated_model_file_answers_or_is_refused() -> None:
    report = fuzz(count=60, seed=1)
    assert not report.violations, report.violations[0]
    assert sum(report.outcomes.values()) == 60
    assert report.outcomes["refused"] >= 30
    assert report.memory < MOST_MEMORY
