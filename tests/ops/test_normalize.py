"""Maps that quieten each other."""

import pytest
import torch
import torch.nn.functional as F
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Tensor
from torch.autograd import gradcheck

from striate.errors import SettingError, ShapeError
from striate.ops.normalize import local_response_norm

fast = settings(deadline=None, max_examples=25, derandomize=True)


def normal(*shape: int, seed: int = 0) -> Tensor:
    return torch.randn(*shape, dtype=torch.float64, generator=torch.Generator().manual_seed(seed))


def slow_norm(x: Tensor, k: float, alpha: float, beta: float, radius: int) -> Tensor:
    """The formula, map by map."""
    b = torch.empty_like(x)
    for i in range(x.shape[1]):
        low, high = max(0, i - radius // 2), min(i + radius // 2, x.shape[1] - 1)
        b[:, i] = x[:, i] * (k + alpha * sum(x[:, j] ** 2 for j in range(low, high + 1))) ** -beta
    return b


def test_a_loud_map_quietens_its_neighbours():
    # k = 2, alpha = 1, beta = 1, one neighbour on either side:
    # 1/(2 + 1 + 1) 1/(2 + 1 + 1 + 4) 2/(2 + 1 + 4 + 1) 1/(2 + 4 + 1)
    x = torch.tensor([[1.0, 1.0, 2.0, 1.0]], dtype=torch.float64)
    expected = torch.tensor([[1 / 4, 1 / 8, 2 / 8, 1 / 7]], dtype=torch.float64)
    assert torch.allclose(local_response_norm(x, k=2.0, alpha=1.0, beta=1.0, radius=3), expected)


def test_alexnets_radius_of_5_reaches_two_maps_on_either_side():
    x = torch.zeros(1, 7, 1, 1, dtype=torch.float64)
    x[0, 3] = 10.0
    x = x + 1.0
    quiet = local_response_norm(x)[0, :, 0, 0] < local_response_norm(torch.ones_like(x))[0, :, 0, 0] * 0.9999
    assert quiet.tolist() == [False, True, True, False, True, True, False]  # map 3 itself is louder than 1


def test_torch_divides_alpha_by_the_size():
    x = normal(2, 12, 4, 3)
    expected = F.local_response_norm(x, size=5, alpha=5e-4, beta=0.75, k=2.0)
    assert torch.allclose(local_response_norm(x), expected, rtol=1e-12)


@fast
@given(
    st.integers(0, 2),
    st.integers(1, 9),
    st.integers(1, 12),
    st.floats(0.1, 3.0),
    st.floats(0.0, 2.0),
    st.floats(0.0, 2.0),
)
def test_the_norm_equals_the_formula_map_by_map(images, maps, radius, k, alpha, beta):
    x = normal(images, maps, 2, 3)
    assert torch.allclose(
        local_response_norm(x, k, alpha, beta, radius), slow_norm(x, k, alpha, beta, radius)
    )


@pytest.mark.parametrize("shape", [(2, 6), (2, 6, 3), (2, 6, 3, 4), (2, 6, 3, 4, 2), (0, 6, 3, 4)])
def test_any_number_of_axes_may_follow_the_maps(shape):
    x = normal(*shape)
    assert torch.allclose(local_response_norm(x, 1.0, 0.5, 0.75, 3), slow_norm(x, 1.0, 0.5, 0.75, 3))


def test_gradients_are_exact():
    assert gradcheck(lambda x: local_response_norm(x, 1.0, 0.5, 0.75, 5), normal(2, 6, 2, 2).requires_grad_())


@pytest.mark.parametrize("x", [torch.zeros(3), torch.zeros(1, 3, 4, 4, dtype=torch.uint8)])
def test_what_has_no_maps_is_refused(x):
    with pytest.raises(ShapeError, match="x is"):
        local_response_norm(x)


@pytest.mark.parametrize("setting", [{"k": 0.0}, {"alpha": -1.0}, {"radius": 0}])
def test_a_setting_out_of_range_is_refused(setting):
    with pytest.raises(SettingError, match=r"k is .*, alpha .*, radius"):
        local_response_norm(torch.zeros(1, 3, 4, 4), **setting)
