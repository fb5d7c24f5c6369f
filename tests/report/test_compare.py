"""The page of a comparison: what was found, who alone was right about which picture, nothing from outside."""

import html
import re
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from striate.compare.table import Comparison, ComparisonRow, ordered
from striate.data.dataset import Splits
from striate.report.compare import alone, command, page, write_comparison
from striate.train.profile.profile import Cost, Costs
from striate.train.run.settings import Settings


@pytest.fixture
def splits(made: Callable[..., tuple[object, Splits, object]]) -> Splits:
    return made()[1]


@pytest.fixture
def comparison(splits: Splits, tmp_path: Path) -> Comparison:
    """One network is right about all 100 digits but the first; the other one about the first 80."""
    truth = splits["val"].labels.tolist()
    predicted = {
        "lenet5": [(label + (place < 1)) % 10 for place, label in enumerate(truth)],
        "resnet20": [(label + (place >= 80)) % 10 for place, label in enumerate(truth)],
    }
    answers = {
        name: {
            "answers": list(map(str, one)),
            "per_image": [int(a == b) for a, b in zip(one, truth, strict=True)],
        }
        for name, one in predicted.items()
    }
    rows = [
        ComparisonRow("lenet5", costs(0.0002), (0.99,), 100, ("runs/c/lenet5-seed0",), 3, 64, 4.0),
        ComparisonRow("resnet20", costs(0.002), (0.80,), 100, ("runs/c/resnet20-seed0",), 2, 64, 5.0),
        ComparisonRow("vgg16", failed="the batch is <b>too large</b>"),
    ]
    settings = {name: value for name, value in Settings(budget="5s").to_dict().items() if name != "model"}
    machine = {"device": "one of these"}
    return Comparison(tmp_path, "my digits", ordered(rows), "val", (0,), settings, machine, answers)


def costs(seconds: float) -> Costs:
    return Costs((32, 32), 61_706, 416_520, (Cost(1, seconds, 2**20), Cost(32, seconds / 2, 2**24)))


def words(text: str) -> str:
    bare = re.sub(r"<style>.*?</style>|<[^>]*>", " ", text, flags=re.DOTALL)
    return " ".join(html.unescape(bare).split())


def test_the_page_says_what_was_found(comparison: Comparison, splits: Splits) -> None:
    said = words(page(comparison, splits))
    assert "lenet5 is the best: accuracy 99.00 % on 100 val pictures" in said
    assert "these pictures also chose the best epoch" in said
    assert "lenet5 is the fastest, too" in said
    assert "lenet5 99.00 %" in said
    assert "0.200 ms" in said
    assert "striate compare 'my digits' --budget 5s --models lenet5,resnet20,vgg16" in said
    assert "vgg16 : the batch is <b>too large</b>" in said  # escaped: it is text
    assert "runs/c/lenet5-seed0/model.safetensors" in said


def test_pictures_that_one_network_alone_got_right_are_shown(comparison: Comparison, splits: Splits) -> None:
    found = alone(comparison, splits)
    # both are right about the places 1..79, lenet5 alone about 80..99, resnet20 alone about 0
    assert (found["all_right"], found["none_right"]) == (79, 0)
    assert [(one.model, one.count, len(one.shown)) for one in found["alones"]] == [
        ("lenet5", 20, 8),
        ("resnet20", 1, 1),
    ]
    [only] = found["alones"][1].shown
    truth = int(splits["val"].labels[0])
    assert (only.truth, only.others) == (str(truth), (str((truth + 1) % 10),))


def test_the_page_needs_nothing_from_outside(comparison: Comparison, splits: Splits) -> None:
    text = page(comparison, splits)
    assert "<script" not in text
    assert not re.search(r"(src|href)=\"(?!data:|#)", text)
    assert text.count("<svg role") == 2  # a chart for each batch


def test_costs_alone_make_a_page_without_scores(comparison: Comparison, splits: Splits) -> None:
    rows = tuple(replace(row, scores=(), folders=(), epochs=0) for row in comparison.rows)
    said = words(page(replace(comparison, rows=rows, split="", seeds=(), answers={}), splits))
    assert "Time against multiplications" in said
    assert "Alone in being right" not in said
    assert "--costs-only" in said


def test_page_and_table_are_written_into_the_folder(comparison: Comparison, splits: Splits) -> None:
    path = write_comparison(comparison, splits)
    assert path.name == "compare.html"
    assert path.with_name("compare.csv").read_text().startswith("network,accuracy,low,high,seeds,")
    assert sorted(one.name for one in comparison.folder.iterdir()) == ["compare.csv", "compare.html"]


def test_the_command_names_the_seeds(comparison: Comparison) -> None:
    assert command(replace(comparison, seeds=(0, 1, 2))).endswith("--seeds 3")


def test_a_sweep_shows_the_metric_by_value(comparison: Comparison, splits: Splits) -> None:
    rows = (
        ComparisonRow("lr=0.1", None, (0.9,), 100, ("runs/c/lr=0.1-seed0",), 3, 64, 4.0),
        ComparisonRow("lr=0.01", None, (0.8,), 100, ("runs/c/lr=0.01-seed0",), 3, 64, 4.0),
    )
    settings = {**comparison.settings, "model": "lenet5", "sweep": "lr"}
    swept = replace(comparison, rows=rows, sweep="lr", settings=settings, answers={})
    said = words(page(swept, splits))
    assert "2 values of lr on my digits" in said
    assert "Accuracy by lr" in said
    assert "a picture takes" not in said
    assert "striate compare 'my digits' --budget 5s --models lenet5 --sweep lr=0.01,0.1" in said
