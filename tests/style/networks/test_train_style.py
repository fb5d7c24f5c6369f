"""How fast styles learn: the recipe on a few small pictures, with a tiny network, in seconds."""

import os
import re
import signal
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from striate.errors import DataError, ModelFileError, SettingError, ShapeError
from striate.style.events import Event, TrainingInterrupted, TrainingStep
from striate.style.networks.apply_style import apply_style
from striate.style.networks.train_style import (
    batches,
    pictures_in,
    train_adain,
    train_style,
    train_transform_net,
)
from striate.style.settings import TrainStyleSettings

QUICK: dict[str, Any] = {
    **{"network": "resnet20", "weights": "random", "size": 32, "batch": 2, "precision": "float32"},
    **{"style_layers": "stem,stages.1", "content_layers": "stem"},
}
SMALL = {"width": 4, "blocks": 1}


def test_the_cost_of_one_style_falls(style: Path, picture_folder: Path) -> None:
    heard: list[Event] = []
    train_transform_net(style, picture_folder, on_event=heard.append, steps=40, lr=0.01, **QUICK, **SMALL)
    totals = [event.costs["total"] for event in heard if isinstance(event, TrainingStep)]
    assert len(totals) == 40
    assert sum(totals[-5:]) < 0.5 * sum(totals[:5])


def test_the_recipe_learns_a_painting_on_photographs(shared_data: Path) -> None:
    heard: list[Event] = []
    painting = shared_data / "style" / "style" / "starry_night.jpg"
    flags = {**QUICK, "size": 64, "style_size": 96, "steps": 20, "lr": 0.01}
    train_transform_net(painting, shared_data / "photos", on_event=heard.append, **flags, **SMALL)
    totals = [event.costs["total"] for event in heard if isinstance(event, TrainingStep)]
    assert sum(totals[-5:]) < 0.7 * sum(totals[:5])


def test_the_cost_of_any_style_falls(picture_folder: Path) -> None:
    heard: list[Event] = []
    train_adain(picture_folder, picture_folder / "sea", on_event=heard.append, steps=40, lr=0.003, **QUICK)
    totals = [event.costs["total"] for event in heard if isinstance(event, TrainingStep)]
    assert sum(totals[-5:]) < 0.7 * sum(totals[:5])


def test_one_seed_gives_one_network(style: Path, picture_folder: Path) -> None:
    first, second = (train_transform_net(style, picture_folder, steps=3, **QUICK, **SMALL) for _ in range(2))
    for ours, theirs in zip(first.parameters(), second.parameters(), strict=True):
        assert torch.equal(ours, theirs)


def test_what_was_learned_paints(style: Path, picture: Path, picture_folder: Path, tmp_path: Path) -> None:
    one = train_style(style, picture_folder, tmp_path / "one.safetensors", steps=2, **QUICK, **SMALL)
    many = tmp_path / "any.safetensors"
    train_style(picture_folder, picture_folder, many, any_style=True, steps=2, **QUICK)
    assert apply_style(picture, one).image.shape == (3, 48, 40)
    assert apply_style(picture, one, size=24).image.shape == (3, 24, 20)
    assert apply_style(np.full((1, 1, 3), 7, np.uint8), one).image.shape == (3, 1, 1)
    assert apply_style(picture, many, style).image.shape == (3, 48, 40)
    with pytest.raises(SettingError, match="knows one style, and another was given"):
        apply_style(picture, one, style)
    with pytest.raises(SettingError, match="paints in any style, and none was given"):
        apply_style(picture, many)
    with pytest.raises(SettingError, match="strength is 2"):
        apply_style(picture, many, style, strength=2)
    with pytest.raises(ShapeError, match="the style is 1 x 1 pixels"):
        apply_style(picture, many, np.full((1, 1, 3), 7, np.uint8))


@pytest.mark.parametrize("any_style", [False, True])
def test_a_file_that_cannot_be_written_is_refused_before_the_first_step(
    style: Path, picture_folder: Path, tmp_path: Path, any_style: bool
) -> None:
    heard: list[Event] = []
    given = picture_folder if any_style else style
    flags: dict[str, Any] = {"any_style": any_style, "on_event": heard.append, "steps": 1, **QUICK}
    for name in (".", "learned.pt", f"{style.name}/learned.safetensors"):
        with pytest.raises(ModelFileError, match=re.escape(str(tmp_path / name))):
            train_style(given, picture_folder, tmp_path / name, **flags)
    assert not heard
    assert train_style(given, picture_folder, tmp_path / "new" / "one.safetensors", **flags).is_file()


def test_batches_are_squares_of_every_picture(picture_folder: Path) -> None:
    given = TrainStyleSettings(size=32, batch=5, seed=3)
    first, second = (next(batches(pictures_in(picture_folder), given)) for _ in range(2))
    assert first.shape == (5, 3, 32, 32)
    assert torch.equal(first, second)
    assert 0 <= first.min() <= first.max() <= 1


def test_small_pictures_are_enlarged(picture_folder: Path) -> None:
    files = pictures_in(picture_folder)  # 40 pixels
    assert next(batches(files, TrainStyleSettings(size=64, batch=1))).shape == (1, 3, 64, 64)


def test_a_folder_without_pictures_is_refused(tmp_path: Path) -> None:
    (tmp_path / "notes.txt").write_text("no picture")
    with pytest.raises(DataError, match="there is no picture in"):
        pictures_in(tmp_path)


def test_a_style_smaller_than_the_stride_is_refused(picture_folder: Path) -> None:
    with pytest.raises(ShapeError, match="the style is 1 x 1 pixels"):
        train_transform_net(np.full((1, 1, 3), 7, np.uint8), picture_folder, steps=1, **QUICK, **SMALL)


def test_ctrl_c_keeps_what_was_learned(style: Path, picture_folder: Path, tmp_path: Path) -> None:
    heard: list[Event] = []

    def interrupt(event: Event) -> None:
        heard.append(event)
        if isinstance(event, TrainingStep) and event.step == 2:
            os.kill(os.getpid(), signal.SIGINT)

    out = tmp_path / "learned.safetensors"
    train_style(style, picture_folder, out, on_event=interrupt, steps=50, **QUICK, **SMALL)
    assert heard[-1] == TrainingInterrupted(2, 50)
    assert apply_style(torch.zeros(3, 32, 32, dtype=torch.uint8), out).image.shape == (3, 32, 32)
