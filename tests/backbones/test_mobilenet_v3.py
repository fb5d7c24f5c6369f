import pytest
import torch
from torch import nn

from striate.errors import SettingError
from striate.layers.backbone import Backbone
from striate.layers.squeeze_excite import SqueezeExcite
from striate.zoo.networks import create


def meta(size: str, **arguments: object) -> Backbone:
    with torch.device("meta"):
        return create(f"mobilenet_v3_{size}", **arguments).eval()


# Howard et al. 2019, tables 1 and 2: blocks, squeezes, and rows with hard swish
@pytest.mark.parametrize(("size", "blocks", "squeezes", "swish"), [("large", 15, 8, 9), ("small", 11, 9, 8)])
def test_blocks_are_those_of_the_tables(size, blocks, squeezes, swish):
    rows = [block for stage in meta(size).stages for block in stage]
    assert len(rows) == blocks
    assert sum(isinstance(row.squeeze, SqueezeExcite) for row in rows) == squeezes
    assert sum(isinstance(row.depthwise.active, nn.Hardswish) for row in rows) == swish


@pytest.mark.parametrize(
    ("size", "maps"),
    [
        (
            "large",
            {2: (16, 112, 112), 4: (24, 56, 56), 8: (40, 28, 28), 16: (112, 14, 14), 32: (160, 7, 7)},
        ),
        ("small", {2: (16, 112, 112), 4: (16, 56, 56), 8: (24, 28, 28), 16: (48, 14, 14), 32: (96, 7, 7)}),
    ],
)
def test_the_maps_are_those_of_the_tables(size, maps):
    features = meta(size).features(torch.empty(1, 3, 224, 224, device="meta"))
    assert {stride: tuple(x.shape[1:]) for stride, x in features.items()} == maps


def test_the_squeeze_goes_through_a_quarter_rounded_to_eights():  # 72 / 4 = 18; 16 is less than nine tenths
    squeezes = [part for part in meta("large").modules() if isinstance(part, SqueezeExcite)]
    assert [part.reduce.out_channels for part in squeezes] == [24, 32, 32, 120, 168, 168, 240, 240]


def test_the_last_layer_sees_the_hidden_one():
    with torch.device("meta"):
        images = torch.empty(2, 3, 64, 64)
    assert meta("large").embed(images).shape == (2, 1280)
    assert meta("small").embed(images).shape == (2, 1024)


def test_norms_have_the_epsilon_of_the_published_weights():
    assert {part.eps for part in meta("small").modules() if isinstance(part, nn.BatchNorm2d)} == {1e-3}


def test_small_pictures_begin_without_halving():
    assert meta("small", stem="small").channels == {1: 16, 2: 16, 4: 24, 8: 48, 16: 96}
    assert meta("large", stem="small").input_size == (32, 32)
    with pytest.raises(SettingError, match="stem is 1"):
        meta("large", stem=1)
