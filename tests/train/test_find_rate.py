"""A learning rate is looked for, and nothing is left behind."""

import random
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from striate.data.dataset import Splits
from striate.errors import TrainingError
from striate.train.find_rate import find_rate, steepest
from striate.train.run import train
from striate.train.settings import Settings

QUICK: dict[str, Any] = {"accelerator": "cpu", "model": "lenet5", "batch": 16, "augment": "none"}


def test_the_steepest_fall_is_suggested() -> None:  # falls of 1, 3, 2 and, past the lowest point, 8
    assert steepest([1, 2, 4, 8, 16, 32], [10, 9, 6, 4, 12, 4]) == 4


@pytest.mark.parametrize("losses", [[], [1.0], [1.0, 2.0, 4.0], [2.0, 2.0, 2.0]])
def test_a_loss_that_never_falls_has_no_best_rate(losses: list[float]) -> None:
    with pytest.raises(TrainingError, match="does not fall"):
        steepest([0.1, 1, 10, 100][: len(losses)], losses)


def test_rates_rise_until_the_loss_explodes(tiny: Splits) -> None:
    curve = find_rate(tiny, Settings(**QUICK))
    assert curve.rates == tuple(sorted(curve.rates))
    assert len(curve.rates) == len(curve.losses) <= 100
    assert curve.rates[0] == pytest.approx(1e-5)
    assert 1e-4 < curve.suggestion < 1
    assert curve.to_dict()["suggestion"] == curve.suggestion


def test_the_suggested_rate_teaches(tiny: Splits, tmp_path: Path) -> None:
    rate = find_rate(tiny, Settings(**QUICK)).suggestion
    *_, finished = train(tiny, Settings(**QUICK, epochs=4, lr=rate), tmp_path / "run")
    assert finished.run.figures.accuracy == 1.0  # type: ignore[attr-defined]


def test_model_run_folder_and_random_numbers_are_left_as_they_were(
    tiny: Splits, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    list(train(tiny, Settings(**QUICK, epochs=1), tmp_path / "runs" / "run"))

    def world() -> list[bytes]:
        files = sorted(path for path in tmp_path.rglob("*") if path.is_file())
        numbers = [repr(random.getstate()).encode(), np.random.get_state()[1].tobytes()]  # type: ignore[index]
        return [
            *(str(path).encode() + path.read_bytes() for path in files),
            *numbers,
            torch.get_rng_state().numpy().tobytes(),
        ]

    before = world()
    find_rate(tiny, Settings(**QUICK))
    find_rate(tiny, Settings(**{**QUICK, "weights": tmp_path / "runs" / "run" / "model.safetensors"}))
    assert world() == before


def test_the_curve_can_be_drawn(tiny: Splits) -> None:
    curve = find_rate(tiny, Settings(**QUICK))
    (axes,) = curve.picture().axes
    assert axes.get_xscale() == "log"
    assert [text.get_text() for text in axes.texts] == [f"{curve.suggestion:.2g}"]
