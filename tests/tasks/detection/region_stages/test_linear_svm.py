"""Machines that are taught by what they get wrong, and the regression of boxes."""

import numpy as np
import pytest

from striate.tasks.detection.region_stages import linear_svm
from striate.tasks.detection.region_stages.box_ridge import ridge
from striate.tasks.detection.region_stages.linear_svm import length_scale, mined_svm


def table(seed: int = 0) -> np.ndarray:
    """100 positives around (2, 0), 4,000 easy negatives around (-4, 0), and 30 hard ones around (2, -1.5)."""
    rng = np.random.default_rng(seed)
    parts = [rng.normal(middle, 0.2, (count, 2)) for middle, count in (((2, 0), 100), ((-4, 0), 4000))]
    return np.concatenate([*parts, rng.normal((2, -1.5), 0.2, (30, 2))]).astype(np.float16)


def test_hard_negatives_that_were_not_among_the_first_are_found(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(linear_svm, "FIRST", 50)
    features, positive, negative = table(), np.arange(100), np.arange(100, 4130)
    scale = length_scale(features, positive)
    machine = mined_svm(features, positive, negative, scale=scale)
    margins = features.astype(np.float32) @ machine.weight + machine.bias
    assert (margins[:100] > 0).mean() > 0.98
    assert (margins[100:4100] < 0).all()
    assert (margins[4100:] < 0).mean() > 0.98  # they pass a machine that saw easy negatives only
    monkeypatch.setattr(linear_svm, "ROUNDS", 0)
    first = mined_svm(features, positive, negative, scale=scale)
    assert (features[4100:] @ first.weight + first.bias > 0).all()


def test_the_same_regions_give_the_same_machine() -> None:
    features = table()
    both = [mined_svm(features, np.arange(100), np.arange(100, 4130), scale=9.0) for _ in range(2)]
    assert np.array_equal(both[0].weight, both[1].weight)
    assert both[0].bias == both[1].bias


def test_of_more_hard_negatives_than_fit_some_are_drawn(monkeypatch: pytest.MonkeyPatch) -> None:
    # objects and negatives overlap, and the hardest 500 alone look like objects: nothing is learned from them
    features = np.random.default_rng(0).normal(0, 1, (3200, 4))
    features[:200, 0] += 1.5
    for name, value in (("FIRST", 500), ("MOST", 500), ("COST", 0.01)):
        monkeypatch.setattr(linear_svm, name, value)
    table = features.astype(np.float16)
    machine = mined_svm(table, np.arange(200), np.arange(200, 3200), scale=9.0)
    margins = features @ machine.weight + machine.bias
    assert margins[:200].mean() > margins[200:].mean() + 1


def test_a_class_without_regions_is_never_there_and_one_without_negatives_always() -> None:
    features = table()
    none = np.arange(0)
    assert mined_svm(features, none, np.arange(9), scale=1.0).bias == -1
    assert mined_svm(features, np.arange(9), none, scale=1.0).bias == 1
    assert length_scale(features, none) == 1.0


def test_ridge_is_the_solution_of_its_equations() -> None:  # (X'X + lambda) w = X'y, both centred
    rng = np.random.default_rng(0)
    features = rng.normal(0, 1, (60, 3)).astype(np.float16)
    offsets = rng.normal(0, 1, (60, 4)).astype(np.float32)
    moves = ridge(features, np.arange(60), offsets, scale=20.0)
    seen = features.astype(np.float64) * 20
    centred = seen - seen.mean(0)
    wanted = np.linalg.solve(centred.T @ centred + 1000 * np.eye(3), centred.T @ (offsets - offsets.mean(0)))
    assert moves.weight == pytest.approx(20 * wanted.T, abs=1e-5)
    assert moves.bias == pytest.approx(offsets.mean(0) - seen.mean(0) @ wanted, abs=1e-5)
    still = ridge(features, np.arange(0), offsets[:0], scale=20.0)
    assert not still.weight.any()
    assert not still.bias.any()
