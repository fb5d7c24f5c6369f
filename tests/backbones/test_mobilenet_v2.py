import pytest
import torch

from striate.backbones.mobilenet_v2 import MobileNetV2
from striate.errors import SettingError
from striate.zoo.cost.summary import summary


def meta(**arguments: object) -> MobileNetV2:
    with torch.device("meta"):
        return MobileNetV2(**arguments).eval()


def test_there_are_seventeen_bottlenecks_and_ten_shortcuts():  # the first of each of seven stages has none
    blocks = [block for stage in meta().stages for block in stage]
    assert len(blocks) == 17
    assert sum(block.shortcut for block in blocks) == 10


# Sandler et al. 2018, table 2: the input of each row, which is the output of the one before
def test_the_maps_are_those_of_table_2():
    network = meta()
    x = network.stem(torch.empty(1, 3, 224, 224, device="meta"))
    shapes = [tuple(x.shape[1:])]
    for stage in (*network.stages, network.head.widen):
        x = stage(x)
        shapes.append(tuple(x.shape[1:]))
    assert shapes == [
        (32, 112, 112),
        (16, 112, 112),
        (24, 56, 56),
        (32, 28, 28),
        (64, 14, 14),
        (96, 14, 14),
        (160, 7, 7),
        (320, 7, 7),
        (1280, 7, 7),
    ]


# one stage after the other, with a widened block of c to c' channels: 6 c c + 9 * 6 c + 6 c c' + 24 c + 2 c'
def test_parameters_are_those_worked_by_hand():
    def block(c: int, to: int) -> int:
        return 6 * c * c + 54 * c + 6 * c * to + 24 * c + 2 * to

    stages = [
        9 * 32 + 32 * 16 + 2 * (32 + 16),
        block(16, 24) + block(24, 24),
        block(24, 32) + 2 * block(32, 32),
    ]
    stages += [block(32, 64) + 3 * block(64, 64), block(64, 96) + 2 * block(96, 96)]
    stages += [block(96, 160) + 2 * block(160, 160), block(160, 320)]
    counted = [sum(p.numel() for p in stage.parameters()) for stage in meta().stages]
    assert counted == stages
    assert 27 * 32 + 64 + sum(stages) + 320 * 1280 + 2560 + 1281 * 1000 == 3_504_872


# table 4 says 3.4 million and 300 million at 1.0, and 6.9 and 585 at 1.4
@pytest.mark.parametrize(
    ("width", "side", "counts"),
    [
        (0.5, 224, (1_968_680, 97_131_840)),
        (0.75, 224, (2_636_424, 209_069_792)),
        (1.0, 224, (3_504_872, 300_774_272)),
        (1.0, 192, (3_504_872, 221_316_608)),
        (1.0, 160, (3_504_872, 154_083_200)),
        (1.0, 128, (3_504_872, 99_074_048)),
        (1.4, 224, (6_108_776, 582_195_824)),
    ],
)
def test_width_and_resolution_give_the_published_counts(width, side, counts):
    total = summary(meta(width=width), (3, side, side)).total
    assert (total.parameters, total.multiplications) == counts


def test_the_last_convolution_is_never_narrowed():
    assert meta(width=0.35).head.widen.conv.out_channels == 1280
    assert meta(width=1.4).head.widen.conv.out_channels == 1792


def test_small_pictures_begin_without_halving():
    network = meta(classes=10, stem="small")
    assert network.input_size == (32, 32)
    assert network.channels == {1: 16, 2: 24, 4: 32, 8: 96, 16: 320}


def test_wrong_arguments_are_refused():
    with pytest.raises(SettingError, match="stem is 'tiny'"):
        MobileNetV2(stem="tiny")
    with pytest.raises(SettingError, match="depth is -1"):
        MobileNetV2(depth=-1)
