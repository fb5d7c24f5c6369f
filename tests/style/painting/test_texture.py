"""More of the same: noise that comes to have the Gram matrices of a picture."""

from pathlib import Path
from typing import Any

import pytest
import torch

from striate.errors import SettingError
from striate.style.painting.texture import texture

QUICK: dict[str, Any] = {
    "network": "resnet20",
    "weights": "random",
    "steps": 15,
    "style_layers": "stem,stages.0",
}


def test_noise_becomes_a_texture_of_any_shape(style: Path) -> None:
    found = texture(style, shape=(24, 36), **QUICK)
    assert found.image.shape == (3, 24, 36)
    assert found.costs[-1]["style"] < 0.1 * found.costs[0]["style"]
    assert found.costs[-1]["content"] == 0
    assert torch.equal(found.image, texture(style, shape=(24, 36), **QUICK).image)


@pytest.mark.parametrize("name", ["content_layers", "content_weight", "start", "colors"])
def test_settings_of_a_content_are_refused(style: Path, name: str) -> None:
    with pytest.raises(SettingError, match=f"{name} was given for a texture"):
        texture(style, **QUICK, **{name: 1})


def test_an_empty_shape_is_refused(style: Path) -> None:
    with pytest.raises(SettingError, match="shape is"):
        texture(style, shape=(0, 3), **QUICK)
