from functools import partial

import torch
from torch import nn

from striate.layers.inverted_bottleneck import InvertedBottleneck, Shape
from striate.layers.squeeze_excite import SqueezeExcite


def parameters(shape: Shape) -> int:
    return sum(p.numel() for p in InvertedBottleneck(shape, nn.ReLU6).parameters())


def test_parameters_are_those_worked_by_hand():
    # 24 * 144 + 9 * 144 + 144 * 32 = 3,456 + 1,296 + 4,608 = 9,360; norms 2 * (144 + 144 + 32) = 640
    assert parameters(Shape(24, 144, 32, stride=2)) == 10_000


def test_a_block_that_does_not_widen_has_no_expansion():  # 9 * 32 + 32 * 16 = 800; norms 2 * (32 + 16) = 96
    assert parameters(Shape(32, 32, 16)) == 896


def test_squeeze_and_excitation_adds_two_layers():  # 2 * 144 * 6 + 6 + 144
    assert parameters(Shape(24, 144, 24, squeezed=6)) - parameters(Shape(24, 144, 24)) == 1_878


def test_a_larger_kernel_adds_to_the_depthwise_convolution_alone():  # (25 - 9) * 144
    assert parameters(Shape(24, 144, 24, kernel=5)) - parameters(Shape(24, 144, 24)) == 2_304


def test_a_block_whose_layers_give_nothing_hands_its_input_on():
    block = InvertedBottleneck(Shape(4, 24, 4), nn.ReLU6).eval()
    nn.init.zeros_(block.project.conv.weight)
    x = torch.rand(1, 4, 5, 5)
    assert torch.equal(block(x), x)


def test_there_is_a_shortcut_only_where_the_shape_stays():
    shapes = Shape(4, 24, 4), Shape(4, 24, 4, stride=2), Shape(4, 24, 8)
    assert [InvertedBottleneck(shape, nn.ReLU6).shortcut for shape in shapes] == [True, False, False]


def test_the_stride_rounds_up_and_any_kernel_keeps_the_size():
    x = torch.rand(1, 4, 7, 9)
    for kernel in (3, 5, 7):
        assert InvertedBottleneck(Shape(4, 8, 6, kernel), nn.ReLU).eval()(x).shape == (1, 6, 7, 9)
        assert InvertedBottleneck(Shape(4, 8, 6, kernel, 2), nn.ReLU).eval()(x).shape == (1, 6, 4, 5)


def test_the_thin_end_has_no_activation():
    block = InvertedBottleneck(Shape(4, 24, 4), nn.ReLU6)
    assert isinstance(block.expand.active, nn.ReLU6)
    assert isinstance(block.depthwise.active, nn.ReLU6)
    assert [type(part) for part in block.project] == [nn.Conv2d, nn.BatchNorm2d]


def test_the_squeeze_is_made_as_asked():
    squeeze = partial(SqueezeExcite, gate=nn.Hardsigmoid)
    block = InvertedBottleneck(Shape(4, 24, 4, squeezed=8), nn.SiLU, squeeze, epsilon=1e-3)
    assert isinstance(block.squeeze.gate, nn.Hardsigmoid)
    assert {part.eps for part in block.modules() if isinstance(part, nn.BatchNorm2d)} == {1e-3}


def test_while_learning_some_images_take_the_shortcut_alone():
    torch.manual_seed(0)
    block, x = InvertedBottleneck(Shape(4, 8, 4), nn.ReLU, drop=0.5).train(), torch.rand(32, 4, 5, 5)
    same = (block(x) == x).flatten(1).all(1)
    assert 0 < same.sum() < 32
