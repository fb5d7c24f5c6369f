"""The cost of total variation has one weight for every size of picture."""

import pytest
import torch

from striate.style.losses.total_variation import variation_cost

PICTURE = torch.tensor([[0.0, 1.0, 3.0], [2.0, 2.0, 2.0], [5.0, 1.0, 0.0]])[None, None]
# dx^2 + dy^2 sums to 42 over the nine pixels: tests/ops/test_variation.py


def test_the_cost_is_by_pixel() -> None:
    assert variation_cost(PICTURE, "mahendran").item() == pytest.approx(42 / 9)
    assert variation_cost(PICTURE, "athalye").item() == pytest.approx(7.0)
