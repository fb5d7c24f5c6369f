"""The learning rate at each step."""

import math
from itertools import pairwise

import pytest

from striate.train.session.schedule import FINAL, learning_rate


def rates(schedule: str, warmup: float, steps: int = 8) -> list[float]:
    return [learning_rate(step, steps, 2.0, schedule, warmup) for step in range(steps)]


def test_onecycle_rises_in_a_line_to_its_peak_and_falls_in_a_line_to_its_end() -> None:
    found = rates("onecycle", 0.25)  # two steps up, six down
    assert found[:2] == [1.0, 2.0]
    assert found[-1] == pytest.approx(2.0 * FINAL)
    falls = [before - after for before, after in pairwise(found[1:])]
    assert falls == pytest.approx([falls[0]] * 6)


def test_cosine_is_half_a_period_after_the_warmup() -> None:
    assert rates("cosine", 0.5) == pytest.approx(
        [0.5, 1.0, 1.5, 2.0, 2.0, 1 + math.cos(math.pi / 4), 1.0, 1 - math.cos(math.pi / 4)]
    )


def test_constant_is_constant_after_its_warmup() -> None:
    assert rates("constant", 0.0) == [2.0] * 8
    assert rates("constant", 0.25) == [1.0] + [2.0] * 7


@pytest.mark.parametrize("schedule", ["onecycle", "cosine", "constant"])
def test_a_single_step_has_a_rate(schedule: str) -> None:
    assert learning_rate(0, 1, 2.0, schedule, 0.25) > 0
