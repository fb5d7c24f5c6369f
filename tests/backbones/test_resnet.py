import pytest
import torch
from torch import nn

from striate.errors import SettingError
from striate.layers.shortcut import ZeroPadding
from striate.zoo.cost.summary import summary
from striate.zoo.networks import create

DEPTHS = (18, 34, 50, 101, 152)


def meta(name: str, **arguments: object) -> nn.Module:
    with torch.device("meta"):
        return create(name, **arguments).eval()


def cost(name: str, **arguments: object) -> tuple[int, int]:
    total = summary(meta(name, **arguments)).total
    return total.parameters, total.multiplications


@pytest.mark.parametrize("name", ["resnet18", "resnet34", "plain_34", "resnet50", "resnet101", "resnet152"])
def test_the_maps_have_the_sizes_of_table_1(name):
    network = meta(name)
    maps = network.features(torch.empty(1, 3, 224, 224, device="meta"))
    widths = (64, 128, 256, 512) if name in ("resnet18", "resnet34", "plain_34") else (256, 512, 1024, 2048)
    expected = {2: (64, 112), **{4 << i: (width, 56 >> i) for i, width in enumerate(widths)}}
    assert {stride: tuple(x.shape[1:]) for stride, x in maps.items()} == {
        stride: (width, side, side) for stride, (width, side) in expected.items()
    }


@pytest.mark.parametrize("layers", DEPTHS)
def test_the_layers_with_weights_are_as_many_as_the_name_says(layers):  # projections are not counted
    network = meta(f"resnet{layers}")
    names = [name for name, part in network.named_modules() if isinstance(part, nn.Conv2d | nn.Linear)]
    assert sum("shortcut" not in name for name in names) == layers


# Section 4.1: ResNet-34 with option A has no parameter more than the plain network. Option B adds three
# projections: 64 * 128 + 256, 128 * 256 + 512 and 256 * 512 + 1024, together 173,824; option C thirteen
# more: 3 * (64 * 64 + 128), 3 * (128 * 128 + 256), 5 * (256 * 256 + 512), 2 * (512 * 512 + 1024) = 919,168.
# Multiplications: A as plain; B adds 28 * 28 * 8,192, 14 * 14 * 32,768 and 7 * 7 * 131,072, 6,422,528 each;
# C further 12,845,056 for each of the thirteen: 56 * 56 * 64 * 64 = 28 * 28 * 128 * 128 = ...
@pytest.mark.parametrize(
    ("option", "parameters", "multiplications"),
    [
        ("A", 21_623_848, 3_644_493_824),
        ("B", 21_623_848 + 173_824, 3_644_493_824 + 3 * 6_422_528),
        ("C", 21_797_672 + 919_168, 3_663_761_408 + 13 * 12_845_056),
    ],
)
def test_the_options_cost_what_the_paper_says(option, parameters, multiplications):
    assert cost("resnet34", shortcut=option) == (parameters, multiplications)


def test_option_a_and_the_plain_network_have_the_same_tensors():
    plain, option_a = meta("plain_18").state_dict(), meta("resnet18", shortcut="A").state_dict()
    assert {k: v.shape for k, v in plain.items()} == {k: v.shape for k, v in option_a.items()}
    assert not any(isinstance(part, ZeroPadding) for part in meta("plain_18").modules())


def test_the_plain_network_gives_what_the_residual_one_does_not():
    torch.manual_seed(0)
    plain, residual = create("plain_18", classes=3).eval(), create("resnet18", classes=3, shortcut="A").eval()
    residual.load_state_dict(plain.state_dict())
    images = torch.rand(1, 3, 32, 32)
    assert not torch.allclose(plain(images), residual(images))


def test_striding_in_the_1x1_saves_what_the_3x3_would_multiply():
    # the 1x1 of stage 2, 3 and 4 then runs on a quarter of the pixels: 3/4 of 56 * 56 * 256 * 128,
    # 28 * 28 * 512 * 256 and 14 * 14 * 1024 * 512 are saved: 3 * 77,070,336
    assert cost("resnet50", stride_in="1x1") == (25_557_032, 4_089_184_256 - 3 * 77_070_336)
    assert 4_089_184_256 - 3 * 77_070_336 == 3_857_973_248


def test_the_small_stem_halves_nothing():
    network = meta("resnet18", stem="small", classes=10)
    assert network.input_size == (32, 32)
    assert network.strides == (1, 1, 2, 4, 8)
    maps = network.features(torch.empty(1, 3, 32, 32, device="meta"))
    assert {stride: x.shape[-1] for stride, x in maps.items()} == {1: 32, 2: 16, 4: 8, 8: 4}
    assert not any(isinstance(part, nn.MaxPool2d) for part in network.modules())
    assert tuple(network.stem.conv.weight.shape) == (64, 3, 3, 3)


def test_the_paper_s_stem_is_what_you_get_without_asking():
    assert meta("resnet18").input_size == (224, 224)
    assert meta("resnet18").strides == (2, 4, 8, 16, 32)


@pytest.mark.parametrize(
    "arguments", [{"stem": "tiny"}, {"shortcut": "D"}, {"stride_in": "5x5"}, {"strides": 1}]
)
def test_another_word_is_refused(arguments):
    with pytest.raises(SettingError, match=next(iter(arguments))):
        create("resnet50", **arguments)


def test_basic_blocks_have_no_1x1_to_stride_in():
    with pytest.raises(SettingError, match="resnet18 has no argument 'stride_in'"):
        create("resnet18", stride_in="1x1")


def test_weights_begin_with_the_variance_of_the_backward_case():  # 2 / (9 * 512), over 2,359,296 samples
    torch.manual_seed(0)
    weight = create("resnet18").stages[3].block2.conv2.weight
    assert weight.var().item() == pytest.approx(2 / 4608, rel=0.01)


def test_a_single_pixel_is_enough():
    assert create("resnet18", classes=2).eval()(torch.rand(1, 3, 1, 1)).isfinite().all()
