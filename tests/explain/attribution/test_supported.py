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


@pytest.mark.parametrize(
    "images",
    [
        torch.rand(1, 3, 4, 4).to_sparse(),
        torch.rand(1, 3, 4, 4, device="meta"),
        torch.rand(1, 3, 4, 4) * 1j,
    ],
    ids=["sparse", "meta", "complex"],
)
def test_tensors_that_are_no_plain_numbers_are_refused(images: torch.Tensor):
    with pytest.raises(ShapeError, match="the images are a tensor of") as refused:
        explain(nn.Sequential(nn.Conv2d(3, 2, 3), nn.ReLU()), images)
    assert str(refused.value).count("\n") == 2


def test_layers_that_have_not_seen_a_picture_are_refused():
    with pytest.raises(SettingError, match="whose weights have no shape yet"):
        explain(nn.Sequential(nn.LazyConv2d(2, 3)), torch.rand(1, 3, 8, 8))


@pytest.mark.parametrize("option", [{"steps": 10**30}, {"baseline": 10**30}])
def test_numbers_that_no_tensor_holds_are_refused(option: dict[str, int]):
    model = nn.Sequential(nn.Flatten(), nn.Linear(4, 2))
    with pytest.raises(SettingError, match="of integrated_gradients is 1000"):
        explain(model, torch.rand(1, 1, 2, 2), "integrated_gradients", **option)
