import torch
from torch import nn

from striate.backbones.xception import Xception, XceptionBlock


def on_meta():
    with torch.device("meta"):
        return Xception().eval()


def test_the_maps_have_the_sizes_of_figure_5():
    maps = on_meta().features(torch.empty(1, 3, 299, 299, device="meta"))
    assert {stride: tuple(x.shape[1:]) for stride, x in maps.items()} == {
        2: (64, 147, 147),
        4: (128, 74, 74),
        8: (256, 37, 37),
        16: (728, 19, 19),
        32: (2048, 10, 10),
    }


def test_there_are_36_convolutional_layers():  # section 4: a separable one is one, shortcuts are none
    network = on_meta()
    depthwise = [m for m in network.modules() if isinstance(m, nn.Conv2d) and m.groups > 1]
    assert 2 + len(depthwise) == 36


def test_a_block_of_the_middle_flow_has_three_separable_convolutions():
    # 3 * (9 * 728 + 728 * 728 + 2 * 728) = 3 * 537,992
    assert sum(p.numel() for p in on_meta().stages[2].block7.parameters()) == 1_613_976


def test_a_block_whose_layers_give_nothing_hands_its_input_on():
    block = XceptionBlock((4, 4, 4)).eval()
    nn.init.zeros_(block.layers.separable2.conv.pointwise.weight)
    x = torch.randn(1, 4, 5, 5)
    assert torch.equal(block(x), x)


def test_only_the_first_block_begins_without_a_relu():
    network = on_meta()
    first = {
        name: next(iter(dict(block.layers.named_children())))
        for name, block in network.named_modules()
        if isinstance(block, XceptionBlock)
    }
    assert len(first) == 12
    assert {name for name, layer in first.items() if layer != "relu1"} == {"stages.0.block1"}


def test_seven_pixels_are_the_least():  # 7 -> 3 -> 1
    assert Xception(classes=2).eval()(torch.rand(1, 3, 7, 7)).isfinite().all()
    assert Xception.least_side == 7
