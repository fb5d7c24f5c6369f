import torch
from torch import nn

from striate.backbones.inception_resnet_v2 import (
    InceptionResNetBlock,
    InceptionResNetV2,
    block_a,
    block_b,
    block_c,
)
from striate.layers.branches import Branches


def on_meta():
    with torch.device("meta"):
        return InceptionResNetV2().eval()


def test_the_maps_have_the_sizes_of_figure_15():
    maps = on_meta().features(torch.empty(1, 3, 299, 299, device="meta"))
    assert {stride: tuple(x.shape[1:]) for stride, x in maps.items()} == {
        2: (64, 147, 147),
        4: (192, 71, 71),
        8: (320, 35, 35),
        16: (1088, 17, 17),
        32: (1536, 8, 8),
    }


def test_a_block_adds_a_share_of_its_branches_and_cuts_what_is_below_zero():
    block = InceptionResNetBlock(Branches(same=nn.Identity()), inner=1, channels=1, scale=0.5)
    nn.init.constant_(block.expand.weight, -4.0)
    nn.init.constant_(block.expand.bias, 10.0)
    x = torch.tensor([2.0, 9.0]).view(1, 1, 1, 2)  # 2 + 0.5 * (10 - 8) = 3; 9 + 0.5 * (10 - 36) = -4
    assert block(x).flatten().tolist() == [3.0, 0.0]


def test_the_scales_are_those_of_the_published_weights():
    assert [build().scale for build in (block_a, block_b, block_c)] == [0.17, 0.1, 0.2]
    last = on_meta().stages[3].last
    assert last.scale == 1.0
    assert isinstance(last.active, nn.Identity)


def test_ten_twenty_and_ten_blocks():
    blocks = [
        sum(isinstance(part, InceptionResNetBlock) for part in stage.modules()) for stage in on_meta().stages
    ]
    assert blocks == [0, 10, 20, 10]


def test_blocks_end_with_biases_and_all_other_convolutions_with_norms():
    network = on_meta()
    expanding = [module.expand for module in network.modules() if isinstance(module, InceptionResNetBlock)]
    biased = [
        module for module in network.modules() if isinstance(module, nn.Conv2d) and module.bias is not None
    ]
    assert biased == expanding
    assert {m.eps for m in network.modules() if isinstance(m, nn.BatchNorm2d)} == {1e-3}
