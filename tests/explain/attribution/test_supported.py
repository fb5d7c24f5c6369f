"""Which models, and which numbers, can be asked with gradients."""

import pytest
import torch
from torch import nn

import striate
from striate.errors import SettingError, ShapeError
from striate.explain.attribution.methods import explain

MODEL = nn.Sequential(nn.Conv2d(3, 4, 3), nn.ReLU(), nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(4, 3))
PIXELS = torch.full((1, 3, 8, 8), 200, dtype=torch.uint8)


def test_whole_numbers_are_not_scaled_for_a_module_of_ones_own() -> None:
    for call in (explain, striate.benchmark_explanations):
        with pytest.raises(ShapeError) as refused:
            call(MODEL, PIXELS)  # type: ignore[operator]
        assert str(refused.value) == (
            "Sequential was given uint8\n"
            "  expected: floats, as the model was trained with\n"
            "  try: images.float() / 255 for 0..1, or images.float() for 0..255"
        )


def test_networks_in_parallel_are_asked_for_the_one_inside() -> None:
    with pytest.raises(SettingError) as refused:
        explain(nn.DataParallel(MODEL), PIXELS / 255)
    assert str(refused.value) == (
        "the model is a DataParallel, which copies its network to other devices\n"
        "  expected: the network inside\n"
        "  try: give model.module"
    )
