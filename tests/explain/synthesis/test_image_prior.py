"""Every part of a prior has a switch, and refuses what means nothing."""

from dataclasses import replace

import pytest
import torch

from striate.errors import SettingError
from striate.explain.synthesis.image_prior import NATURAL, PLAIN


def test_the_plain_prior_costs_nothing():
    assert PLAIN.cost(torch.rand(1, 3, 4, 4)).item() == 0.0


def test_costs_are_weighted_and_added():
    # distances from grey: 0.25 each; variation: the one upper left pixel has 1 + 1
    picture = torch.tensor([[[[0.0, 1.0], [1.0, 0.0]]]])
    both = replace(PLAIN, l2=4.0, total_variation=0.5)
    assert both.cost(picture).item() == 4 * 0.25 + 0.5 * 2


@pytest.mark.parametrize(
    "wrong", [{"space": "waves"}, {"jitter": -1}, {"scale": 1.0}, {"blur": float("nan")}]
)
def test_what_means_nothing_is_refused(wrong):
    with pytest.raises(SettingError, match=next(iter(wrong))):
        replace(NATURAL, **wrong)
