"""Findings, and when they stop a training."""

import pytest

from striate.data.checks.findings import KINDS, Finding, blocking, refusal
from striate.errors import SettingError

LEAK = Finding("leak", "b.jpg", "in val is the same as a.jpg in train")
STRAY = Finding("stray", "data", "left out: 1 .md")


def test_only_what_refuses_blocks_and_can_be_accepted() -> None:
    assert blocking([STRAY, LEAK]) == [LEAK]
    assert blocking([STRAY, LEAK], ["leak"]) == []
    assert blocking([LEAK], ["unreadable"]) == [LEAK]


@pytest.mark.parametrize("kind", ["stray", "nonsense"])
def test_only_kinds_that_refuse_can_be_accepted(kind: str) -> None:
    with pytest.raises(SettingError, match=kind):
        blocking([], [kind])


def test_a_finding_is_plain_values() -> None:
    assert STRAY.to_dict() == {
        "kind": "stray",
        "source": "data",
        "detail": "left out: 1 .md",
        "severity": "info",
    }
    assert str(Finding("deep", "a.tif")) == "a.tif"


def test_a_refusal_shows_ten_of_every_kind_and_counts_the_rest() -> None:
    error = refusal([*(Finding("unreadable", f"{number}.jpg") for number in range(12)), LEAK])
    assert "0.jpg; 1.jpg" in error.wrong
    assert "9.jpg; and 2 more" in error.wrong
    assert "10.jpg" not in error.wrong
    assert "(1): b.jpg: in val" in error.wrong
    assert error.attempt.endswith("--accept unreadable --accept leak")


def test_every_kind_has_one_of_three_severities() -> None:
    assert {severity for severity, _ in KINDS.values()} == {"info", "warn", "refuse"}
