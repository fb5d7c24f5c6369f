"""Whatever stands in a file of annotations, it is read or refused in three lines.

The 2,000 cases are ``benchmarks/fuzz_boxes.py``; here are some of them.
"""

from benchmarks.fuzz_boxes import fuzz


def test_mutated_annotations_are_read_or_refused() -> None:
    report = fuzz(60, seed=3)
    assert report.violations == []
    assert report.outcomes["answered"] > 20
    assert report.outcomes["refused"] > 5
