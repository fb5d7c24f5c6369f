import pytest
import torch

from striate.errors import SettingError, ShapeError
from striate.ops import pixel_shuffle, pixel_unshuffle


def test_channels_of_a_group_become_the_pixels_of_a_square():
    x = torch.arange(8).view(1, 8, 1, 1)
    assert pixel_shuffle(x).tolist() == [[[[0, 1], [2, 3]], [[4, 5], [6, 7]]]]


@pytest.mark.parametrize("factor", [1, 2, 3])
def test_it_is_the_formula_and_comes_back(factor):
    x = torch.randn(2, 2 * factor**2, 3, 4)
    shuffled = pixel_shuffle(x, factor)
    for c, y, column in [
        (0, 0, 0),
        (1, 2 * factor + 1 % factor, factor),
        (1, 3 * factor - 1, 4 * factor - 1),
    ]:
        channel = c * factor**2 + factor * (y % factor) + column % factor
        assert torch.equal(shuffled[:, c, y, column], x[:, channel, y // factor, column // factor])
    assert torch.equal(pixel_unshuffle(shuffled, factor), x)


def test_what_does_not_divide_is_refused():
    with pytest.raises(ShapeError, match="multiple of 4"):
        pixel_shuffle(torch.zeros(1, 3, 2, 2))
    with pytest.raises(ShapeError, match="multiples of 2"):
        pixel_unshuffle(torch.zeros(1, 1, 3, 2))
    with pytest.raises(SettingError, match="factor"):
        pixel_shuffle(torch.zeros(1, 4, 2, 2), 0)
