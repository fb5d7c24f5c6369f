import pytest
import torch
from torch import nn

from striate.errors import SettingError
from striate.layers.residual import BasicBlock, Bottleneck
from striate.layers.squeeze_excite import SqueezeExcite


def parameters(module: nn.Module) -> int:
    return sum(parameter.numel() for parameter in module.parameters())


def test_a_block_whose_layers_give_nothing_hands_its_input_on():
    block, x = BasicBlock(2, 2, 1, "A").eval(), torch.rand(1, 2, 5, 5)
    nn.init.zeros_(block.conv2.weight)
    assert torch.equal(block(x), x)


def test_a_plain_block_whose_layers_give_nothing_gives_nothing():
    block = BasicBlock(2, 2, 1, None).eval()
    nn.init.zeros_(block.conv2.weight)
    assert not block(torch.rand(1, 2, 5, 5)).any()


def test_a_bottleneck_whose_layers_give_nothing_hands_its_input_on():
    block, x = Bottleneck(8, 8, 1, "B").eval(), torch.rand(1, 8, 5, 5)
    nn.init.zeros_(block.conv3.weight)
    assert torch.equal(block(x), x)


# basic, 64 to 64: 2 * (9 * 64 * 64 + 128)
# basic, 64 to 128: 9 * 64 * 128 + 256 + 9 * 128 * 128 + 256; option B adds 64 * 128 + 256
# bottleneck, 256 to 256: 256 * 64 + 128 + 9 * 64 * 64 + 128 + 64 * 256 + 512
# bottleneck, 64 to 256: 64 * 64 + 128 + 9 * 64 * 64 + 128 + 64 * 256 + 512; option B adds 64 * 256 + 512
@pytest.mark.parametrize(
    ("block", "expected"),
    [
        (BasicBlock(64, 64, 1, "B"), 73_984),
        (BasicBlock(64, 128, 2, "A"), 221_696),
        (BasicBlock(64, 128, 2, "B"), 221_696 + 8_448),
        (BasicBlock(64, 128, 2, None), 221_696),
        (Bottleneck(256, 256, 1, "B"), 70_400),
        (Bottleneck(64, 256, 1, "A"), 58_112),
        (Bottleneck(64, 256, 1, "B"), 58_112 + 16_896),
    ],
)
def test_a_block_has_the_parameters_worked_by_hand(block, expected):
    assert parameters(block) == expected


@pytest.mark.parametrize("stride_in", ["1x1", "3x3"])
def test_both_strides_of_a_bottleneck_give_the_same_shape(stride_in):
    block = Bottleneck(8, 16, 2, "B", stride_in=stride_in)
    assert block(torch.rand(2, 8, 7, 6)).shape == (2, 16, 4, 3)


def test_a_bottleneck_that_strides_in_the_1x1_is_blind_to_three_pixels_of_four():
    seen = {}
    torch.manual_seed(0)  # of some weights no gradient reaches a pixel
    for stride_in in ("1x1", "3x3"):
        x = torch.rand(1, 8, 4, 4, requires_grad=True)
        Bottleneck(8, 16, 2, "A", stride_in=stride_in).eval()(x).sum().backward()
        seen[stride_in] = x.grad.abs().sum(1).bool().sum().item()
    assert seen == {"1x1": 4, "3x3": 16}


def test_another_place_to_stride_is_refused():
    with pytest.raises(SettingError, match="stride_in is '7x7'"):
        Bottleneck(8, 16, 2, "B", stride_in="7x7")


@pytest.mark.parametrize("block", [BasicBlock, Bottleneck])
def test_squeeze_and_excitation_weighs_what_is_added_and_not_the_input(block):
    layer = block(8, 8, 1, "A", squeeze=lambda channels: SqueezeExcite(channels, 2)).eval()
    x = torch.rand(1, 8, 5, 5)
    nn.init.constant_(layer.squeeze.expand.bias, -1e4)  # the gate is shut
    assert torch.equal(layer(x), x)


@pytest.mark.parametrize("block", [BasicBlock, Bottleneck])
def test_a_relu_follows_the_sum(block):
    layer = block(8, 8, 1, "A").eval()
    nn.init.zeros_(layer.get_parameter("conv3.weight" if block is Bottleneck else "conv2.weight"))
    assert torch.equal(layer(-torch.ones(1, 8, 2, 2)), torch.zeros(1, 8, 2, 2))
