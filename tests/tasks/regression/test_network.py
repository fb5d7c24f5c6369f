"""A backbone with two branches."""

import pytest
import torch

from striate.tasks.regression.network import RegressionNetwork, chosen, expected_positions
from striate.zoo.networks import create


@pytest.mark.parametrize("head", ["map", "vector"])
@pytest.mark.parametrize("name", ["resnet18", "mobilenet_v2", "lenet5", "resnet20"])
def test_every_backbone_gives_points_and_scores(head, name):
    backbone = create(name, classes=2, in_channels=1)
    size = (backbone.most_side or 64,) * 2
    network = RegressionNetwork(backbone, points=3, scores=2, head=head, size=size)
    found = network(torch.rand(2, 1, *size))
    assert found.shape == (2, 8)
    found.sum().backward()
    assert [name for name, one in network.named_parameters() if one.grad is None] == []


def test_a_position_is_the_middle_of_its_pixel_and_the_ring_lies_beyond_the_image():
    scores = torch.full((1, 2, 4, 6), -100.0)  # an image of 2 x 4 positions and a ring around it
    scores[0, 0, 1, 1] = scores[0, 1, 0, 5] = 100.0
    found = expected_positions(scores)
    assert torch.allclose(found, torch.tensor([[[0.5 / 4, 0.5 / 2], [4.5 / 4, -0.5 / 2]]]))


def test_a_vector_of_zeros_points_at_the_middle():
    network = RegressionNetwork(create("resnet20", classes=2), 1, 0, head="vector", size=(32, 32))
    torch.nn.init.zeros_(network.place.weight)
    torch.nn.init.zeros_(network.place.bias)
    assert network.eval()(torch.rand(1, 3, 32, 32)).tolist() == [[0.5, 0.5]]


def test_maps_are_merged_from_a_fine_enough_one_to_the_coarsest():
    assert chosen({4: 1, 8: 2, 16: 3, 32: 4}, 96) == {4: 1, 8: 2, 16: 3, 32: 4}  # 24 positions at stride 4
    assert chosen({4: 1, 8: 2, 16: 3, 32: 4}, 100) == {8: 2, 16: 3, 32: 4}
    assert chosen({1: 1, 2: 2}, 500) == {2: 2}
