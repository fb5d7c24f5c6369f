"""The sanity check: maps of a model whose layers are shuffled from the top."""

import pytest
import torch
from torch import Tensor, nn

from striate.explain.evaluation.sanity import SanityCheck, sanity_check

LAYERS = ("fc", "conv3", "conv2", "conv1")


def deep() -> nn.Sequential:
    torch.manual_seed(0)
    return nn.Sequential(nn.Conv2d(1, 4, 3), nn.Conv2d(4, 4, 3), nn.Flatten(), nn.Linear(16, 4))


def test_maps_of_the_weights_fall_and_maps_of_the_picture_stay():
    model = deep()
    picture = torch.rand(1, 3, 3, generator=torch.Generator().manual_seed(1))

    def weights(one: nn.Module) -> list[Tensor]:
        return [one[1].weight.detach().flatten()[:144].view(1, 12, 12)]

    found = sanity_check(model, weights(model), weights)
    assert found.layers == ("3", "1", "0")  # the last of three first, then the second, then all
    assert found.correlations[0] == 1.0  # the second layer was not yet shuffled
    assert abs(found.correlations[-1]) < 0.3
    assert sanity_check(model, [picture], lambda one: [picture]).correlations == (1.0, 1.0, 1.0)


def test_the_model_stays_and_a_seed_gives_the_same_numbers():
    model = deep()
    before = [weight.clone() for weight in model.parameters()]

    def weights(one: nn.Module) -> list[Tensor]:
        return [one[0].weight.detach().view(1, 6, 6)]

    assert sanity_check(model, weights(model), weights) == sanity_check(model, weights(model), weights)
    assert all(map(torch.equal, before, model.parameters()))


@pytest.mark.parametrize(
    ("correlations", "passed"),
    [
        ((0.5, 0.3, 0.2, 0.1), True),
        ((0.9, 0.5, 0.4, 0.2), True),  # the mean is 0.5, which is the limit
        ((0.95, 0.8, 0.6, 0.2), False),  # 0.6375: it stays while the upper layers go
        ((0.5, 0.4, 0.4, 0.6), False),  # it stays when all have gone
        ((0.0, -0.3, -0.6, -0.6), False),  # the same map with its sign turned
    ],
)
def test_a_map_that_stays_on_the_way_or_at_the_end_fails(correlations, passed):
    found = SanityCheck(LAYERS, correlations)
    assert found.passed is passed
    assert str(found).splitlines()[0] == f"shuffled from the top to fc: correlation {correlations[0]:.2f}"
    assert ("depends on the weights" in str(found)) is passed
