"""A batch that a network cannot learn from is told before a folder is made."""

from pathlib import Path
from typing import Any

import pytest

from striate.data.checks.statistics import facts
from striate.data.dataset import Splits
from striate.errors import SettingError
from striate.train.profile.small_batch import require_batch
from striate.train.run.defaults import decide
from striate.train.run.run import train
from striate.train.run.settings import Settings


def asked(tiny: Splits, **values: Any) -> None:
    found = facts(tiny["train"])
    require_batch(decide(Settings(**{"accelerator": "cpu", **values}), found), found)


@pytest.mark.parametrize(
    "values",
    [
        {"model": "resnet18", "size": "32", "batch": 1},  # five halvings leave 1 x 1
        {"model": "resnet18", "size": "64", "batch": 1, "progressive_resizing": 0.5},
    ],
)
def test_one_value_for_each_channel_is_refused(tiny: Splits, values: dict[str, Any]) -> None:
    with pytest.raises(SettingError, match="would normalize one value alone") as caught:
        asked(tiny, **values)
    assert caught.value.expected == "2 pictures or more in a batch"


@pytest.mark.parametrize(
    "values",
    [
        {"model": "resnet18", "size": "32", "batch": 2},
        {"model": "resnet18", "size": "64", "batch": 1},
        {"model": "resnet20", "batch": 1},
        {"model": "lenet5", "batch": 1},
    ],
)
def test_what_can_be_learned_from_is_let_through(tiny: Splits, values: dict[str, Any]) -> None:
    asked(tiny, **values)


def test_no_folder_is_made(tiny: Splits, tmp_path: Path) -> None:
    settings = Settings(accelerator="cpu", model="resnet18", size="32", batch=1)
    with pytest.raises(SettingError, match="batch is 1"):
        next(train(tiny, settings, tmp_path / "run"))
    assert not (tmp_path / "run").exists()
