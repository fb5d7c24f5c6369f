"""One number becomes many."""

import pytest
import torch
import torch.nn.functional as F
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from torch.autograd import gradcheck

from striate.errors import SettingError, ShapeError
from striate.ops.pool import avg_pool, max_pool, max_pool_with_places
from striate.ops.unpool import bed_of_nails, max_unpool, nearest_unpool

fast = settings(deadline=None, max_examples=25, derandomize=True)
SMALL = torch.tensor([[[[1.0, 2.0], [3.0, 4.0]]]])
LARGE = torch.tensor(
    [[[[1.0, 2.0, 6.0, 3.0], [3.0, 5.0, 2.0, 1.0], [1.0, 2.0, 2.0, 1.0], [7.0, 3.0, 4.0, 8.0]]]]
)


def test_nearest_repeats_and_nails_stand_in_the_corner():
    assert nearest_unpool(SMALL).tolist() == [[[[1, 1, 2, 2], [1, 1, 2, 2], [3, 3, 4, 4], [3, 3, 4, 4]]]]
    assert bed_of_nails(SMALL).tolist() == [[[[1, 0, 2, 0], [0, 0, 0, 0], [3, 0, 4, 0], [0, 0, 0, 0]]]]


def test_numbers_return_to_where_the_largest_was():  # 5 in (1, 1), 6 in (0, 2), 7 in (3, 0), 8 in (3, 3)
    values, places = max_pool_with_places(LARGE, 2)
    assert values.tolist() == [[[[5, 6], [7, 8]]]]
    assert max_unpool(SMALL, places, output_size=4).tolist() == [
        [[[0, 0, 2, 0], [0, 1, 0, 0], [0, 0, 0, 0], [3, 0, 0, 4]]]
    ]


def test_a_row_that_no_window_saw_stays_zero():  # 5x5 pooled 2x2 leaves out the last row and column
    x = F.pad(LARGE, (0, 1, 0, 1), value=9.0)
    values, places = max_pool_with_places(x, 2)
    back = max_unpool(values, places, output_size=(5, 5))
    assert back.shape == x.shape
    assert back.nonzero()[:, 2:].tolist() == [[0, 2], [1, 1], [3, 0], [3, 3]]


def test_where_windows_share_a_place_the_larger_number_stands():
    x, places = torch.tensor([[[[-5.0, -3.0, 2.0]]]]), torch.tensor([[[[1, 1, 0]]]])
    assert max_unpool(x, places, output_size=(1, 3)).tolist() == [[[[2, -3, 0]]]]


@fast
@given(
    st.integers(2, 9),
    st.integers(2, 9),
    st.integers(1, 3),
    st.integers(1, 3),
    st.sampled_from([0, 1, "same"]),
)
def test_what_was_pooled_returns_to_its_pixels(height, width, size, stride, padding):
    assume(padding != 1 or size > 1)
    assume(padding == "same" or min(height, width) + 2 * padding >= size)
    order = torch.randperm(2 * height * width, generator=torch.Generator().manual_seed(height * 10 + width))
    x = order.double().reshape(1, 2, height, width) + 1
    values, places = max_pool_with_places(x, size, stride, padding)
    back = max_unpool(values, places, (height, width))
    assert torch.equal(back[back != 0], x[back != 0])
    assert set(back[back != 0].tolist()) == set(values.flatten().tolist())


def test_unpooling_is_torchs_where_windows_tile():
    x = torch.randn(2, 3, 6, 8, generator=torch.Generator().manual_seed(0))
    values, places = max_pool_with_places(x, 2)
    assert torch.equal(max_unpool(values, places, (6, 8)), F.max_unpool2d(values, places, 2))


@fast
@given(st.integers(1, 4), st.integers(1, 4), st.integers(1, 3))
def test_pooling_undoes_unpooling(height, width, factor):
    x = torch.rand(1, 2, height, width, generator=torch.Generator().manual_seed(factor)) + 0.1
    assert torch.equal(max_pool(nearest_unpool(x, factor), factor), x)
    assert torch.equal(max_pool(bed_of_nails(x, factor), factor), x)
    assert torch.allclose(avg_pool(nearest_unpool(x, factor), factor), x)
    assert torch.equal(bed_of_nails(x, factor)[:, :, ::factor, ::factor], x)


def test_gradients_are_exact():
    x = torch.randn(
        1, 2, 2, 3, dtype=torch.float64, generator=torch.Generator().manual_seed(0), requires_grad=True
    )
    places = max_pool_with_places(torch.rand(1, 2, 4, 6, generator=torch.Generator().manual_seed(1)), 2)[1]
    assert gradcheck(nearest_unpool, x)
    assert gradcheck(bed_of_nails, x)
    assert gradcheck(lambda x: max_unpool(x, places, (4, 6)), x)


def test_an_empty_batch_stays_empty():
    x = torch.zeros(0, 3, 2, 2)
    assert nearest_unpool(x).shape == bed_of_nails(x).shape == (0, 3, 4, 4)
    assert max_unpool(x, torch.zeros(0, 3, 2, 2, dtype=torch.int64), 4).shape == (0, 3, 4, 4)


def test_shapes_are_known_without_numbers():
    x = torch.zeros(1, 3, 5, 5, device="meta")
    values, places = max_pool_with_places(x, 2)
    assert max_unpool(values, places, 5).shape == x.shape


@pytest.mark.parametrize("unpool", [nearest_unpool, bed_of_nails])
def test_a_shape_or_a_factor_that_does_not_fit_is_refused(unpool):
    with pytest.raises(ShapeError, match=r"x is \(3, 4, 4\)"):
        unpool(torch.zeros(3, 4, 4))
    with pytest.raises(SettingError, match="factor is 0"):
        unpool(SMALL, 0)


@pytest.mark.parametrize(
    ("places", "wrong"),
    [
        (torch.zeros(1, 1, 2, 1, dtype=torch.int64), r"places are \(1, 1, 2, 1\)"),
        (torch.zeros(1, 1, 2, 2), "places are .* of torch.float32"),
        (
            torch.tensor([[[[0, 1], [2, 16]]]]),
            "the places run from 0 to 16\n  expected: 0..15 for a map of 4x4",
        ),
        (torch.tensor([[[[0, 1], [2, -1]]]]), "the places run from -1 to 2"),
    ],
)
def test_places_of_another_map_are_refused(places, wrong):
    with pytest.raises(ShapeError, match=wrong):
        max_unpool(SMALL, places, 4)


def test_a_size_of_zero_is_refused():
    with pytest.raises(SettingError, match="output_size is 0"):
        max_unpool(SMALL, torch.zeros(1, 1, 2, 2, dtype=torch.int64), 0)
