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
from striate.records import Batch
from striate.train.fabric.fabric import Executor
from striate.train.profile import lr_finder as room
from striate.train.profile.lr_finder import find_rate, risen, suggested
from striate.train.run.run import train
from striate.train.run.settings import Settings

QUICK: dict[str, Any] = {"accelerator": "cpu", "model": "lenet5", "batch": 16, "augment": "none"}


def test_the_lowest_loss_before_the_rise_is_suggested() -> None:
    rates, losses = [1e-4, 2e-4, 4e-4, 8e-4, 16e-4], [2.3, 2.2, 1.9, 1.5, 2.1]
    assert [risen(losses[:count]) for count in range(6)] == [False] * 5 + [True]
    assert suggested(rates, losses) == 8e-4


def test_a_bump_that_may_be_chance_is_no_rise() -> None:
    # above the lowest by less than 0.023, a hundredth of the first loss, or by less than a tenth of the fall
    assert not risen([2.3, 2.302, 2.32])
    assert not risen([2.3, 1.3, 1.39])
    assert risen([2.3, 2.33])


@pytest.mark.parametrize("losses", [[1.0], [1.0, 2.0], [2.3, 2.29, 2.4], [2.3, 2.3, 4.6], [4.6, 4.6]])
def test_a_loss_that_never_falls_has_no_best_rate(losses: list[float]) -> None:
    with pytest.raises(TrainingError, match="does not fall"):
        suggested([0.1, 0.2, 0.4][: len(losses)], losses)


def test_every_rate_begins_with_the_same_weights_batches_and_chance(
    tiny: Splits, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen: list[tuple[float, float]] = []
    plain = Executor.loss

    def loss(engine: Executor, batch: Batch) -> torch.Tensor:
        found = plain(engine, batch)
        seen.append((found.item(), batch.images.float().mean().item()))
        return found

    monkeypatch.setattr(Executor, "loss", loss)
    monkeypatch.setattr(room, "STEPS", 2)
    monkeypatch.setattr(room, "suggested", lambda rates, losses: rates[0])
    monkeypatch.setattr(room, "risen", lambda losses: len(losses) == 4)
    find_rate(tiny, Settings(**{**QUICK, "model": "nin_cifar", "batch": 4}))
    walks = [seen[start : start + 2] for start in range(0, len(seen), 2)]
    assert len(walks) == 4
    assert {walk[0] for walk in walks} == {seen[0]}  # it has dropout
    assert all([image for _, image in walk] == [image for _, image in walks[0]] for walk in walks)
    assert len({walk[1] for walk in walks}) == len(walks)


def test_of_losses_that_are_as_low_the_lower_rate_is_taken() -> None:  # 0.02 of a fall of 2 is 0.04
    assert suggested([0.1, 0.2, 0.4, 0.8], [2.1, 0.13, 0.1, 2.0]) == 0.2
    assert suggested([0.1, 0.2, 0.4, 0.8], [2.1, 0.15, 0.1, 2.0]) == 0.4


def test_a_loss_that_is_no_number_is_refused(tiny: Splits, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Executor, "loss", lambda *_: torch.tensor(math.nan))
    with pytest.raises(TrainingError, match="does not fall"):
        find_rate(tiny, Settings(**QUICK))


@pytest.mark.parametrize("optimizer", ["sgd", "adamw"])
def test_rates_are_doubled_until_the_loss_rises(optimizer: str, tiny: Splits) -> None:
    curve = find_rate(tiny, Settings(**QUICK, optimizer=optimizer))
    lowest = {"sgd": 1e-4, "adamw": 1e-5}[optimizer]
    assert curve.rates == pytest.approx([lowest * 2**number for number in range(len(curve.rates))])
    assert len(curve.rates) == len(curve.losses)
    assert [risen(curve.losses[:count]) for count in range(1, len(curve.losses))] == [False] * (
        len(curve.losses) - 1
    )
    assert 1e-4 < curve.suggestion < 1
    assert curve.to_dict()["suggestion"] == curve.suggestion


def test_seeds_suggest_rates_of_the_same_size(tiny: Splits) -> None:
    found = [find_rate(tiny, Settings(**QUICK, seed=seed)).suggestion for seed in range(3)]
    assert max(found) < 3 * min(found)


def test_the_suggested_rate_teaches(tiny: Splits, tmp_path: Path) -> None:
    rate = find_rate(tiny, Settings(**QUICK)).suggestion
    *_, finished = train(tiny, Settings(**QUICK, epochs=4, lr=rate), tmp_path / "run")
    assert finished.run.metrics.accuracy == 1.0  # type: ignore[attr-defined]


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
