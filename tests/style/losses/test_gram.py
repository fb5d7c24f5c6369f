"""Gram matrices and the costs made of them, in the numbers of those they are named after."""

import pytest
import torch
from torch import Tensor

from striate.errors import SettingError
from striate.style.losses.gram import content_cost, gram, style_cost, weighted_sum

FEATURES = torch.arange(12.0).view(1, 3, 2, 2)  # (0..3), (4..7), (8..11)
SUMS = [[14.0, 38.0, 62.0], [38.0, 126.0, 214.0], [62.0, 214.0, 366.0]]  # 0+1+4+9, 0*4+1*5+2*6+3*7, ...


@pytest.mark.parametrize(("following", "divisor"), [("gatys", 1), ("johnson", 12), ("lucid", 4)])
def test_the_gram_matrix_is_divided_as_its_author_does(following: str, divisor: int) -> None:
    assert torch.allclose(gram(FEATURES, following)[0], torch.tensor(SUMS) / divisor)  # type: ignore[arg-type]


def test_nobody_of_that_name_is_an_error() -> None:
    with pytest.raises(SettingError, match="following is 'vgg'"):
        gram(FEATURES, "vgg")  # type: ignore[arg-type]


def test_the_style_cost_of_gatys_is_that_of_his_equation() -> None:
    # C = 2, M = 3: G = [[3, 0], [0, 0]], A = [[0, 0], [0, 12]]; (9 + 144) / (4 * 4 * 9) = 1.0625
    ours, wanted = torch.zeros(1, 2, 1, 3), torch.zeros(1, 2, 1, 3)
    ours[:, 0], wanted[:, 1] = 1.0, 2.0
    assert style_cost(gram(ours, "lucid"), gram(wanted, "lucid"), "gatys").item() == pytest.approx(1.0625)


@pytest.mark.parametrize(
    ("form", "expected"),
    # the same matrices: d^2 sums to 153; / (C M)^2 = 36 -> 4.25; the mean of four is 1.0625; / 144 -> 1.0625
    [("johnson", 4.25), ("neural_style", 1.0625), ("relative", 1.0625)],
)
def test_the_other_forms_divide_as_they_say(form: str, expected: float) -> None:
    given = torch.tensor([[[3.0, 0.0], [0.0, 0.0]]]) / 3
    wanted = torch.tensor([[0.0, 0.0], [0.0, 12.0]]) / 3
    assert style_cost(given, wanted, form).item() == pytest.approx(expected)  # type: ignore[arg-type]


def test_the_content_cost_is_half_the_sum_or_the_mean() -> None:
    other = torch.tensor([0.5, 0.0, 1.5, 1.0, 2.5, 2.0, 3.5, 3.0, 4.5, 4.0, 5.5, 5.0]).view(1, 3, 2, 2)
    # differences 0.5, -1, -0.5, -2, -1.5, -3, -2.5, -4, -3.5, -5, -4.5, -6: squares sum to 132.5
    assert content_cost(other, FEATURES, "gatys").item() == 66.25
    assert content_cost(other, FEATURES, "johnson").item() == pytest.approx(132.5 / 12)
    assert content_cost(other, FEATURES, "relative").item() == pytest.approx(132.5 / 506)  # 0 + 1 + ... + 121


def slowly(features: Tensor, places: Tensor | None) -> Tensor:
    weights = torch.ones(features.shape[-2:]) if places is None else places[0, 0]
    return torch.einsum("nihw,njhw,hw->nij", features, features, weights.to(features))


@pytest.mark.parametrize("count", [1, 3])
@pytest.mark.parametrize("weighed", [False, True])
def test_the_quick_product_and_its_gradient_equal_the_slow_ones(count: int, weighed: bool) -> None:
    features = torch.rand(count, 3, 4, 5, dtype=torch.float64, requires_grad=True)
    places = torch.rand(1, 1, 4, 5, dtype=torch.float64) if weighed else None
    assert torch.allclose(weighted_sum(features, places), slowly(features, places))
    assert torch.autograd.gradcheck(lambda x: weighted_sum(x, places), features)


def test_sums_of_bf16_features_are_made_in_32_bits() -> None:
    found = weighted_sum(torch.ones(1, 1, 40, 40, dtype=torch.bfloat16))
    assert found.dtype == torch.float32
    assert (
        found.item() == 1600.0
    )  # bf16 has no such number: its neighbours are 1600 and 1608, sums stop at 256
