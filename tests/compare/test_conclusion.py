"""The table of a comparison and its conclusion: frontier, order, what cannot be told apart, JSON and CSV."""

import csv
import io
import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from striate.compare.table import Comparison, ComparisonRow, ordered
from striate.ops.intervals import wilson
from striate.tasks.metric import Primary
from striate.train.profile.profile import Cost, Costs


def row(
    model: str, accuracy: float | None, milliseconds: float = 1.0, count: int = 100, **more: Any
) -> ComparisonRow:
    costs = Costs((32, 32), 100, 1000, (Cost(1, milliseconds / 1e3, 2**20),))
    scores = () if accuracy is None else (accuracy,)
    interval = wilson(round(accuracy * count), count) if accuracy is not None and accuracy <= 1 else None
    return ComparisonRow(model, costs, scores, count=count if scores else 0, known=interval, **more)


def table(*rows: ComparisonRow) -> Comparison:
    return Comparison(Path("runs/compare"), "data", ordered(rows), "test", (0,), {}, {})


def test_the_frontier_holds_whom_none_surpasses_without_being_slower() -> None:
    found = table(row("a", 0.7, 1), row("b", 0.9, 5), row("c", 0.8, 6), row("d", 0.95, 20), row("e", 0.9, 7))
    assert [one.model for one in found.frontier()] == ["a", "b", "d"]


BEST = "a is the best: accuracy 98.00 % on 100,000 test pictures (95 % interval 97.91 to 98.08 %)."
# Wilson, 98000 of 100000: z^2/N = 3.84e-5, middle (.98 + 1.92e-5) / (1 + 3.84e-5) = .979982, half .000868


@pytest.mark.parametrize(
    ("rows", "expected"),
    [
        (
            [("a", 0.98, 30), ("b", 0.9604, 10)],
            f"{BEST} b reaches 96.04 % in a third of the time (one picture at a time).",
        ),
        (
            [("a", 0.98, 10), ("b", 0.9795, 9)],
            f"{BEST} b cannot be told apart from it."
            " b reaches 97.95 % in 90 % of the time (one picture at a time).",
        ),
        (
            [("a", 0.98, 10), ("b", 0.8, 9.7)],
            f"{BEST} b reaches 80.00 % in about the same time (one picture at a time).",
        ),
        ([("a", 0.98, 1), ("b", 0.8, 2)], f"{BEST} a is the fastest, too (one picture at a time)."),
        ([("a", 0.98, 10)], BEST.replace(" is the best", "")),
        (
            [("a", None, 10), ("b", None, 1)],
            "b is the fastest (one picture at a time): 1.00 ms a picture; a takes 10 times as long.",
        ),
        ([], "Nothing could be measured."),
    ],
    ids=str,
)
def test_the_conclusion_says_what_to_choose(
    rows: list[tuple[str, float | None, float]], expected: str
) -> None:
    assert table(*(row(*one, count=100_000) for one in rows)).headline() == expected


def test_the_conclusion_says_that_nothing_was_trained() -> None:
    text = table(row("a", None, 1, failed="the disk is full")).headline()
    fastest = "a is the fastest (one picture at a time): 1.00 ms a picture."
    assert text == f"No training was finished. {fastest}"


def test_the_fastest_is_named_for_each_number_of_pictures_at_a_time() -> None:
    small = Costs((32, 32), 1, 1, (Cost(1, 0.001, 1), Cost(32, 0.0008, 1)))
    large = Costs((32, 32), 1, 1, (Cost(1, 0.002, 1), Cost(32, 0.0004, 1)))
    found = table(ComparisonRow("small", small), ComparisonRow("large", large))
    assert found.headline() == (
        "small is the fastest (one picture at a time): 1.00 ms a picture; large takes 2 times as long. "
        "large is the fastest (32 at a time): 0.400 ms a picture; small takes 2 times as long."
    )


