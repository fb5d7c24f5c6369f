"""Local response normalization with the constants of 2012."""

import pytest
import torch
from torch import nn

from striate.layers.response_norm import ResponseNorm
from striate.zoo.cost.summary import summary


def maps(*values: float) -> torch.Tensor:
    return torch.tensor(values, dtype=torch.float64).view(1, -1, 1, 1)


def test_the_constants_are_the_papers():
    # the energy of 100 is 10,000, and alpha makes it 1: 100 * (2 + 1) ** -0.75, 3 ** 0.75 = 2.27950706
    assert ResponseNorm()(maps(100.0)).item() == pytest.approx(100 / 2.27950706, rel=1e-8)


def test_five_maps_take_part():
    # 200 has the energy 4, and reaches two maps on either side: (2 + 4) ** -0.75, 6 ** 0.75 = 3.83365863;
    # the maps beyond see nothing loud: 2 ** -0.75 = 0.59460356
    quiet, reached = 0.59460356e-3, 1e-3 / 3.83365863
    x = maps(1e-3, 1e-3, 1e-3, 200.0, 1e-3, 1e-3, 1e-3)
    expected = maps(quiet, reached, reached, 200.0 / 3.83365863, reached, reached, quiet)
    assert torch.allclose(ResponseNorm()(x), expected, rtol=1e-7)


def test_alpha_weighs_the_sum_and_torchs_the_mean():
    x = torch.rand(2, 8, 3, 3, dtype=torch.float64, generator=torch.Generator().manual_seed(0)) * 100
    assert torch.allclose(ResponseNorm()(x), nn.LocalResponseNorm(5, alpha=5e-4, beta=0.75, k=2.0)(x))
    assert not torch.allclose(ResponseNorm()(x), nn.LocalResponseNorm(5, alpha=1e-4, beta=0.75, k=2.0)(x))


def test_other_numbers_are_handed_on():  # 1/(2 + 1 + 1) 1/(2 + 1 + 1 + 4) 2/(2 + 1 + 4 + 1) 1/(2 + 4 + 1)
    layer = ResponseNorm(k=2.0, alpha=1.0, beta=1.0, radius=3)
    assert torch.allclose(layer(maps(1.0, 1.0, 2.0, 1.0)), maps(1 / 4, 1 / 8, 2 / 8, 1 / 7))


def test_a_unit_sees_no_other_pixel():
    network = nn.Sequential(nn.Conv2d(3, 8, 3), ResponseNorm(), nn.Conv2d(8, 8, 3))
    assert [row.receptive_field for row in summary(network, (3, 9, 9)).rows[1:]] == [3, 5]


def test_it_learns_nothing_and_says_its_numbers():
    assert list(ResponseNorm().state_dict()) == []
    assert str(ResponseNorm()) == "ResponseNorm(k=2.0, alpha=0.0001, beta=0.75, radius=5)"
