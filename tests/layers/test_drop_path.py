import pytest
import torch

from striate.errors import SettingError
from striate.layers.drop_path import DropPath


def test_in_use_the_input_goes_through():
    x = torch.rand(4, 3, 2, 2)
    assert DropPath(0.9).eval()(x) is x


def test_without_a_probability_the_input_goes_through():
    x = torch.rand(4, 3, 2, 2)
    assert DropPath(0.0).train()(x) is x


def test_an_image_is_dropped_or_made_larger_as_a_whole():  # 1 / (1 - 0.25) = 4 / 3
    torch.manual_seed(0)
    y = DropPath(0.25).train()(torch.ones(64, 3, 2, 2, dtype=torch.float64))
    assert torch.equal(y, y[:, :1, :1, :1].expand_as(y))
    values = y[:, 0, 0, 0].unique()
    assert torch.allclose(values, torch.tensor([0, 4 / 3], dtype=torch.float64))


def test_the_mean_over_all_draws_is_the_input():
    # of 100,000 draws the mean has a standard deviation of sqrt(0.2 / 0.8 / 100,000) = 0.0016
    torch.manual_seed(0)
    y = DropPath(0.2).train()(torch.full((100_000, 1), 3.0))
    assert y.mean().item() == pytest.approx(3.0, abs=3 * 0.008)
    assert (y == 0).float().mean().item() == pytest.approx(0.2, abs=0.008)


def test_a_dropped_image_has_no_gradient():
    torch.manual_seed(0)
    x = torch.ones(32, 5, requires_grad=True)
    y = DropPath(0.5).train()(x)
    y.sum().backward()
    assert torch.equal(x.grad, y.detach())  # 0 or 2
    assert set(x.grad.flatten().tolist()) == {0.0, 2.0}


def test_no_images_give_none():
    assert DropPath(0.5).train()(torch.ones(0, 3, 2, 2)).shape == (0, 3, 2, 2)


@pytest.mark.parametrize("probability", [-0.1, 1.0, 1.5])
def test_other_probabilities_are_refused(probability: float):
    with pytest.raises(SettingError, match="from 0 to less than 1"):
        DropPath(probability)


def test_it_says_its_probability():
    assert repr(DropPath(0.2 / 3)) == "DropPath(probability=0.0667)"
