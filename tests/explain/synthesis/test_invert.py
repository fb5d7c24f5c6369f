"""Inversion finds a picture with the same features; what a layer drops cannot come back."""

import copy

import pytest
import torch
from torch import Tensor, nn

from striate.data.preprocess import Preprocess
from striate.errors import SettingError
from striate.explain.synthesis.invert import depths, invert
from striate.tasks.classification.classifier import Classifier
from striate.zoo.networks import create


class Grey(nn.Module):
    """Keeps the mean of red, green and blue; the rest is lost."""

    def __init__(self) -> None:
        super().__init__()
        self.whole, self.mean, self.list = nn.Identity(), nn.AvgPool3d((3, 1, 1)), nn.Identity()

    def forward(self, x: Tensor) -> Tensor:
        self.list([x])
        return self.mean(self.whole(x))


PICTURE = torch.zeros(3, 6, 6, dtype=torch.uint8)
PICTURE[0, :, :3] = 240  # the left half is red


def test_all_comes_back_from_a_layer_that_keeps_all_and_not_from_one_that_drops_colors():
    found = invert(Grey(), PICTURE, ["whole", "mean"], steps=200, variation=0.0)
    assert found.feature_distances[0] < 0.05
    assert found.feature_distances[1] < 0.05
    assert found.pixel_distances[0] < 0.05
    assert found.pixel_distances[1] > 0.5
    red, green, blue = found.pictures[1, :, :, :3].mean((1, 2)).tolist()
    assert red == pytest.approx(green, abs=0.1)
    assert red + green + blue == pytest.approx(240 / 255, abs=0.05)


def test_the_pixel_distance_of_a_grey_picture_is_one():  # no steps: faint noise around 0.5
    half = torch.zeros(1, 4, 4, dtype=torch.uint8)
    half[0, :2] = 255
    found = invert(nn.Sequential(nn.Identity()), half, "0", steps=0)
    assert found.pixel_distances[0] == pytest.approx(1.0, abs=0.02)


def test_a_large_weight_of_the_variation_makes_a_smooth_picture_of_a_chessboard():
    board = ((torch.arange(36) // 6 + torch.arange(36)) % 2 * 200).view(1, 6, 6).to(torch.uint8)
    exact, smooth = (
        invert(nn.Sequential(nn.Identity()), board, "0", steps=100, variation=v) for v in (0, 10)
    )
    rough, soft = (float(found.pictures[0].diff(dim=2).abs().mean()) for found in (exact, smooth))
    assert rough > 0.6
    assert soft < rough / 2


def test_the_model_stays_as_it_was_and_one_seed_makes_one_picture():
    model = create("lenet5", in_channels=1).train()
    before = copy.deepcopy(model.state_dict())
    digit = torch.randint(0, 256, (1, 32, 32), dtype=torch.uint8)
    model = Classifier(model, [str(k) for k in range(10)], Preprocess((32, 32), 1, (0.5,), (0.5,)))
    one, same = (invert(model, digit, steps=3, seed=2) for _ in range(2))
    assert one.layers == ("stem", "stages.0", "head")
    assert torch.equal(one.pictures, same.pictures)
    assert all(torch.equal(before[name], tensor) for name, tensor in model.network.state_dict().items())
    assert model.network.training
    assert not any(part._forward_hooks for part in model.modules())
    assert list(one.to_dict()["stem"]) == ["feature_distance", "pixel_distance"]


def test_bf16_finds_nearly_the_same():
    model = nn.Sequential(nn.Conv2d(3, 8, 3, padding=1), nn.ReLU())
    exact, fast = (invert(model, PICTURE, "0", steps=60, arithmetic=kind) for kind in ("exact", "bf16"))
    assert fast.pictures.sub(exact.pictures).abs().mean() < 0.05


def test_a_strip_is_drawn(tmp_path):
    found = invert(Grey(), PICTURE, "whole", steps=1)
    assert found.strip(64).size == (2 * (64 + 12) + 12, 64 + 12 + 19 + 12)
    assert found.save(tmp_path / "strip.png").exists()


def test_bad_input_is_refused_in_three_lines():
    with pytest.raises(SettingError, match="no layer 'whale'") as refused:
        invert(Grey(), PICTURE, "whale")
    assert "whole" in refused.value.attempt
    with pytest.raises(SettingError, match="'list' gives list"):
        invert(Grey(), PICTURE, "list")
    with pytest.raises(SettingError, match="no layer was named"):
        invert(Grey(), PICTURE)
    with pytest.raises(SettingError, match="arithmetic is 'int8'"):
        invert(Grey(), PICTURE, "whole", arithmetic="int8")
    broken = nn.Sequential(nn.Conv2d(3, 1, 1))
    broken[0].weight.data.fill_(torch.nan)
    with pytest.raises(SettingError, match="not finite"):
        invert(broken, PICTURE, "0")


def test_one_pixel_is_a_picture_too():
    found = invert(
        nn.Sequential(nn.Identity()), torch.full((3, 1, 1), 200, dtype=torch.uint8), "0", steps=200
    )
    assert found.pictures.flatten().tolist() == pytest.approx([200 / 255] * 3, abs=0.01)


def test_only_backbones_have_depths_by_themselves():
    assert depths(Grey()) == []
    assert depths(create("resnet20"))[0] == "stem"
