import pytest
import torch
from torch import nn

from striate.backbones.mobilenet_v1 import MobileNetV1
from striate.errors import SettingError
from striate.zoo.cost.summary import summary


def meta(**arguments: object) -> MobileNetV1:
    with torch.device("meta"):
        return MobileNetV1(**arguments).eval()


def test_there_are_thirteen_separable_blocks():
    network = meta()
    assert sum(len(stage) for stage in network.stages) == 13
    assert sum(isinstance(module, nn.Conv2d | nn.Linear) for module in network.modules()) == 1 + 2 * 13 + 1


# Howard et al. 2017, table 1
def test_the_maps_are_those_of_table_1():
    network, images = meta(), torch.empty(1, 3, 224, 224, device="meta")
    assert network.stem(images).shape == (1, 32, 112, 112)
    maps = {stride: tuple(x.shape[1:]) for stride, x in network.features(images).items()}
    assert maps == {
        2: (64, 112, 112),
        4: (128, 56, 56),
        8: (256, 28, 28),
        16: (512, 14, 14),
        32: (1024, 7, 7),
    }


# table 6 rounds them to 4.2, 2.6, 1.3 and 0.5 million, and to 569, 325, 149 and 41 million multiplications
@pytest.mark.parametrize(
    ("width", "counts"),
    [
        (1.0, (4_231_976, 568_740_352)),
        (0.75, (2_585_560, 325_400_448)),
        (0.5, (1_331_592, 149_497_088)),
        (0.25, (470_072, 41_030_272)),
    ],
)
def test_the_width_multiplier_gives_the_published_counts(width, counts):
    total = summary(meta(width=width)).total
    assert (total.parameters, total.multiplications) == counts


def test_full_convolutions_would_cost_eight_times_as_much():  # table 4: 4,866 against 569 million, rounded
    network = meta()
    blocks = [block for stage in network.stages for block in stage]
    pixels = [112**2] + [56**2] * 2 + [28**2] * 2 + [14**2] * 6 + [7**2] * 2
    full = sum(
        9 * block.depthwise.conv.in_channels * block.pointwise.conv.out_channels * size
        for block, size in zip(blocks, pixels, strict=True)
    )
    first, last = 27 * 32 * 112**2, 1024 * 1000
    assert (full + first + last) / 1e6 == pytest.approx(4_866, abs=2)


def test_small_pictures_begin_without_halving():
    network = meta(classes=10, stem="small")
    assert network.input_size == (32, 32)
    assert network.channels == {1: 64, 2: 128, 4: 256, 8: 512, 16: 1024}


def test_depth_repeats_blocks():  # 1, 2, 2, 6, 2 times 1.5, rounded up
    assert [len(stage) for stage in meta(depth=1.5).stages] == [2, 3, 3, 9, 3]


def test_wrong_arguments_are_refused():
    with pytest.raises(SettingError, match="stem is 'papr'"):
        MobileNetV1(stem="papr")
    with pytest.raises(SettingError, match="width is 0"):
        MobileNetV1(width=0)
