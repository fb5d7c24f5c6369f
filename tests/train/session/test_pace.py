"""A training with a budget ends in time, and its schedule with it."""

from itertools import pairwise
from pathlib import Path

import pytest

from striate.errors import RunError
from striate.train.session.pace import Decided, Pace
from striate.train.session.schedule import learning_rate


def walked(
    pace: Pace, seconds_a_step: list[float], evaluation: float = 0.0
) -> tuple[int, float, list[float]]:
    """Steps, seconds and positions of a training whose steps take so long, one after the other."""
    now, step, positions = 0.0, 0, []
    while step < pace.end:
        positions.append(pace.position(step))
        now += seconds_a_step[min(step, len(seconds_a_step) - 1)]
        step += 1
        pace.adapt(step, now)
        if step % pace.epoch == 0:
            now += evaluation
            pace.evaluated(evaluation, now)
    return step, now, positions


def test_on_a_machine_as_foreseen_nothing_is_changed() -> None:
    pace = Pace(planned=100, epoch=10, seconds=60.0, now=0.0)
    steps, now, positions = walked(pace, [0.5])
    assert (steps, now) == (100, 50.0)
    assert positions == list(range(100))  # whole numbers: the rates are bit by bit those without a budget
    assert not any(isinstance(position, float) for position in positions)


def test_on_a_machine_of_half_the_speed_half_of_the_steps_are_made_in_the_same_time() -> None:
    pace = Pace(planned=100, epoch=10, seconds=50.0, now=0.0)
    steps, now, positions = walked(pace, [1.0])
    assert steps == pytest.approx(50, abs=2)
    assert now <= 50.0
    assert positions[-1] == 99.0  # the schedule is walked to its end
    assert all(a < b for a, b in pairwise(positions))


def test_a_machine_that_becomes_busy_on_the_way_ends_in_time_too() -> None:
    pace = Pace(planned=200, epoch=20, seconds=100.0, now=0.0)
    steps, now, positions = walked(pace, [0.5] * 60 + [4.0])
    assert 95 <= now <= 104  # a step of 4 seconds may be the last one
    assert steps == pytest.approx(77, abs=1)  # 70 seconds are left for steps of 4
    assert positions[-1] > 150


def test_a_machine_that_is_free_again_makes_the_planned_steps_at_most() -> None:
    pace = Pace(planned=100, epoch=10, seconds=60.0, now=0.0)
    steps, now, _ = walked(pace, [2.0] * 10 + [0.1])
    assert steps == 100
    assert now <= 60


def test_time_is_kept_for_the_report_as_the_machine_showed_before_the_first_step() -> None:
    pace = Pace(planned=100, epoch=10, seconds=60.0, now=0.0)
    now, step = 8.0, 0  # decoding took so long: 4 s are kept
    while step < pace.end:
        now, step = now + 1.0, step + 1
        pace.adapt(step, now)
    assert 54 <= now <= 56


def test_the_time_of_evaluations_is_kept() -> None:
    pace = Pace(planned=100, epoch=10, seconds=60.0, now=0.0)
    steps, now, _ = walked(pace, [0.5], evaluation=5.0)
    assert now + 5.0 <= 62  # the best model is evaluated once more
    assert steps < 100


def test_a_slower_machine_is_told_once() -> None:
    pace = Pace(planned=100, epoch=10, seconds=50.0, now=0.0)
    told = [pace.adapt(step, 2.0 * step) for step in range(1, 20)]
    (sentence,) = filter(None, told)
    assert sentence.startswith(
        "the machine is slower than was foreseen: about 2.4 epochs fit"
    )  # 49 s of 2 s a step


def test_a_run_that_goes_on_walks_the_same_way() -> None:
    pace = Pace(planned=100, epoch=10, seconds=50.0, now=0.0)
    for step in range(1, 11):
        pace.adapt(step, 1.0 * step)
    again = Pace(planned=100, epoch=10, seconds=50.0, now=1000.0)
    again.load(pace.to_dict(now=10.0), Path("last.pt"), now=1000.0)
    assert again.used(1003.0) == 13.0
    assert again.end == pace.end
    for step in range(10, pace.end):
        rates = [learning_rate(one.position(step), 100, 0.1, "onecycle", 0.25) for one in (pace, again)]
        assert rates[0] == rates[1]


def test_the_rate_ends_low_however_much_the_end_is_moved() -> None:
    pace = Pace(planned=100, epoch=10, seconds=50.0, now=0.0)
    pace.decided = Decided(begin=30, position=30.0, end=60)
    rates = [learning_rate(pace.position(step), 100, 1.0, "onecycle", 0.25) for step in range(30, 60)]
    assert rates == sorted(rates, reverse=True)
    assert rates[-1] == pytest.approx(0.001)


@pytest.mark.parametrize(
    "values",
    [
        None,
        {},
        {"begin": 0, "position": 0.0, "end": 101, "used": 0.0},
        {"begin": 0, "position": "0", "end": 50, "used": 0.0},
        {"begin": 60, "position": 60.0, "end": 50, "used": 0.0},
        {"begin": 0, "position": float("nan"), "end": 50, "used": 0.0},
        {"begin": 0, "position": 0.0, "end": 50, "used": float("inf")},
    ],
)
def test_an_edited_plan_is_refused(values: object) -> None:
    with pytest.raises(RunError, match="does not say when the training shall end"):
        Pace(100, 10, 60.0, 0.0).load(values, Path("last.pt"), 0.0)
