"""Pictures to check a model on: the user's, those of its run, or digits."""

import json
from pathlib import Path

import numpy as np
import pytest
from torch import nn

from striate.data.preprocess import Preprocess
from striate.data.read_dataset import read
from striate.data.trained_data import TrainedOn
from striate.errors import SettingError
from striate.tasks.classification.classifier import Classifier
from striate.train.run.export_samples import pictures_to_check

SMALL = Classifier(nn.Flatten(), ["a"], Preprocess((8, 8), channels=3))


def test_the_user_comes_first(tmp_path: Path) -> None:
    white = np.full((9, 9, 3), 255, np.uint8)
    pictures, words = pictures_to_check(tmp_path / "model.safetensors", SMALL, [white, white])
    assert (tuple(pictures.shape), int(pictures.min()), words) == ((2, 3, 8, 8), 255, "named pictures")


def test_the_data_of_the_run_are_found(picture_folder: Path, tmp_path: Path) -> None:
    (tmp_path / "splits.json").write_text(json.dumps({"root": str(picture_folder), "fingerprint": ""}))
    model = Classifier(nn.Flatten(), ["a"], SMALL.preprocess)
    model.trained_on = TrainedOn.of(read(picture_folder), (), {"seed": 0, "validation": 0.1})
    pictures, words = pictures_to_check(tmp_path / "model.safetensors", model)
    assert words == "pictures of its run"
    assert len(pictures) == 4  # a tenth of 24 meadows and of 24 seas, rounded
    means = pictures.float().mean((2, 3))
    assert sorted((means[:, 2] > means[:, 1]).tolist()) == [False, False, True, True]  # half of them blue


@pytest.mark.parametrize("told", [None, "nowhere"])
def test_digits_are_taken_where_there_are_no_data(told: str | None, tmp_path: Path) -> None:
    if told:
        (tmp_path / "splits.json").write_text(json.dumps({"root": str(tmp_path / told)}))
    pictures, words = pictures_to_check(tmp_path / "model.safetensors", SMALL)
    assert (tuple(pictures.shape), words) == ((16, 3, 8, 8), "handwritten digits")


def test_no_pictures_at_all_are_refused(tmp_path: Path) -> None:
    with pytest.raises(SettingError, match="no pictures were named"):
        pictures_to_check(tmp_path / "model.safetensors", SMALL, [])
