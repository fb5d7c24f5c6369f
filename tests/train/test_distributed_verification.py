"""Two processes learn vectors: pairs of an identity stay in one process, and all pairs are measured."""

import csv
from pathlib import Path
from typing import Any

import pytest

import striate
from tests.train.test_distributed import places
from tests.train.test_resume_tasks import people

SETTINGS: dict[str, Any] = {
    **{"task": "verification", "format": "people-npz", "model": "resnet20", "size": "16", "dimensions": 8},
    **{"arguments": {"width": 0.5, "depth": 0.34}, "epochs": 4, "batch": 16, "augment": "none"},
    **{"lr": 0.003, "optimizer": "adamw", "precision": "32", "devices": 2},
}


def test_two_processes_learn_and_measure_all_pairs(stable: Any, second_stable: Any, tmp_path: Path) -> None:
    data, stables = people(tmp_path, noise=150), (stable, second_stable)
    for one, place in zip(stables, places(), strict=True):
        one.start(tmp_path / "run", SETTINGS, environment=place, data=str(data))
    assert [one.wait() for one in stables] == [0, 0]
    with open(tmp_path / "run" / "metrics.csv", newline="") as file:
        rows = list(csv.DictReader(file))
    losses = [float(row["train_loss"]) for row in rows]
    assert losses[-1] < losses[0]
    alone = striate.evaluate(tmp_path / "run", data)  # by one process, of the same pictures
    assert alone.eer == pytest.approx(min(float(row["val_EER"]) for row in rows), abs=1e-3)
    assert 0 < alone.eer < 1
