"""VGG: table 1 of the paper, and where parameters and multiplications sit."""

import pytest
import torch
from torch import nn

from striate.backbones.vgg import VGG, block
from striate.errors import SettingError
from striate.zoo.cost.summary import LayerRow, summary

# Weights of 3x3 convolutions a -> b, 9 a b + b with biases; VGG-16:
#   block 1        1,792 +    36,928                  224 * 224 positions
#   block 2       73,856 +   147,584                  112 * 112
#   block 3      295,168 + 2 * 590,080                 56 *  56
#   block 4    1,180,160 + 2 * 2,359,808               28 *  28
#   block 5                3 * 2,359,808               14 *  14
#   fc6, fc7, output   102,764,544 + 16,781,312 + 4,097,000
VGG_16 = [38_720, 221_440, 1_475_328, 5_899_776, 7_079_424, 102_764_544, 16_781_312, 4_097_000]
MILLIONS = {11: 133, 13: 133, 16: 138, 19: 144}  # table 2


def on_meta(layers: int, *, batch_norm: bool = False) -> VGG:
    with torch.device("meta"):
        return VGG(layers, batch_norm=batch_norm)


def rows_of(layers: int) -> dict[str, LayerRow]:
    return {row.path.split(".")[-1]: row for row in summary(on_meta(layers)).rows}


def test_every_block_has_the_parameters_worked_by_hand():
    network = on_meta(16)
    parts = [network.stem, *network.stages[:4], network.head.fc6, network.head.fc7, network.head.output]
    assert [sum(values.numel() for values in part.parameters()) for part in parts] == VGG_16
    assert sum(VGG_16) == 138_357_544


@pytest.mark.parametrize("layers", MILLIONS)
def test_the_millions_are_those_of_table_2(layers):
    total = sum(values.numel() for values in on_meta(layers).parameters())
    assert round(total / 1e6) == MILLIONS[layers]


@pytest.mark.parametrize("layers", MILLIONS)
def test_as_many_layers_have_weights_as_the_name_says(layers):
    parts = on_meta(layers, batch_norm=True).modules()
    assert sum(isinstance(part, nn.Conv2d | nn.Linear) for part in parts) == layers


@pytest.mark.parametrize(("layers", "norms"), [(11, 5_504), (13, 5_888), (16, 8_448), (19, 11_008)])
def test_batch_norm_learns_two_numbers_for_each_map(layers, norms):
    # twice the maps of all convolutions: 64 + 128 + 2 * 256 + 4 * 512 = 2,752 in VGG-11; 64 + 128 more in
    # VGG-13; 256 + 2 * 512 more in VGG-16, and as many more in VGG-19
    plain, normalized = on_meta(layers), on_meta(layers, batch_norm=True)
    more = sum(v.numel() for v in normalized.parameters()) - sum(v.numel() for v in plain.parameters())
    assert more == norms


def test_the_maps_halve_and_double():
    features = on_meta(16).features(torch.empty(1, 3, 224, 224, device="meta"))
    assert {stride: tuple(maps.shape[1:]) for stride, maps in features.items()} == {
        1: (64, 224, 224),
        2: (128, 112, 112),
        4: (256, 56, 56),
        8: (512, 28, 28),
        16: (512, 14, 14),
        32: (512, 7, 7),
    }


def test_most_parameters_are_in_the_fully_connected_layers():  # 123,642,856 of 138,357,544
    rows = rows_of(16)
    full = sum(rows[name].parameters for name in ("fc6", "fc7", "output"))
    assert full / 138_357_544 == pytest.approx(0.8937, abs=1e-4)
    assert rows["fc6"].parameters / 138_357_544 == pytest.approx(0.7427, abs=1e-4)  # 102,764,544


def test_most_multiplications_are_in_early_convolutions():
    # conv1_1 50,176 * 1,728, conv1_2 50,176 * 36,864, conv2_1 12,544 * 73,728, conv2_2 12,544 * 147,456:
    # 4,710,924,288 of 15,470,264,320, with 260,160 of 138,357,544 parameters; linear layers 123,633,664
    rows = rows_of(16)
    early = [rows[name] for name in ("conv1_1", "conv1_2", "conv2_1", "conv2_2")]
    multiplications = sum(row.multiplications for row in early)
    assert multiplications == 4_710_924_288
    assert multiplications / 15_470_264_320 == pytest.approx(0.3045, abs=1e-4)
    assert sum(row.parameters for row in early) / 138_357_544 == pytest.approx(0.0019, abs=1e-4)
    full = sum(rows[name].multiplications for name in ("fc6", "fc7", "output"))
    assert full / 15_470_264_320 == pytest.approx(0.0080, abs=1e-4)


def test_two_filters_of_3_see_5_pixels_and_three_see_7():  # section 2.3
    two, three = (nn.Sequential(block(1, depth, 3, 8, batch_norm=False)) for depth in (2, 3))
    assert summary(two, (3, 32, 32)).rows[-1].receptive_field == 5
    assert summary(three, (3, 32, 32)).rows[-1].receptive_field == 7


def test_a_block_norms_before_its_relu():
    kinds = [type(part) for part in block(2, 1, 4, 8, batch_norm=True)]
    assert kinds == [nn.MaxPool2d, nn.Conv2d, nn.BatchNorm2d, nn.ReLU]


def test_weights_begin_with_the_variance_of_he():  # 2 / (9 * 512) = 0.000434; linear layers 0.01 * 0.01
    torch.manual_seed(0)
    network = VGG(11, classes=2)
    assert network.stages[3].conv5_1.weight.var().item() == pytest.approx(2 / 4608, rel=0.01)
    assert network.head.fc7.weight.std().item() == pytest.approx(0.01, rel=0.01)
    assert not any(value.any() for name, value in network.named_parameters() if name.endswith("bias"))


def test_31_pixels_are_too_few():
    network = on_meta(11)
    assert network.stages(network.stem(torch.empty(1, 3, 32, 32, device="meta"))).shape == (1, 512, 1, 1)
    with pytest.raises(RuntimeError, match="too small"):
        network.stages(network.stem(torch.empty(1, 3, 31, 31, device="meta")))


@pytest.mark.parametrize("layers", [0, 12, 17])
def test_other_numbers_of_layers_are_refused(layers):
    with pytest.raises(SettingError, match="11, 13, 16 or 19"):
        VGG(layers)
