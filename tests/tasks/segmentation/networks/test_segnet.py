"""SegNet: its weights, and where numbers return to."""

from itertools import pairwise

import torch

from striate.ops import conv_parameters, max_pool_with_places, max_unpool
from striate.tasks.segmentation.networks.segnet import SegNet, unpooled
from striate.zoo.networks import create

WIDTHS = [(3, 64, 64), (64, 128, 128), (128, 256, 256, 256), (256, 512, 512, 512), (512, 512, 512, 512)]


def test_the_decoder_has_the_encoders_convolutions_in_the_opposite_order():
    """Encoder: 3x3, bias and norm. Decoder: the same backwards, without bias; the last one to 12 classes."""
    steps = [step for widths in WIDTHS for step in pairwise(widths)]
    encoder = sum(conv_parameters(3, a, b) + 2 * b for a, b in steps)
    decoder = sum(conv_parameters(3, b, a, bias=False) + 2 * a for a, b in steps[1:])
    with torch.device("meta"):
        network = SegNet(12)
    assert sum(one.numel() for one in network.parameters()) == encoder + decoder + conv_parameters(3, 64, 12)


def test_the_encoder_takes_the_weights_of_vgg16():
    with torch.device("meta"):
        vgg = create("vgg16_bn").state_dict()
        own = SegNet(12).backbone.state_dict()
    assert {key: one.shape for key, one in own.items()} == {
        key: one.shape for key, one in vgg.items() if not key.startswith("head")
    }


def test_numbers_return_to_where_they_were_found():
    x = torch.randn(2, 3, 6, 8)
    values, places = max_pool_with_places(x, 2)
    board = unpooled(values, places, 6, 8)
    assert torch.equal(board, max_unpool(values, places, (6, 8)))
    assert torch.equal(board[board != 0], x[board != 0])


def test_places_cross_over_and_no_map_does():
    torch.manual_seed(0)
    network = SegNet(2, 1, width=0.125).eval()
    assert [len(block) for block in network.blocks] == [3, 3, 3, 2, 2]
    assert network.blocks[-1][-1].out_channels == 2
