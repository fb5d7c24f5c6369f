"""A learning rate is looked for, and nothing is left behind."""

import math
import random
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from striate.data.dataset import Splits
from striate.errors import TrainingError
from striate.train.find_rate import find_rate, halfway
from striate.train.run import train
from striate.train.settings import Settings

QUICK: dict[str, Any] = {"accelerator": "cpu", "model": "lenet5", "batch": 16, "augment": "none"}


RATES = [10 ** (-5 + 6 * step / 99) for step in range(100)]


def noisy(middle: float, noise: float, seed: int, width: float = 0.3) -> list[float]:
    """Losses that fall from 2.3 to 0.4, half of it below ``middle``, and explode at 20 times that."""
    chance, losses = random.Random(seed), []
    for rate in RATES:
        fallen = 1.9 / (1 + math.exp(-math.log10(rate / middle) / width))
        loss = (2.3 - fallen + (rate / middle / 20) ** 2) * (1 + noise * chance.gauss(0, 1))
        losses.append(min(max(loss, 0.0), 4.6))
        if losses[-1] == 4.6:
            break
    return losses


def test_the_rate_half_way_down_is_suggested() -> None:
    # means of three: 9 up to the 7th, then 8 2/3, 7 2/3, 5 2/3, 3 1/3, ...: ten of them lie above 4.5
    assert halfway(range(20), [9] * 8 + [8, 6, 3, 1, 0] + [0] * 7) == 10


@pytest.mark.parametrize("noise", [0.0, 0.1, 0.25])
@pytest.mark.parametrize("middle", [1e-3, 3e-2, 0.3])
def test_noise_moves_the_suggestion_by_less_than_a_factor_of_three(middle: float, noise: float) -> None:
    found = [halfway(RATES, noisy(middle, noise, seed)) / middle for seed in range(20)]
    assert 1 / 3 < min(found) <= max(found) < 3


@pytest.mark.parametrize("losses", [[], [1.0], [1.0, 2.0, 4.0], [2.0, 2.0, 2.0], [2.0, 1.9, 2.1, 1.95] * 25])
def test_a_loss_that_never_falls_has_no_best_rate(losses: list[float]) -> None:
    with pytest.raises(TrainingError, match="does not fall"):
        halfway(RATES[: len(losses)], losses)


@pytest.mark.parametrize("seed", range(5))
def test_noise_alone_is_no_fall(seed: int) -> None:
    chance = random.Random(seed)
    with pytest.raises(TrainingError, match="does not fall"):
        halfway(RATES, [chance.gauss(2.3, 0.3) for _ in RATES])


def test_rates_rise_until_the_loss_explodes(tiny: Splits) -> None:
    curve = find_rate(tiny, Settings(**QUICK))
    assert curve.rates == tuple(sorted(curve.rates))
    assert len(curve.rates) == len(curve.losses) <= 100
    assert curve.rates[0] == pytest.approx(1e-5)
    assert 1e-4 < curve.suggestion < 1
    assert curve.to_dict()["suggestion"] == curve.suggestion


def test_seeds_suggest_rates_of_the_same_size(tiny: Splits) -> None:
    found = [find_rate(tiny, Settings(**QUICK, seed=seed)).suggestion for seed in range(3)]
    assert max(found) < 3 * min(found)


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
