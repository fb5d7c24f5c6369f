"""Networks, data sets and metrics of somebody's own in a comparison and in folds."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor, nn

import striate
from striate.api.compare import networks_in
from striate.errors import ModelFileError, SettingError

RANDOM = np.random.default_rng(0)
LABELS = np.arange(40) % 2
PIXELS = (RANDOM.integers(0, 90, (40, 3, 8, 8)) + 120 * LABELS[:, None, None, None]).astype(np.uint8)
DATA = [(torch.from_numpy(pixels), int(label)) for pixels, label in zip(PIXELS, LABELS, strict=True)]
QUICK: dict[str, Any] = {"epochs": 1, "batch": 8, "accelerator": "cpu", "precision": "32", "augment": "none"}


def network(width: int = 4) -> nn.Module:
    return nn.Sequential(
        nn.Conv2d(3, width, 3), nn.ReLU(), nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(width, 2)
    )


def right(raw: Tensor, targets: Tensor) -> float:
    return float((raw.argmax(1) == targets).float().mean())


def test_modules_are_compared_by_their_names_and_go_on(tmp_path: Path) -> None:
    models = {"narrow": network(2), "wide": network(8)}
    found = striate.compare(DATA, models, out=tmp_path / "compare", metric=right, **QUICK)
    assert sorted(row.model for row in found.rows) == ["narrow", "wide"]
    assert not any(row.failed for row in found.rows)
    assert all(row.primary is not None and row.primary.name == "right" for row in found.rows)
    assert (tmp_path / "compare" / "compare.html").exists()
    again = striate.compare(DATA, models, out=tmp_path / "compare", metric=right, **QUICK)
    assert [row.scores for row in again.rows] == [row.scores for row in found.rows]


def test_folds_of_a_module_answer_every_picture(tmp_path: Path) -> None:
    own: dict[str, Any] = {"model": network(), "metric": right}
    found = striate.cross_validate(DATA, 2, out=tmp_path / "folds", **own, **QUICK)
    assert (found.metrics.count, found.metrics.primary.name) == (40, "right")
    assert (found.model, found.root) == ("Sequential", "list")
    with pytest.raises(ModelFileError, match="none of striate's"):
        striate.mistakes(tmp_path / "folds", DATA)
    assert len(striate.mistakes(tmp_path / "folds", DATA, builder=network)) == 40


def test_names_and_modules_may_be_mixed_and_names_of_ours_stay_ours() -> None:
    names, modules = networks_in(["lenet5", network()])
    assert names == ("lenet5", "Sequential")
    assert list(modules) == ["Sequential"]
    with pytest.raises(SettingError, match="'lenet5' stands for of the type Sequential"):
        networks_in({"lenet5": network()})
    with pytest.raises(SettingError, match="Sequential is named twice"):
        striate.compare(DATA, [network(), network()], **QUICK)
