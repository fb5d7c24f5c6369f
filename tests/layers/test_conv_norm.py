import pytest
import torch
from torch import nn

from striate.layers.conv_norm import conv_norm


def test_three_by_three_ones_count_the_neighbours_and_batch_norm_divides_by_the_root_of_one_and_eps():
    brick = conv_norm(1, 1, 3, eps=0.21).eval()
    nn.init.ones_(brick.conv.weight)
    corners = torch.tensor(
        [[4.0, 6, 4], [6, 9, 6], [4, 6, 4]]
    )  # ones under the filter, at each of 3x3 places
    assert torch.allclose(brick(torch.ones(1, 1, 3, 3))[0, 0], corners / 1.1)  # sqrt(1 + 0.21) = 1.1


def test_what_is_below_zero_is_cut_only_with_an_activation():
    images = torch.ones(1, 1, 2, 2)
    for activation, expected in ((nn.ReLU, 0.0), (None, -1.0)):
        brick = conv_norm(1, 1, 1, activation=activation, eps=0.0).eval()
        nn.init.constant_(brick.conv.weight, -1.0)
        assert torch.equal(brick(images), torch.full((1, 1, 2, 2), expected))


@pytest.mark.parametrize(
    ("arguments", "size"),
    [
        ({"kernel": 3}, (9, 8)),
        ({"kernel": (1, 7)}, (9, 8)),
        ({"kernel": 3, "stride": 2}, (5, 4)),  # 9 / 2 and 8 / 2, rounded up
        ({"kernel": 3, "padding": 0}, (7, 6)),  # a 3x3 filter without padding: two less
        ({"kernel": 3, "stride": 2, "padding": 0}, (4, 3)),  # (9 - 3) / 2 + 1, (8 - 3) // 2 + 1
    ],
)
def test_the_size_of_the_map(arguments, size):
    assert conv_norm(2, 4, **arguments)(torch.rand(2, 2, 9, 8)).shape == (2, 4, *size)


def test_groups_share_the_weights_out():  # 4 filters of 3 * 3 * (4 / 4) weights, and 2 * 4 of the norm
    assert sum(parameter.numel() for parameter in conv_norm(4, 4, 3, groups=4).parameters()) == 36 + 8
