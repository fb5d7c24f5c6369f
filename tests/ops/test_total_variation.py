"""Total variation in the forms of those it is named after, worked by hand on one picture."""

import pytest
import torch

from striate.ops.total_variation import athalye, chollet, inner, mahendran, rudin, tensorflow

PICTURE = torch.tensor([[0.0, 1.0, 3.0], [2.0, 2.0, 2.0], [5.0, 1.0, 0.0]])[None, None]
# to the right: 1 2 / 0 0 / -4 -1      down: 2 1 -1 / 3 -1 -2


VARIATIONS = {form.__name__: form for form in (rudin, mahendran, tensorflow, chollet, athalye)}


@pytest.mark.parametrize(
    ("form", "expected"),
    [
        ("rudin", 12 + 2 * 5**0.5),  # sqrt(1+4) + sqrt(4+1) + 1 + 3 + 1 + 2 + 4 + 1
        ("mahendran", 42.0),  # 1+4+16+1 and 4+1+1+9+1+4
        ("tensorflow", 18.0),  # 8 and 10
        ("chollet", 2 * 5**1.25 + 9**1.25 + 1),  # the four inner ones: 5, 5, 9, 1
        ("athalye", 22 / 6 + 20 / 6),
    ],
)
def test_each_form_has_its_number(form: str, expected: float) -> None:
    assert VARIATIONS[form](PICTURE).item() == pytest.approx(expected, rel=1e-6)
    assert VARIATIONS[form](PICTURE.repeat(1, 2, 1, 1)).item() == pytest.approx(
        expected if form == "athalye" else 2 * expected, rel=1e-6
    )


def test_the_exponent_of_mahendran_is_half_of_beta() -> None:  # 2 * 5^1.5 + 1 + 27 + 1 + 8 + 64 + 1
    assert mahendran(PICTURE, beta=3).item() == pytest.approx(2 * 5**1.5 + 102, rel=1e-6)


@pytest.mark.parametrize("form", VARIATIONS)
def test_a_plain_picture_has_none_and_a_gradient_of_zeros(form: str) -> None:
    plain = torch.full((1, 3, 4, 5), 0.5, requires_grad=True)
    found = VARIATIONS[form](plain)
    assert found.item() == 0
    assert not torch.autograd.grad(found, plain)[0].any()


@pytest.mark.parametrize("form", VARIATIONS)
def test_one_pixel_has_none(form: str) -> None:
    assert VARIATIONS[form](torch.ones(1, 3, 1, 1)).item() == 0


@pytest.mark.parametrize("form", VARIATIONS)
def test_gradients_are_those_of_differences(form: str) -> None:
    picture = torch.rand(1, 2, 3, 4, dtype=torch.float64, requires_grad=True)
    assert torch.autograd.gradcheck(VARIATIONS[form], picture)


def test_the_inner_pixels_have_both_neighbours() -> None:  # as above: 1 + 4, 4 + 1, 0 + 9, 0 + 1
    assert inner(PICTURE, 1).flatten().tolist() == [5.0, 5.0, 9.0, 1.0]
    assert inner(PICTURE[..., :1], 1).shape == (1, 1, 2, 0)