def test_spread_is_that_of_the_seeds_or_of_the_number_of_pictures() -> None:
    # mean 0.8, deviations -0.1 and 0.1: sqrt((0.01 + 0.01) / 1) = 0.1414
    several = ComparisonRow("a", scores=(0.7, 0.9), count=100)
    assert several.interval == pytest.approx((0.8 - 0.02**0.5, 0.8 + 0.02**0.5))
    assert ComparisonRow("a", scores=(0.5,), known=(0.4, 0.6)).interval == (0.4, 0.6)


def measured_on(right: dict[str, list[int]], seeds: dict[str, tuple[float, ...]] | None = None) -> Comparison:
    """Networks with a right or wrong answer to each of a few pictures."""
    rows = [
        ComparisonRow(name, None, (seeds or {}).get(name, (sum(one) / len(one),)), count=len(one))
        for name, one in right.items()
    ]
    answers = {name: {"per_image": one, "answers": ["x"] * len(one)} for name, one in right.items()}
    return replace(table(*rows), answers=answers)


def test_networks_are_compared_on_the_same_pictures() -> None:
    found = measured_on({"a": [1] * 32 + [0], "b": [1] * 33, "c": [1] * 20 + [0] * 13})
    best = found.best()
    assert best is not None
    assert [one.model for one in found.as_good_as(best)] == ["a"]  # one picture of 33 is no difference
    assert "a cannot be told apart from it with 33 pictures: about 230 would be" in found.headline()
    values = {one["model"]: one for one in found.to_dict()["rows"]}
    assert values["c"]["told_apart_from_best"] is True
    assert values["a"]["difference_to_best"]["mean"] == pytest.approx(-1 / 33)
    assert values["b"]["difference_to_best"] is None


def test_a_number_that_should_be_low_is_ranked_from_below() -> None:
    error = Primary("error", higher_is_better=False, share=False)
    rows = (
        row("quick", 2.0, 1, primary=error),
        row("good", 0.5, 9, primary=error),
        row("bad", 3.0, 20, primary=error),
    )
    found = table(*rows)
    assert [one.model for one in found.rows] == ["good", "quick", "bad"]
    assert [one.model for one in found.frontier()] == ["quick", "good"]
    assert found.headline().startswith("good is the best: error 0.5 on 100 test pictures")
    assert "quick reaches 2 in" in found.headline()
    low, high = found.chart().axes[0].get_ylim()
    assert low > high  # better is up


def test_of_few_pictures_nothing_is_told_apart() -> None:
    found = measured_on({"a": [1, 1, 1, 0], "b": [1, 1, 0, 1], "c": [1, 0, 0, 0]})
    assert found.headline().endswith("On so few pictures none can be told apart from it.")


def test_several_seeds_must_agree() -> None:
    right = {"a": [1] * 33, "b": [1] * 20 + [0] * 13}
    once = measured_on(right, {"a": (1.0, 0.9), "b": (0.6, 0.95)})
    always = measured_on(right, {"a": (1.0, 0.9), "b": (0.6, 0.8)})
    assert not once.told_apart(*once.rows)
    assert always.told_apart(*always.rows)


def test_a_comparison_is_a_table_json_and_csv() -> None:
    found = table(row("quick", 0.8, 1), row("good", 0.9, 10), ComparisonRow("bad", failed="too large"))
    lines = str(found).splitlines()
    assert [line.split()[0] for line in lines[2:5]] == ["good", "quick", "bad"]
    assert lines[-1] == "bad: too large"
    assert json.loads(json.dumps(found.to_dict()))["frontier"] == ["quick", "good"]
    rows = list(csv.DictReader(io.StringIO(found.to_csv())))
    assert [(one["network"], one["accuracy"], one["seconds_1"]) for one in rows[:2]] == [
        ("good", "0.9", "0.01"), ("quick", "0.8", "0.001"),
    ]  # fmt: skip
    assert rows[2]["failed"] == "too large"
